import type { Secret } from '../secret.js';

/** The three hosts, by the names that commands and reports use. */
export const HOST_NAMES = ['vps1', 'vps2', 'vps3'] as const;
export type HostName = (typeof HOST_NAMES)[number];

/** How to reach one host over SSH. */
export interface HostAccess {
  readonly name: HostName;
  /** IPv4 or IPv6 address. */
  readonly address: string;
  readonly user: string;
  readonly port: number;
  /** Absolute path of a private key; without one the agent and the default keys are tried. */
  readonly keyFile?: string;
  /** Absolute path of the known_hosts file. */
  readonly knownHosts: string;
  /** `[user@]host[:port]` to go through. */
  readonly jump?: string;
}

/** One sending identity: an IP, the host name that it greets with, and the address that sends from it. `index` counts from 1. */
export interface SendingIdentity {
  readonly index: number;
  readonly ip: string;
  readonly domain: string;
  readonly sender: string;
}

/** Everything that `.env.production` says, validated and typed. */
export interface Settings {
  /** Absolute path of the file that it came from. Relative paths in it are relative to its folder. */
  readonly file: string;
  readonly hosts: Readonly<Record<HostName, HostAccess>>;
  readonly sending: {
    readonly baseDomain: string;
    readonly identities: readonly SendingIdentity[];
    readonly postmaster: string;
  };
  readonly dns: {
    /** Name servers that are asked about records, each `address[:port]`; empty means those of this machine. */
    readonly resolvers: readonly string[];
    /** Zones of DNS blocklists (RFC 5782) that are asked about sending IPs. */
    readonly ipBlocklists: readonly string[];
    /** And about domains. */
    readonly nameBlocklists: readonly string[];
  };
  readonly backup: {
    readonly dir: string;
    readonly sourceDir?: string;
  };
  /** Absolute path of the folder with DKIM keys and certificates (mode 0700). */
  readonly secretsDir: string;
  readonly pmta: {
    /** Absolute path of the .deb or .rpm. */
    readonly package?: string;
    /** Hex, in lower case: the checksum that this package must have. */
    readonly packageSha256?: string;
    /** The operator's own additions to the configuration; `required` where the settings name the file. */
    readonly overlay: { readonly file: string; readonly required: boolean };
    readonly smtpPort: number;
    readonly smtpUser: string;
    readonly smtpPassword: Secret;
    /** Lines of the configuration in the backup set that may be lost: `12`, `isps.conf:12`. */
    readonly drop?: readonly string[];
    /** The virtual MTA of it that further ones are made like. */
    readonly like?: string;
  };
  readonly mailwizz: {
    readonly panelDomain: string;
    readonly database: { readonly name: string; readonly user: string; readonly password: Secret };
    readonly admin: {
      readonly email: string;
      readonly password: Secret;
      readonly firstName: string;
      readonly lastName: string;
    };
    readonly siteName: string;
    readonly marketPlace: 'envato' | 'mailwizz';
    readonly purchaseCode?: Secret;
    /** Absolute path of the vendor's `install/` directory. */
    readonly installDir?: string;
  };
  readonly engine: {
    /** Absolute path of another API to deploy; without one, the bundled one. */
    readonly source?: string;
    readonly domain: string;
    readonly adminKey: Secret;
    readonly accountingKey: Secret;
    readonly postgresPassword: Secret;
    readonly redisPassword: Secret;
  };
  readonly tls: { readonly acmeEmail: string; readonly acmeDirectoryUrl: string };
  readonly monitoring: {
    readonly grafanaAdminPassword: Secret;
    readonly grafanaPackage?: string;
    readonly telegram?: { readonly botToken: Secret; readonly chatId: string };
  };
  /** Addresses and CIDR ranges that may reach SSH; empty means from anywhere (with keys only). */
  readonly adminIps: readonly string[];
  /** All secrets above, for the redactor. */
  readonly secrets: readonly Secret[];
}
