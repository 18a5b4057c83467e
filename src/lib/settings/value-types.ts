import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { z } from 'zod';

/** The types of settings values. Each message says what is wrong and, after a dash, how to mend it. */

const FQDN = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

export const isIpv4 = (value: string): boolean => isIP(value) === 4;
export const isFqdn = (value: string): boolean => FQDN.test(value) && domainToASCII(value) !== '';

/** An IP address or a host name. */
const isHost = (value: string): boolean =>
  (isIP(value) !== 0 && !value.includes('%')) || (!looksNumeric(value) && isFqdn(value));
/** `192.0.2.300` is a mistyped address, not a host name. */
const looksNumeric = (value: string): boolean => /^[\d.]+$/.test(value);

/** Firewalls and PowerMTA's sources name the hosts by their addresses, so a host name would not do. */
export const address = z
  .string()
  .refine(
    (value) => isIP(value) !== 0 && !value.includes('%'),
    'is not an IPv4 or IPv6 address — write it like 192.0.2.10 or 2001:db8::10',
  );

export const fqdn = z
  .string()
  .toLowerCase()
  .refine(
    isFqdn,
    'is not a full domain name — write it like mail.example.com, without https:// and without a final dot',
  );

export const email = z
  .string()
  .max(254)
  .refine(isEmail, 'is not an e-mail address — write it like contact@mail1.example.com')
  .transform(lowerCaseDomain);

/** A dot-atom before the `@` (RFC 5322 §3.2.3), a domain name after it. */
function isEmail(value: string): boolean {
  const at = value.lastIndexOf('@');
  const local = value.slice(0, at);
  return (
    at > 0 &&
    local.length <= 64 &&
    /^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/.test(local) &&
    isFqdn(domainOf(value))
  );
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}

function lowerCaseDomain(address: string): string {
  return `${address.slice(0, address.lastIndexOf('@'))}@${domainOf(address)}`;
}

export const port = z
  .string()
  .regex(/^\d{1,5}$/, 'is not a port number — write a number from 1 to 65535')
  .transform(Number)
  .refine((value) => value >= 1 && value <= 65_535, 'is not a port number — write a number from 1 to 65535');

/** VPS2 has its own use for these: SSH, bounces and complaints, and the web ports that nobody expects mail on. */
const TAKEN_PORTS = [22, 25, 80, 443];

export const submissionPort = port.refine(
  (value) => !TAKEN_PORTS.includes(value),
  'is a port with another use (22 SSH, 25 bounces, 80 and 443 web) — use 2525 or 587',
);

/** A path as written: resolved against the folder of the file later. */
export const path = z
  .string()
  .regex(/^[^\0\n]+$/, 'is not a path — write it like secrets, ~/keys/id_ed25519 or /srv/backup');

export const packageFile = path.regex(/\.(deb|rpm)$/, 'is not a package — name the vendor’s .deb or .rpm file');

export const sha256 = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, 'is not a SHA-256 checksum — write its 64 hexadecimal digits')
  .transform((value) => value.toLowerCase());

export const url = z
  .string()
  .refine(
    (value) => /^https:\/\/\S+$/.test(value) && URL.canParse(value),
    'is not an https:// URL — write it like https://acme.example.com/directory',
  );

/** Characters that no shell, URL, SQL, PHP, INI or PowerMTA file needs escaped (R11). */
const PLAIN = /^[A-Za-z0-9._:,!@~-]+$/;

export const secret = z
  .string()
  .regex(PLAIN, 'has characters that would need escaping — use letters, digits and . _ : , ! @ ~ - only');

/** A secret that `ee init` can make. */
export const password = secret.min(
  16,
  'is too short — use 16 characters or more, or leave it empty and let `ee init` make one',
);

export const purchaseCode = secret;
export const telegramToken = secret.regex(
  /^\d+:[\w-]{20,}$/,
  'is not a bot token — copy it from @BotFather, like 123456789:AAE…',
);
export const telegramChat = z
  .string()
  .regex(/^(-?\d+|@\w{5,32})$/, 'is not a chat — write its number, like -1001234567890, or its @name');

export const userName = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'is not a user name — use small letters, digits, _ and -, at most 32');

export const smtpUser = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, 'is not an SMTP user — use letters, digits and . _ @ -, at most 64');

/** What the database server has of its own: a deployment would take the rights of such a user, and a replacement empty such a database. */
const OF_THE_SERVER = {
  databases: ['mysql', 'sys', 'information_schema', 'performance_schema'],
  users: ['root', 'mysql', 'public'],
};

export const databaseName = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,63}$/,
    'is not a database name — begin with a small letter, then small letters, digits and _, at most 64',
  )
  .refine(
    (name) => !OF_THE_SERVER.databases.includes(name),
    'is a database of the server itself — choose one of its own, like mailwizz_v2',
  );

