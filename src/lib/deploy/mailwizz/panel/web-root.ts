import {
  CLOSED_MARK,
  OLD_CONFIGURATION,
  OLD_RUNTIME,
  OLD_UPLOADS,
  SHIPPED_UPLOADS,
  WRITABLE_FOLDERS,
} from '../../../mailwizz/layout.js';
import { prepareApplication } from '../../../mailwizz/prepare.js';
import { WEB_ROOT, WEB_USER } from '../../../roles/mailwizz.js';
import { BRING } from './as-panel-user.js';
import { stopPhp } from './closing.js';
import { BESIDE, type KeptPlaces, LEAVE_CLOSED, OPEN_CLOSED } from './places.js';

const { part, next, former, back, gone } = BESIDE;

/**
 * Shell that takes the web root into the closed folder, once, and ends PHP and what it left running: what it held open there it could still
 * write to. Root walks the tree only after that. PHP stays stopped.
 */
export const retireScript = (kept: KeptPlaces, php: string): string =>
  [
    OPEN_CLOSED,
    `[ -e ${next} ] || [ -e ${former} ] || [ -e ${kept.webRoot} ] || mv -T ${WEB_ROOT} ${former}`,
    stopPhp(php),
  ].join('\n');

/** True (shell) while the web root has made way, and the next one is not made yet. */
export const IN_THE_GAP = `[ -e ${former} ] && [ ! -e ${WEB_ROOT} ] && [ ! -e ${next} ]`;

/**
 * Shell that makes, from the web root that made way, the same code as a new application: no configuration, no uploads, nothing of PHP's own.
 */
export function emptyCopyScript(): string {
  const own = WRITABLE_FOLDERS.map((folder) => `-path './${folder}'`);
  const left = [...OLD_CONFIGURATION, CLOSED_MARK].map((path) => `-path './${path}'`);
  return [
    `if ${IN_THE_GAP}; then`,
    `  rm -rf ${part} ${part}.*`,
    `  mkdir -m 0755 ${part}`,
    `  ( cd ${former} && find . \\( ${[...own, ...left].join(' -o ')} \\) -prune -o -print0 > ${part}.names )`,
    `  { tar -C ${former} --null --no-recursion -T ${part}.names -cf - && : > ${part}.ended; } | tar -C ${part} -xf -`,
    `  rm ${part}.ended ${part}.names`,
    '  ( set -eu',
    `    cd ${part}`,
    prepareApplication(`${part}.aside`, WEB_USER),
    '  )',
    `  rm -rf ${part}.aside; chmod 0755 ${part}`,
    BRING,
    ...WRITABLE_FOLDERS.flatMap(ownFolder),
    `  mv -T ${part} ${next}`,
    'fi',
  ].join('\n');
}

/** Shell that brings what is the application's in a folder that PHP writes to. */
function ownFolder(folder: string): string[] {
  if (OLD_RUNTIME.some((one) => one === folder)) return [];
  const bring = `  [ ! -d ${former}/${folder} ] || ee_bring ${former}/${folder} ${part}/${folder} . -mindepth 1`;
  if (OLD_UPLOADS.some((one) => one === folder)) {
    return [`${bring} ${SHIPPED_UPLOADS.map((name) => `! -name '${name}'`).join(' ')} -prune -o`];
  }
  const left = OLD_CONFIGURATION.filter((path) => path.startsWith(`${folder}/`)).map(
    (path) => `-path './${path.slice(folder.length + 1)}'`,
  );
  return [left.length === 0 ? bring : `${bring} \\( ${left.join(' -o ')} \\) -prune -o`];
}

/** Shell that puts the next web root into place, and the former one to what is kept. Each step is a rename, and is done once. */
export function swapScript(kept: KeptPlaces): string {
  return [`[ ! -e ${next} ] || mv -T ${next} ${WEB_ROOT}`, putAway(kept)].join('\n');
}

/** Moves the former web root to what is kept: one rename, or a copy that is complete before the other one goes. */
function putAway({ folder, webRoot }: KeptPlaces): string {
  return [
    `if [ -e ${former} ] && [ ! -e ${webRoot} ]; then`,
    `  if [ "$(stat -c %d ${former})" = "$(stat -c %d ${folder})" ]; then mv -T ${former} ${webRoot}`,
    `  else rm -rf ${webRoot}.part; cp -a ${former} ${webRoot}.part; mv -T ${webRoot}.part ${webRoot}; fi`,
    'fi',
    `rm -rf ${former}`,
    LEAVE_CLOSED,
  ].join('\n');
}

/**
 * Shell that takes a swap back which was cut or came to its end: what was made beside goes, and the kept web root returns. Where it
 * never made way nothing happens. PHP stays stopped.
 */
export function unswapScript(kept: KeptPlaces, php: string): string {
  return [
    OPEN_CLOSED,
    `rm -rf ${part} ${part}.* ${next} ${kept.webRoot}.part`,
    `if [ -e ${former} ] && [ -e ${kept.webRoot} ]; then rm -rf ${former}; fi`,
    `if [ -e ${former} ] && [ ! -e ${back} ]; then mv -T ${former} ${back}; fi`,
    fetchBack(kept),
    `if [ -e ${back} ]; then`,
    `  rm -rf ${gone}`,
    `  [ ! -e ${WEB_ROOT} ] || mv -T ${WEB_ROOT} ${gone}`,
    `  mv -T ${back} ${WEB_ROOT}`,
    'fi',
    // What it holds open in there it would go on with, while it is removed.
    stopPhp(php),
    `rm -rf ${gone}`,
    LEAVE_CLOSED,
  ].join('\n');
}

/** Shell that exchanges the web root with a kept one; the one that is there is kept by `now`. PHP stays stopped. */
export function exchangeScript(kept: KeptPlaces, now: KeptPlaces, php: string): string {
  return [
    OPEN_CLOSED,
    fetchBack(kept),
    `if [ -e ${back} ]; then`,
    `  [ ! -e ${WEB_ROOT} ] || mv -T ${WEB_ROOT} ${former}`,
    `  mv -T ${back} ${WEB_ROOT}`,
    'fi',
    // What it holds open of the former one it could still write to, while that is copied to another file system.
    stopPhp(php),
    putAway(now),
  ].join('\n');
}

function fetchBack({ webRoot }: KeptPlaces): string {
  return [
    `if [ -e ${webRoot} ] && [ ! -e ${back} ]; then`,
    `  if [ "$(stat -c %d ${webRoot})" = "$(stat -c %d "$(dirname ${WEB_ROOT})")" ]; then mv -T ${webRoot} ${back}`,
    `  else rm -rf ${back}.part; cp -a ${webRoot} ${back}.part; mv -T ${back}.part ${back}; fi`,
    'fi',
    `[ ! -e ${back} ] || rm -rf ${webRoot}`,
  ].join('\n');
}
