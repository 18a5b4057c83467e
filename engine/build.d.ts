/** Bundles the API and all of its packages into one file. Default: engine/dist/engine.mjs. */
export function bundle(outfile?: string): Promise<void>;

/** Writes the bundle of the accounting shipper to `outfile`. */
export declare function bundleShipper(outfile?: string): Promise<void>;
