import { STAGING } from '../../converge/paths.js';
import {
  CLOSED_MARK,
  INIT_FILE,
  INSTALLER,
  OLD_CONFIGURATION,
  OLD_UPLOADS,
  TABLE_PREFIX,
} from '../../mailwizz/layout.js';
import { prepareApplication } from '../../mailwizz/prepare.js';
import { WEB_ROOT, WEB_USER } from '../../roles/mailwizz.js';
import { readAsPanelUser } from '../../roles/panel-configuration.js';
import { quote } from '../../ssh/shell-quote.js';
import { BRING } from './panel/as-panel-user.js';
import { restartPhp } from './panel/closing.js';
import { BESIDE, type KeptPlaces, LEAVE_CLOSED, OPEN_CLOSED } from './panel/places.js';
import { IN_THE_GAP, retireScript, swapScript } from './panel/web-root.js';
import type { Release } from './release.js';

const { part, next, former } = BESIDE;

export const stagedRelease = ({ sha256 }: Pick<Release, 'sha256'>): string => `${STAGING}/${sha256}.tar.gz`;

/** Shell that unpacks the release beside the web root, and asks it whether it runs on this PHP. */
export function unpackScript(release: Release, php: string): string {
  const root = release.root.replace(/\/+$/, '');
  const only = root === '' ? '' : ` -- ${quote(root)}`;
  const run = `runuser -u ${WEB_USER} -- /usr/bin/php${php} -d display_errors=stderr -d log_errors=0`;
  return [
    OPEN_CLOSED,
    `rm -rf ${part}`,
    `trap 'rm -rf ${part}; ${LEAVE_CLOSED}' EXIT`,
    `mkdir -m 0755 ${part}`,
    `tar -xzf ${stagedRelease(release)} -C ${part} --strip-components=${release.stripDepth} --no-same-owner --no-same-permissions${only}`,
    `[ -f ${part}/${INIT_FILE} ]`,
    `chown -R root:root ${part}`,
    `chmod -R u=rwX,go=rX ${part}`,
    // PHP reaches nothing in there, and is told on its standard input.
    `${run} -l < ${part}/${INIT_FILE}`,
    // Composer writes it from what the libraries ask for.
    `find ${part} -type f -path '*/composer/platform_check.php' | while IFS= read -r check; do ${run} < "$check"; done`,
    'trap - EXIT',
    `rm -f ${stagedRelease(release)}`,
  ].join('\n');
}

/**
 * Shell that gives the release what belongs to the panel, and puts it into place. The panel is closed and kept. What the release
 * brings of the kind, as an archive of a running system does, stays out: it names the hosts and the database of that system.
 */
export function placeScript(kept: KeptPlaces, php: string): string {
  return [
    `[ -e ${kept.description} ]`,
    retireScript(kept, php),
    `if ${IN_THE_GAP}; then`,
    BRING,
    '  ( set -eu',
    `    cd ${part}`,
    `    rm -rf ${INSTALLER}`,
    prepareApplication(`${part}.aside`, WEB_USER),
    `    rm -rf ${part}.aside`,
    ...OWN,
    `    cp -a ${former}/${CLOSED_MARK} ${CLOSED_MARK}`,
    '  )',
    `  mv -T ${part} ${next}`,
    'fi',
    swapScript(kept),
    restartPhp(php),
  ].join('\n');
}

/** Shell that gives the release, in whose root it runs, what is the panel's own. */
const OWN = [
  `    for own in ${OLD_CONFIGURATION.join(' ')}; do`,
  `      [ -e ${former}/"$own" ] || [ -L ${former}/"$own" ] || continue`,
  `      [ -f ${former}/"$own" ] && [ ! -L ${former}/"$own" ] || { echo "$own of the panel is no file but a link: look who made it"; exit 1; }`,
  '      mkdir -p "${own%/*}"',
  `      (umask 077; cd ${former}; ${readAsPanelUser('"./$own"')} > ${part}/"$own")`,
  `      chown root:${WEB_USER} "$own"`,
  '      chmod 0440 "$own"',
  '    done',
  ...OLD_UPLOADS.map((folder) => `    ee_bring ${former}/${folder} ${part}/${folder} . -mindepth 1`),
  // One that came with the release is of the release.
  `    for own in ${former}/apps/extensions/*; do`,
  '      [ ! -e "$own" ] || [ -e "apps/extensions/${own##*/}" ] ||',
  `        ee_bring ${former}/apps/extensions ${part}/apps/extensions "./\${own##*/}"`,
  '    done',
  // robots.txt and the like.
  `    mkdir ${part}.top; chown ${WEB_USER}: ${part}.top`,
  `    ee_bring ${former} ${part}.top . -mindepth 1 -maxdepth 1 -type f ! -name '*.php'`,
  `    find ${part}.top -type f | while IFS= read -r own; do [ -e "\${own##*/}" ] || install -p -m 0644 "$own" .; done`,
  `    rm -rf ${part}.top`,
];

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
