/** Bundles the API and all of its packages into one file. Default: engine/dist/engine.mjs. */
export function bundle(outfile?: string): Promise<void>;
