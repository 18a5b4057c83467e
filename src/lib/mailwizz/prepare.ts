import { quote } from '../ssh/shell-quote.js';
import { OLD_CONFIGURATION, OLD_RUNTIME, OLD_UPLOADS, SHIPPED_UPLOADS, WRITABLE_FOLDERS } from './layout.js';

/**
 * Shell that turns an unpacked application into an empty one; it runs in its root, before PHP can. What held the old
 * system's credentials or data is moved to `setAside` (root's, 0700), never destroyed. Afterwards the code is read-only to the
 * web user, who writes to the eight folders alone.
 */
export function prepareApplication(setAside: string, webUser: string): string {
  const aside = quote(setAside);
  const folders = WRITABLE_FOLDERS.map(quote).join(' ');
  const kept = SHIPPED_UPLOADS.map((name) => `! -name ${quote(name)}`).join(' ');
  return [
    `(umask 077; mkdir -p ${aside})`,
    'set_aside() {',
    '  [ -e "$1" ] || [ -L "$1" ] || return 0',
    `  (umask 077; mkdir -p ${aside}/"$(dirname "$1")")`,
    `  rm -rf ${aside}/"$1"`,
    `  mv "$1" ${aside}/"$1"`,
    '}',
    ...OLD_CONFIGURATION.map((path) => `set_aside ${quote(path)}`),
    ...OLD_RUNTIME.map((folder) => `[ ! -d ${quote(folder)} ] || find ${quote(folder)} -mindepth 1 -delete`),
    ...OLD_UPLOADS.map(
      (folder) =>
        `[ ! -d ${folder} ] || find ${folder} -mindepth 1 -maxdepth 1 ${kept} -print | while IFS= read -r found; do set_aside "$found"; done`,
    ),
    // Dumps, archives and repositories in the web root would be served.
    `find . -maxdepth 1 \\( -name '*.sql' -o -name '*.sql.gz' -o -name '*.zip' -o -name '*.tar.gz' -o -name '.git' \\) -print | while IFS= read -r found; do set_aside "$found"; done`,
    `mkdir -p ${folders}`,
    'chown -R root:root .',
    // Its root alone stays as it is: closed, until it takes its place.
    'find . -mindepth 1 ! -type l -exec chmod u=rwX,go=rX {} +',
    `chown -R ${webUser}:${webUser} ${folders}`,
    `chmod -R go= ${aside}`,
  ].join('\n');
}
