import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostPlace, type LabHostName, type LabPlace } from './names.js';
import { onHost } from './ssh.js';
import type { LabRecord } from './state.js';
import { each } from './together.js';
import { AUTHORITY_CERTIFICATES } from './world/authority.js';

/**
 * Has the systems of hosts trust the lab's certificate authority, as every system trusts those of the world outside. What they trust
 * already is left alone.
 */
export async function trustAuthority(lab: LabPlace, record: LabRecord, hosts: readonly LabHostName[]): Promise<void> {
  const { root } = hostPlace(lab, 'world');
  const certificates = await each(Object.entries(AUTHORITY_CERTIFICATES), async ([name, file]) => ({
    file: `lab-acme-${name}.crt`,
    text: await readFile(join(root, file), 'utf8'),
  }));
  const servers = hosts.filter((host) => host !== 'world');
  await each(servers, (host) => onHost(lab, record, host, trustScript(certificates)));
}

function trustScript(certificates: readonly { readonly file: string; readonly text: string }[]): string {
  return [
    'set -eu',
    'cd /usr/local/share/ca-certificates',
    ...certificates.map(({ file, text }) => `cat > ${file} <<'EE_CERTIFICATE'\n${text.trim()}\nEE_CERTIFICATE`),
    // The second line of a PEM file tells it from others.
    'for file in lab-acme-*.crt; do',
    '  grep -qxF "$(sed -n 2p "$file")" /etc/ssl/certs/ca-certificates.crt && continue',
    '  exec update-ca-certificates --fresh',
    'done',
  ].join('\n');
}
