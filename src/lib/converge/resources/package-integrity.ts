import { quote } from '../../ssh/shell-quote.js';
import { STATE } from '../paths.js';

/** The record of an installed package file: its SHA-256, name and version, then one line of `sha256sum` a program. */
export const recordOf = (label: string): string => `${STATE}/packages/${label}`;

/**
 * Shell that prints `altered FILE PACKAGE` for each program that is not as its package brought it, by dpkg's own checksums (as
 * `dpkg --verify` reads them) and by those taken from the package when it was installed; and `foreign FILE` for one that came with
 * no package. A program that is not there is not named.
 */
export function integrityQuestion(label: string, programs: readonly string[]): string {
  const record = quote(recordOf(label));
  return [
    `ee_version=$(dpkg-query -W -f '\${Version}' "$(sed -n '1s/^[^ ]* \\([^ ]*\\).*/\\1/p' ${record} 2>/dev/null)" 2>/dev/null)`,
    `for p in ${programs.map(quote).join(' ')}; do`,
    '  [ -e "$p" ] || [ -L "$p" ] || continue',
    `  owner=$(dpkg-query -S "$p" 2>/dev/null | sed -n '/^diversion by/d; s/^\\([^:, ]*\\).*/\\1/p' | head -n 1)`,
    '  [ -n "$owner" ] || { echo "foreign $p"; continue; }',
    // A package of old may have no list; what was taken from it then stands alone.
    `  listed=$(sed -n "s|^\\([0-9a-f]*\\)  \${p#/}\\$|\\1|p" "$(dpkg-query --control-path "$owner" md5sums 2>/dev/null || echo /dev/null)")`,
    '  seen=$(md5sum < "$p" 2>/dev/null)',
    '  [ -z "$listed" ] || [ "$listed" = "${seen%% *}" ] || { echo "altered $p $owner"; continue; }',
    `  kept=$(sed -n "1s|^[^ ]* $owner $ee_version\\$|same|p; 2,\\$s|^\\([0-9a-f]*\\)  $p\\$|\\1|p" ${record} 2>/dev/null | tr '\\n' ' ')`,
    '  case $kept in "same "?*) ;; *) continue ;; esac',
    '  seen=$(sha256sum < "$p")',
    '  [ "$kept" = "same ${seen%% *} " ] || echo "altered $p $owner"',
    'done',
  ].join('\n');
}

/** Shell that prints a line of `sha256sum` for each program in the package file `$deb`. */
export function programSums(programs: readonly string[]): string {
  return [
    `for p in ${programs.map(quote).join(' ')}; do`,
    '  if dpkg-deb --fsys-tarfile "$deb" | tar -t | grep -qxF ".$p"; then',
    '    sum=$(dpkg-deb --fsys-tarfile "$deb" | tar -xO ".$p" | sha256sum)',
    `    printf '%s  %s\\n' "\${sum%% *}" "$p"`,
    '  fi',
    'done',
  ].join('\n');
}
