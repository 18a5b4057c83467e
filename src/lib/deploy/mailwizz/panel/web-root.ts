import { CLOSED_MARK, OLD_CONFIGURATION, OLD_RUNTIME, OLD_UPLOADS, SHIPPED_UPLOADS } from '../../../mailwizz/layout.js';
import { prepareApplication } from '../../../mailwizz/prepare.js';
import { WEB_ROOT, WEB_USER } from '../../../roles/mailwizz.js';
import { BESIDE, type KeptPlaces } from './places.js';

const { part, next, former, back, gone } = BESIDE;

/** True (shell) once the former web root has made way, or is about to. */
export const swapBegun = (kept: KeptPlaces): string => `[ -e ${next} ] || [ -e ${former} ] || [ -e ${kept.webRoot} ]`;

/** Shell that makes, beside the web root, the same code as a new application: no configuration, no uploads, nothing of PHP's own. */
export function emptyCopyScript(kept: KeptPlaces): string {
  const shipped = SHIPPED_UPLOADS.map((name) => `! -name '${name}'`).join(' ');
  const left = [
    ...OLD_RUNTIME.map((folder) => `-path './${folder}/*'`),
    ...OLD_UPLOADS.map((folder) => `\\( -path './${folder}/*' ${shipped} \\)`),
    ...OLD_CONFIGURATION.map((path) => `-path './${path}'`),
    `-path './${CLOSED_MARK}'`,
  ].join(' -o ');
  return [
    `if ! { ${swapBegun(kept)}; }; then`,
    `  rm -rf ${part}`,
    `  mkdir -m 0755 ${part}`,
    `  ( cd ${WEB_ROOT} && find . \\( ${left} \\) -prune -o -print0 > ${part}.names )`,
    `  { tar -C ${WEB_ROOT} --null --no-recursion -T ${part}.names -cf - && : > ${part}.ended; } | tar -C ${part} -xf -`,
    `  rm ${part}.ended ${part}.names`,
    '  ( set -eu',
    `    cd ${part}`,
    prepareApplication(`${part}.aside`, WEB_USER),
    '  )',
    `  rm -rf ${part}.aside`,
    `  mv -T ${part} ${next}`,
    'fi',
  ].join('\n');
}

/** Shell that puts the next web root into place, and the former one to what is kept. Each step is a rename, and is done once. */
export function swapScript(kept: KeptPlaces): string {
  return [
    `if [ -e ${next} ]; then`,
    `  [ -e ${former} ] || mv -T ${WEB_ROOT} ${former}`,
    `  mv -T ${next} ${WEB_ROOT}`,
    'fi',
    putAway(kept),
  ].join('\n');
}

/** Moves the former web root to what is kept: one rename, or a copy that is complete before the other one goes. */
function putAway({ folder, webRoot }: KeptPlaces): string {
  return [
    `if [ -e ${former} ] && [ ! -e ${webRoot} ]; then`,
    `  if [ "$(stat -c %d ${former})" = "$(stat -c %d ${folder})" ]; then mv -T ${former} ${webRoot}`,
    `  else rm -rf ${webRoot}.part; cp -a ${former} ${webRoot}.part; mv -T ${webRoot}.part ${webRoot}; fi`,
    'fi',
    `rm -rf ${former}`,
  ].join('\n');
}

/**
 * Shell that takes a swap back which was cut or came to its end: what was made beside goes, and the kept web root returns. Where it
 * never made way nothing happens.
 */
export function unswapScript(kept: KeptPlaces): string {
  return [
    `rm -rf ${part} ${part}.names ${part}.ended ${part}.aside ${next} ${kept.webRoot}.part`,
    `if [ -e ${former} ] && [ -e ${kept.webRoot} ]; then rm -rf ${former}; fi`,
    `if [ -e ${former} ] && [ ! -e ${back} ]; then mv -T ${former} ${back}; fi`,
    fetchBack(kept),
    `if [ -e ${back} ]; then`,
    `  rm -rf ${gone}`,
    `  [ ! -e ${WEB_ROOT} ] || mv -T ${WEB_ROOT} ${gone}`,
    `  mv -T ${back} ${WEB_ROOT}`,
    'fi',
    `rm -rf ${gone}`,
  ].join('\n');
}

/** Shell that exchanges the web root with a kept one; the one that is there is kept by `now`. */
export function exchangeScript(kept: KeptPlaces, now: KeptPlaces): string {
  return [
    fetchBack(kept),
    `if [ -e ${back} ]; then`,
    `  [ ! -e ${WEB_ROOT} ] || mv -T ${WEB_ROOT} ${former}`,
    `  mv -T ${back} ${WEB_ROOT}`,
    'fi',
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
