import { quote } from '../ssh/shell-quote.js';

/** Whose certificate is wanted, and from whom. */
export interface CertificateWanted {
  readonly domain: string;
  /** Directory of the ACME authority. */
  readonly directoryUrl: string;
}

/** What certbot keeps of one certificate through all its renewals, as it lies on a host. */
interface Lineage {
  readonly directoryUrl: string;
  readonly names: readonly string[];
  readonly start: Date;
  readonly end: Date;
  /** Certificate and key belong together; not so where a renewal was cut. */
  readonly isPair: boolean;
  /** The host's own system trusts its issuer, as a browser would. */
  readonly isTrusted: boolean;
}

/** What a host has to do with the certificate of its name. */
export interface CertificateSeen {
  readonly lineage: Lineage | undefined;
  /** The folder whose certificate nginx is told to show; empty before there is one. */
  readonly served: string;
  /** Browsers are told to insist on HTTPS. */
  readonly insists: boolean;
  /** What was proven of its renewal. */
  readonly renewalProof: string;
  readonly now: Date;
}

export const liveFolder = (domain: string): string => `/etc/letsencrypt/live/${domain}`;
export const renewalFile = (domain: string): string => `/etc/letsencrypt/renewal/${domain}.conf`;
/** A link to the folder of the certificate that nginx shows: the host's own, or what an authority gave. */
export const SERVED = '/etc/ssl/ee/served';
/** What nginx says in every answer over TLS, once an authority's certificate is shown. */
export const HTTPS_FOLDER = '/etc/nginx/ee-https';
export const HSTS_FILE = `${HTTPS_FOLDER}/hsts.conf`;
export const RENEWAL_PROOF = '/var/lib/ee/tls/renewal';

/** Shell that prints what `readCertificate` reads. */
export function certificateProbe(domain: string): string {
  return [
    `live=${quote(liveFolder(domain))}`,
    `conf=${quote(renewalFile(domain))}`,
    `date +'now %s'`,
    `[ ! -L ${SERVED} ] || printf 'served %s\\n' "$(readlink ${SERVED})"`,
    `[ ! -f ${HSTS_FILE} ] || echo insists`,
    `[ ! -f ${RENEWAL_PROOF} ] || sed 's/^/renewal /' ${RENEWAL_PROOF}`,
    `if [ -s "$conf" ] && [ -s "$live/fullchain.pem" ] && [ -s "$live/privkey.pem" ]; then`,
    `  sed -n 's/^server *= */server /p' "$conf"`,
    `  openssl x509 -in "$live/fullchain.pem" -noout -startdate -enddate -ext subjectAltName 2>/dev/null || :`,
    `  [ "$(openssl x509 -in "$live/fullchain.pem" -noout -pubkey 2>/dev/null)" != "$(openssl pkey -in "$live/privkey.pem" -pubout 2>/dev/null)" ] || echo pair`,
    `  ! openssl verify -untrusted "$live/chain.pem" -verify_hostname ${quote(domain)} "$live/cert.pem" >/dev/null 2>&1 || echo trusted`,
    'fi',
  ].join('\n');
}

export function readCertificate(output: Buffer): CertificateSeen {
  const lines = output.toString('utf8').split('\n');
  const after = (prefix: string): string => lines.find((line) => line.startsWith(prefix))?.slice(prefix.length) ?? '';
  return {
    lineage: lineageIn(lines, after),
    served: after('served '),
    insists: lines.includes('insists'),
    renewalProof: after('renewal '),
    now: new Date(Number(after('now ') || NaN) * 1000),
  };
}

function lineageIn(lines: readonly string[], after: (prefix: string) => string): Lineage | undefined {
  const directoryUrl = after('server ');
  const [start, end] = [new Date(after('notBefore=')), new Date(after('notAfter='))];
  if (directoryUrl === '' || Number.isNaN(start.getTime()) || Number.isNaN(end.getTime())) return undefined;
  const names = lines.flatMap((line) => [...line.matchAll(/\bDNS:([^,\s]+)/g)].map(([, name = '']) => name));
  return { directoryUrl, names, start, end, isPair: lines.includes('pair'), isTrusted: lines.includes('trusted') };
}

/** Whether there is a whole certificate for this name alone, from this authority; it may have ended. */
export function fits({ lineage }: CertificateSeen, { domain, directoryUrl }: CertificateWanted): boolean {
  return lineage?.directoryUrl === directoryUrl && lineage.names.join() === domain && lineage.isPair;
}

const DAY = 86_400_000;
/** certbot renews 30 days before the end: what is nearer to it than this was not renewed. */
export const RENEWED_BEFORE_DAYS = 21;

/** Whether it ends so soon that its renewal must have failed. A certificate of a few days only is not held to the days of a long one. */
export function isLate({ lineage, now }: Pick<CertificateSeen, 'lineage' | 'now'>): boolean {
  if (lineage === undefined) return true;
  const [left, whole] = [lineage.end.getTime() - now.getTime(), lineage.end.getTime() - lineage.start.getTime()];
  return left < Math.min(RENEWED_BEFORE_DAYS * DAY, whole / 4);
}
