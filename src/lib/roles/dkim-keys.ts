import { BACKUPS } from '../converge/paths.js';
import type { Resource } from '../converge/resource.js';
import { file } from '../converge/resources/file.js';
import { KEY_DIR, keyFileName } from '../pmta/adapt/plan.js';
import type { Secret } from '../secret.js';
import type { HostAccess } from '../settings/settings.js';
import { quote } from '../ssh/shell-quote.js';
import { PMTA_CONFIG } from './pmta-configuration/seen.js';

/** A DKIM key, and where it is on both sides. */
export interface DkimKeyFile {
  /** In the key folder of the host. */
  readonly fileName: string;
  readonly domain: string;
  /** Missing where a plan is made before the key is. */
  readonly pem: Secret | undefined;
  /** Path on this machine, where it is or where it would be. */
  readonly local: string;
}

/** The folder of the keys on the host. */
export const KEY_FOLDER = KEY_DIR;

/** The file of a key that signs for the identity with this index. */
export function dkimKeyFile(
  identity: { readonly index: number; readonly domain: string; readonly selector: string },
  key: { readonly local: string; readonly pem: Secret | undefined },
): DkimKeyFile {
  return { fileName: keyFileName(identity), domain: identity.domain, ...key };
}

/** The name of the file of a key that signs no more. */
export const revokedKeyFile = ({ index }: { readonly index: number }, selector: string): string =>
  keyFileName({ index, selector });

/** root writes, the service's user reads, nobody else does. */
const OWNER = 'root:pmta';

/** A key on the host. One that is another key there is never overwritten. */
export function dkimKey({ fileName, domain, pem, local }: DkimKeyFile, { user, address }: HostAccess): Resource {
  return file({
    path: `${KEY_FOLDER}/${fileName}`,
    content: pem?.reveal() ?? '',
    mode: '0640',
    owner: OWNER,
    sensitive: true,
    createOnly: {
      why: `it is the DKIM key of ${domain}, and DNS may name it`,
      next: `If it is the right one, bring it here: \`scp -p ${user}@${address}:${KEY_FOLDER}/${fileName} ${local}\` (mode 600), then run again.`,
    },
  });
}

/**
 * A key that was revoked and must not be on the host any more, nor a copy of it: what it signs does not verify. It stays as long as the
 * configuration in force names it.
 */
export function noDkimKey(fileName: string): Resource {
  const path = `${KEY_FOLDER}/${fileName}`;
  const copies = `${BACKUPS}/*${path}`;
  return {
    id: `no-key:${path}`,
    probe: `for f in ${quote(path)} ${copies}; do [ ! -e "$f" ] || echo present; done`,
    diff(output) {
      if (output.toString('utf8').trim() === '') return undefined;
      return {
        action: 'remove',
        summary: `remove the revoked key ${path}`,
        script: [
          `if grep -D skip -qsF ${quote(path)} ${PMTA_CONFIG}; then echo ${quote(`${PMTA_CONFIG} still signs with it`)}; exit 1; fi`,
          `rm -f ${quote(path)} ${copies}`,
        ].join('\n'),
      };
    },
  };
}