export const databaseUser = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,31}$/,
    'is not a database user — begin with a small letter, then small letters, digits and _, at most 32',
  )
  .refine(
    (name) => !OF_THE_SERVER.users.includes(name),
    'is a user of the server itself, who would lose its rights — choose one of its own, like mailwizz',
  );

/** What MailWizz's own form takes for a person's name. */
export const personName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z -]{1,99}$/,
    'is not a name that MailWizz takes — use 2 to 100 letters without accents, blanks and dashes',
  );

export const siteName = z
  .string()
  .regex(/^[^\p{C}<>]{2,20}$/u, 'is not a site name that MailWizz takes — use 2 to 20 characters, without < and >')
  .refine((value) => !/mail\s?wizz/i.test(value), 'may not contain the product’s name — choose another site name');

export const marketPlace = z.enum(['envato', 'mailwizz'], 'is not a market place — write envato or mailwizz');

export const jump = z.string().refine(isJump, 'is not a jump host — write it like operator@bastion.example.com:22');

function isJump(value: string): boolean {
  const {
    user,
    address,
    port: at,
  } = /^(?:(?<user>[^@\s]+)@)?(?<address>\[[^\]]+\]|[^:@\s]+)(?::(?<port>\d+))?$/.exec(value)?.groups ?? {};
  if (address === undefined) return false;
  const userOk = user === undefined || userName.safeParse(user).success;
  const portOk = at === undefined || port.safeParse(at).success;
  return userOk && portOk && isHost(address.replace(/^\[(.*)\]$/, '$1'));
}

/** Items between commas or blanks. */
export const items = (value: string): string[] => value.split(/[\s,]+/).filter((item) => item !== '');

const isAddress = (value: string): boolean => isIP(value) !== 0 && !value.includes('%');

/** Strictly decimal: what takes octal, hexadecimal and short forms reads `010.0.0.0/8` as another network than its writer. */
function isNetwork(value: string): boolean {
  const [, base, bits] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(value) ?? [];
  return base !== undefined && isAddress(base) && Number(bits) <= (isIpv4(base) ? 32 : 128);
}

/** Items of which each is right; `wrong` says what an item that is not right is, and how to write it. */
const listOf = (isRight: (item: string) => boolean, wrong: string) =>
  z
    .string()
    .transform(items)
    .superRefine((list, context) => {
      for (const item of list.filter((one) => !isRight(one))) {
        context.addIssue({ code: 'custom', message: `has ${item}, which is ${wrong}` });
      }
    });

export const networks = listOf(
  (item) => isAddress(item) || isNetwork(item),
  'neither an address nor a range — write them like 192.0.2.7, 2001:db8::/48',
);

/** Name servers: `9.9.9.9`, `192.0.2.53:5353`, `2620:fe::fe`. */
export const resolvers = listOf(
  isResolver,
  'not the address of a name server — write them like 9.9.9.9, 192.0.2.53:5353, 2001:db8::53',
);

/** The zones of DNS blocklists. An empty value would be the default, so there is a word for none. */
export const blocklists = listOf(
  (item) => item === 'none' || isFqdn(item),
  'not the zone of a blocklist — write them like zen.spamhaus.org, bl.spamcop.net, or write none',
).transform((list) => list.filter((item) => item !== 'none'));

/** No port after an IPv6 address: it would need brackets, and those are what a template leaves to be filled in. */
function isResolver(value: string): boolean {
  if (isAddress(value)) return true;
  const [, host = '', at = ''] = /^([\d.]+):(\d+)$/.exec(value) ?? [];
  return isIpv4(host) && port.safeParse(at).success;
}

/** More lines than any configuration has. */
const MOST_LINES = 200_000;

/** Lines of files as a list of single ones: `12`, `85-92`, and `isps.conf:3-5` for those of an included file. */
export const lineNames = listOf(
  (item) => linesOf(item) !== undefined,
  'not a line — write them like 12, 85-92, isps.conf:3',
).transform((list) => [...new Set(list.flatMap((item) => linesOf(item) ?? []))]);

function linesOf(item: string): string[] | undefined {
  const [, file = '', from, to = from] = /^(.+:)?([1-9]\d*)(?:-([1-9]\d*))?$/.exec(item) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === undefined || first > last || last > MOST_LINES) return undefined;
  return Array.from({ length: last - first + 1 }, (_, at) => `${file}${first + at}`);
}

export const virtualMta = z
  .string()
  .regex(/^[^\s"#<>]+$/, 'is not the name of a virtual MTA — write it as the configuration has it, like pmta-vmta0');
