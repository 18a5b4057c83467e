import { randomBytes } from 'node:crypto';
import { asLocked, type LockedHost } from '../../converge/locked-host.js';
import type { Fields, WebAnswer } from '../../mailwizz/wizard.js';
import { Secret } from '../../secret.js';
import type { Host } from '../../ssh/host.js';
import { quote } from '../../ssh/shell-quote.js';
import { succeed } from './succeed.js';

/** Seconds that the application may take for one page: its import of the tables has 600 of the web server. */
const PATIENCE = 660;
/** Bytes of a page that are looked at. */
const MOST = 512 * 1024;
/** On a tmpfs: the cookies of an administrator stand in it. */
const FOLDERS = '/run/ee-mailwizz';

/**
 * A browser on the host itself, for one site by its own name on the loopback: one cookie jar, no redirect followed. Forms travel on
 * standard input, never in an argument list. Nobody but the host's lock keeps two from existing.
 */
export class HostBrowser {
  private constructor(
    private readonly host: LockedHost,
    private readonly domain: string,
    private readonly folder: string,
    private readonly signal: AbortSignal,
  ) {}

  static async open(host: Host, domain: string, signal: AbortSignal): Promise<HostBrowser> {
    const folder = `${FOLDERS}.${randomBytes(8).toString('hex')}`;
    // A run that was killed left its own behind.
    const script = `rm -rf ${FOLDERS}.*\nmkdir -m 0700 ${folder}`;
    const locked = asLocked(host);
    await succeed(locked, script, 'making room for cookies', signal);
    return new HostBrowser(locked, domain, folder, signal);
  }

  get(path: string): Promise<WebAnswer> {
    return this.#send(path, [], `asking for ${path}`);
  }

  post(path: string, fields: Fields): Promise<WebAnswer> {
    return this.#send(path, fields, `posting to ${path}`);
  }

  async close(): Promise<void> {
    await this.host.run(`rm -rf ${this.folder}`).catch(() => undefined); // /run is empty after the next boot.
  }

  async #send(path: string, fields: Fields, step: string): Promise<WebAnswer> {
    const end = `EE_CURL_${randomBytes(6).toString('hex')}`;
    const script = [
      'umask 077',
      `cd ${quote(this.folder)}`,
      'rm -f page',
      `curl -q -sS -K - <<'${end}'`,
      curlConfiguration(this.domain, path, fields),
      end,
      `printf '\\n'`,
      `head -c ${MOST} page 2>/dev/null | base64`,
    ].join('\n');
    const output = await succeed(this.host, `set -e\n${script}`, step, this.signal);
    const [first = '', ...page] = output.split('\n');
    const [status = '', location = ''] = first.split('\t');
    return { status: Number(status), location, body: Buffer.from(page.join(''), 'base64').toString('utf8') };
  }
}

/** curl's own file of options: a value stands in double quotes. */
export function curlConfiguration(domain: string, path: string, fields: Fields): string {
  const options: [string, string][] = [
    ['url', `https://${domain}${path}`],
    ['resolve', `${domain}:443:127.0.0.1`],
    ['noproxy', '*'],
    ['cookie', 'cookies'],
    ['cookie-jar', 'cookies'],
    // The application refuses a client without these two.
    ['header', 'Accept: text/html,application/xhtml+xml,*/*;q=0.8'],
    ['user-agent', 'Mozilla/5.0 (compatible; ee)'],
    ['max-time', String(PATIENCE)],
    ['output', 'page'],
    ['write-out', '%{http_code}\\t%{redirect_url}'],
    ...fields.map(([name, value]): [string, string] => {
      const text = value instanceof Secret ? value.reveal() : value;
      return ['data-urlencode', `${encodeURIComponent(name)}=${text}`];
    }),
  ];
  // Its certificate may still be one of our own; the line does not leave the host.
  return ['insecure', ...options.map(([name, value]) => `${name} = "${escaped(name, value)}"`)].join('\n');
}

/** curl reads `\t` itself in write-out; in all else a backslash is one. */
function escaped(name: string, value: string): string {
  if (/[\r\n\0]/.test(value)) throw new Error(`not a value for one line: ${name}`);
  return name === 'write-out' ? value : value.replace(/["\\]/g, '\\$&');
}
