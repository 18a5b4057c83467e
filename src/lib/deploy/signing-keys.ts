import { EeError } from '../errors.js';
import { KEY_DIR } from '../pmta/adapt/plan.js';
import { takesProbes } from '../pmta/adapt/probe.js';
import { expectationsOf } from '../pmta/host/expectations.js';
import { parseDocument } from '../pmta/parse.js';
import { PMTA_CONFIG } from '../roles/pmta-configuration/seen.js';
import { Secret } from '../secret.js';
import type { Host, RunOptions } from '../ssh/host.js';
import { quote } from '../ssh/shell-quote.js';

/** A key that signs on VPS2, as it is there. */
export interface SigningKey {
  /** In lower case. */
  readonly domain: string;
  readonly selector: string;
  readonly pem: Secret;
}

/** As ee makes them: it becomes the name of a file here. */
const SELECTOR = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i;

/** The keys that the configuration of VPS2 names, with their files; none where ee did not write that configuration. */
export async function signingKeys(host: Host, signal: AbortSignal): Promise<SigningKey[]> {
  const config = await read(host, PMTA_CONFIG, { step: 'reading the PowerMTA configuration', signal });
  const document = parseDocument(config ?? Buffer.alloc(0));
  if (!takesProbes(document.nodes)) return [];
  const named = expectationsOf(document)
    .virtualMtas.flatMap(({ keys }) => keys)
    .filter(({ selector, file }) => SELECTOR.test(selector) && file.startsWith(`${KEY_DIR}/`));
  const found: SigningKey[] = [];
  for (const { domain, selector, file } of named) {
    const pem = await read(host, file, { step: `reading ${file}`, signal });
    if (pem) found.push({ domain: domain.toLowerCase(), selector, pem: new Secret(pem.toString('latin1')) });
  }
  return found;
}

/** Nothing where there is no such file. */
async function read(host: Host, path: string, options: RunOptions & { step: string }): Promise<Buffer | undefined> {
  const { code, stdout, stderr } = await host.run(`[ -f ${quote(path)} ] || exit 3\ncat ${quote(path)}`, options);
  if (code === 0) return stdout;
  if (code === 3) return undefined;
  const output = stderr.toString('utf8').trim();
  throw new EeError('REMOTE_FAILED', { host: host.name, step: options.step, status: `exit ${code}`, output });
}
