import { basename, dirname } from 'node:path/posix';
import type { Upload } from './host.js';
import { stopScript } from './remote-shell.js';
import { quote } from './shell-quote.js';

/** Where uploads are gathered on a host, by the SHA-256 of their content. Only root enters it. */
export const STAGING = '/var/lib/ee/staging';

type Content = Pick<Upload, 'sha256' | 'bytes' | 'target'>;

const partOf = ({ sha256 }: Content) => `${STAGING}/${sha256}.part`;

const prepare = (file: Content) => `umask 077
mkdir -p ${STAGING} && chmod 700 ${STAGING} || exit 1
sha256() { sum=$(sha256sum <"$1") && echo "\${sum%% *}"; }
sized() { [ -f "$1" ] && [ ! -L "$1" ] && [ "$(wc -c <"$1")" -eq ${file.bytes} ] && [ "$(sha256 "$1")" = ${file.sha256} ]; }
have() { sized ${quote(file.target)} && chmod 600 ${quote(file.target)} && chown 0:0 ${quote(file.target)}; }
full() { echo "Free space of its disk:" >&2; df -hP "$1" >&2; }`;

/**
 * Says what the host has of a file: `have`, or `part BYTES SHA256` and `free KIB DISK`. Parts older than seven days go.
 * A former upload of the same file, whose connection died unseen, is ended first: it could still write to the part.
 */
export function askScript(file: Content): string {
  const part = partOf(file);
  return `${prepare(file)}
find ${STAGING} -maxdepth 1 -type f -mtime +6 -exec rm -f {} +
if have; then rm -f ${part}; echo have; exit 0; fi
( ${stopScript(`cat >>${part}`)} )
[ -f ${part} ] && echo "part $(wc -c <${part}) $(sha256 ${part})"
set -- $(df -kP ${STAGING} | tail -n 1)
echo "free $4 $1 on $6"
`;
}

/** Adds its standard input to the part, or begins it anew, then verifies the whole and puts it in its place. */
export function receiveScript(file: Content, mode: 'append' | 'replace'): string {
  const part = partOf(file);
  return `${prepare(file)}
${mode === 'append' ? '' : `rm -f ${part}\n`}cat >>${part} || { full ${STAGING}; rm -f ${part}; exit 74; }
[ "$(wc -c <${part})" -ge ${file.bytes} ] || { echo "The connection ended before the file did." >&2; exit 75; }
${settle(file, part)}`;
}

/** As `receiveScript`, for content that is on its way already: prints `have` when it was not needed. */
export function placeScript(file: Content): string {
  const part = `${STAGING}/${file.sha256}.$$`;
  return `${prepare(file)}
if have; then cat >/dev/null; echo have; exit 0; fi
cat >${part} || { full ${STAGING}; rm -f ${part}; exit 74; }
${settle(file, part)}`;
}

/** Two renames: the first may cross disks and take time, the second makes the file appear whole. */
function settle(file: Content, part: string): string {
  const folder = dirname(file.target);
  const temporary = `${folder}/.${basename(file.target)}.ee-${file.sha256.slice(0, 12)}`;
  return `sized ${part} || { echo "What arrived has SHA-256 $(sha256 ${part}), not ${file.sha256}: the source changed meanwhile." >&2; rm -f ${part}; exit 76; }
chmod 600 ${part} && chown 0:0 ${part} && mv -fT ${part} ${quote(temporary)} && mv -fT ${quote(temporary)} ${quote(file.target)} && exit 0
full ${quote(folder)}
rm -f ${quote(temporary)}
exit 73
`;
}
