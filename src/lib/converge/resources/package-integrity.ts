import { quote } from '../../ssh/shell-quote.js';
import { STATE } from '../paths.js';

/**
 * The record of an installed package file: its SHA-256, name and version, and the MD5 of dpkg's own list of its checksums, which
 * tells two builds of one version apart; then one line of `sha256sum` a program.
 */
export const recordOf = (label: string): string => `${STATE}/packages/${label}`;

/** Shell that prints the MD5 of dpkg's list of the checksums of the package `$name`; of nothing where it has none. */
export const LIST_SUM = `cat "$(dpkg-query --control-path "$name" md5sums 2>/dev/null || echo /dev/null)" 2>/dev/null | md5sum | cut -c 1-32`;

/**
 * Shell that prints `altered FILE PACKAGE` for each program that is not as its package brought it, by dpkg's own checksums (as
 * `dpkg --verify` reads them) and by those taken from the package when it was installed; and `foreign FILE` for one that came with
 * no package. A program that is not there is not named, nor one of a package that is half installed. It stands behind what sets
 * `record`: `same NAME VERSION` where the record is about what is installed, nothing otherwise.
 */
export function integrityQuestion(label: string, programs: readonly string[]): string {
  const kept = quote(recordOf(label));
  return [
    `for p in ${programs.map(quote).join(' ')}; do`,
    '  [ -e "$p" ] || [ -L "$p" ] || continue',
    `  owner=$(dpkg-query -S "$p" 2>/dev/null | sed -n '/^diversion by/d; s/^\\([^:, ]*\\).*/\\1/p' | head -n 1)`,
    '  [ -n "$owner" ] || { echo "foreign $p"; continue; }',
    // A package of old may have no list; what was taken from it then stands alone.
    `  listed=$(sed -n "s|^\\([0-9a-f]*\\)  \${p#/}\\$|\\1|p" "$(dpkg-query --control-path "$owner" md5sums 2>/dev/null || echo /dev/null)")`,
    '  seen=$(md5sum < "$p" 2>/dev/null)',
    '  [ -z "$listed" ] || [ "$listed" = "${seen%% *}" ] || { echo "altered $p $owner"; continue; }',
    '  case $record in "same $owner "*) ;; *) continue ;; esac',
    `  taken=$(sed -n "2,\\$s|^\\([0-9a-f]*\\)  $p\\$|\\1|p" ${kept})`,
    '  seen=$(sha256sum < "$p")',
    '  [ -z "$taken" ] || [ "$taken" = "${seen%% *}" ] || echo "altered $p $owner"',
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
