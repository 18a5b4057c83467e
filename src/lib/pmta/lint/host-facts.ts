/** What is known of a host, for the rules that ask about it. Each part may be missing: then its rule is silent. */
export interface HostFacts {
  /** The addresses on the host's interfaces. */
  readonly localAddresses?: readonly string[];
  /** Sockets that programs other than PowerMTA listen on; `0.0.0.0` and `::` stand for every address. */
  readonly portsInUse?: readonly UsedPort[];
  /** Files that exist; of those that are named in `domain-key` it matters. */
  readonly existingKeys?: readonly string[];
  /** Files that the user of the service can read. */
  readonly readableKeys?: readonly string[];
  /** The names, as given to the linter, of configuration files that every user of the machine can read. */
  readonly worldReadable?: readonly string[];
}

export interface UsedPort {
  readonly address: string;
  readonly port: number;
  readonly program?: string;
}
