/** A TCP port that a host opens. `from` lists addresses and ranges; without it, the port is open to everybody. */
export interface PortRule {
  readonly port: number;
  readonly from?: readonly string[];
  readonly why: string;
}

/** Where the node exporter answers Prometheus. */
export const NODE_EXPORTER_PORT = 9100;
