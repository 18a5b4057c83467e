import { STAGING } from '../../converge/paths.js';
import {
  CLOSED_MARK,
  INIT_FILE,
  INSTALLER,
  OLD_CONFIGURATION,
  OLD_UPLOADS,
  TABLE_PREFIX,
  WRITABLE_FOLDERS,
} from '../../mailwizz/layout.js';
import { prepareApplication } from '../../mailwizz/prepare.js';
import { WEB_ROOT, WEB_USER } from '../../roles/mailwizz.js';
import { quote } from '../../ssh/shell-quote.js';
import { restartPhp } from './panel/closing.js';
import { BESIDE, type KeptPlaces } from './panel/places.js';
import { swapBegun, swapScript } from './panel/web-root.js';
import type { Release } from './release.js';

const { part, next } = BESIDE;

export const stagedRelease = ({ sha256 }: Pick<Release, 'sha256'>): string => `${STAGING}/${sha256}.tar.gz`;

/** Shell that unpacks the release beside the web root, and asks it whether it runs on this PHP. */
export function unpackScript(release: Release, php: string): string {
  const root = release.root.replace(/\/+$/, '');
  const only = root === '' ? '' : ` -- ${quote(root)}`;
  const run = `runuser -u ${WEB_USER} -- /usr/bin/php${php} -d display_errors=stderr -d log_errors=0`;
  return [
    `rm -rf ${part}`,
    `trap 'rm -rf ${part}' EXIT`,
    `mkdir -m 0755 ${part}`,
    `tar -xzf ${stagedRelease(release)} -C ${part} --strip-components=${release.stripDepth} --no-same-owner --no-same-permissions${only}`,
    `[ -f ${part}/${INIT_FILE} ]`,
    `chown -R root:root ${part}`,
    `chmod -R u=rwX,go=rX ${part}`,
    `${run} -l ${part}/${INIT_FILE}`,
    // Composer writes it from what the libraries ask for.
    `find ${part} -path '*/composer/platform_check.php' | while IFS= read -r check; do ${run} "$check"; done`,
    'trap - EXIT',
    `rm -f ${stagedRelease(release)}`,
  ].join('\n');
}

/**
 * Shell that gives the release what belongs to the panel, and puts it into place. The panel is closed and kept. What the release
 * brings of the kind, as an archive of a running system does, stays out: it names the hosts and the database of that system.
 */
export function placeScript(kept: KeptPlaces, php: string): string {
  const own = OLD_CONFIGURATION.join(' ');
  const hidden = OLD_CONFIGURATION.map((path) => `-path ${path}`).join(' -o ');
  return [
    `[ -e ${kept.description} ]`,
    `if ! { ${swapBegun(kept)}; }; then`,
    '  ( set -eu',
    `    cd ${part}`,
    `    rm -rf ${INSTALLER}`,
    prepareApplication(`${part}.aside`, 'root'),
    `    rm -rf ${part}.aside`,
    // As long as all of it is root's: PHP could exchange what is its own for a link to what is root's.
    `    for own in ${own}; do`,
    `      [ -e ${WEB_ROOT}/"$own" ] || [ -L ${WEB_ROOT}/"$own" ] || continue`,
    '      mkdir -p "${own%/*}"',
    `      cp -a ${WEB_ROOT}/"$own" "$own"`,
    '      [ -f "$own" ] && [ ! -L "$own" ] || { echo "$own of the panel is no file but a link: look who made it"; exit 1; }',
    `      chown root:${WEB_USER} "$own"`,
    '      chmod 0440 "$own"',
    '    done',
    ...OLD_UPLOADS.map((folder) => `    cp -a ${WEB_ROOT}/${folder}/. ${folder}/`),
    // One that came with the release is of the release.
    `    for own in ${WEB_ROOT}/apps/extensions/*; do`,
    '      [ ! -e "$own" ] || [ -e "apps/extensions/${own##*/}" ] || cp -a "$own" apps/extensions/',
    '    done',
    // robots.txt and the like.
    `    find ${WEB_ROOT} -maxdepth 1 -type f ! -name '*.php' | while IFS= read -r own; do [ -e "\${own##*/}" ] || install -p -m 0644 "$own" .; done`,
    `    chmod -R u=rwX,go=rX ${[...OLD_UPLOADS, 'apps/extensions'].join(' ')}`,
    `    find ${WRITABLE_FOLDERS.join(' ')} ! \\( ${hidden} \\) -exec chown -h ${WEB_USER}:${WEB_USER} {} +`,
    `    cp -a ${WEB_ROOT}/${CLOSED_MARK} ${CLOSED_MARK}`,
    '  )',
    `  mv -T ${part} ${next}`,
    'fi',
    swapScript(kept),
    restartPhp(php),
  ].join('\n');
}

/** Shell that lets the application bring its database to the version of its files, and reads that it did. */
export function updateScript(version: string, php: string, database: string, siteStatus: string): string {
  const option = `\`${database}\`.\`${TABLE_PREFIX}option\``;
  return [
    `cd ${WEB_ROOT}`,
    `runuser -u ${WEB_USER} -- timeout 3600 /usr/bin/php${php} -q apps/console/console.php update --interactive=0 </dev/null`,
    `reached=$(mariadb -N -r <<'EE_SQL'`,
    `SELECT value FROM ${option} WHERE category = 'system.common' AND \`key\` = 'version';`,
    'EE_SQL',
    ')',
    `[ "$reached" = ${quote(version)} ] || { echo "the database came to version $reached, and the files are ${version}"; exit 1; }`,
    // It takes itself offline for the while; whether it comes back by itself is its own affair.
    `mariadb <<'EE_SQL'`,
    `UPDATE ${option} SET value = '${siteStatus}' WHERE category = 'system.common' AND \`key\` = 'site_status';`,
    'EE_SQL',
  ].join('\n');
}
