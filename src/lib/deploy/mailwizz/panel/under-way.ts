import { STATE } from '../../../converge/paths.js';
import type { UnderWay } from '../../../mailwizz/under-way.js';
import { quote } from '../../../ssh/shell-quote.js';

const FOLDER = `${STATE}/mailwizz`;
/** Where a host says what is being done to its panel. */
export const UNDER_WAY = `${FOLDER}/under-way`;

/** Shell that writes it down, whole or not at all; on the disk before the next line runs. */
export function noteScript(work: UnderWay): string {
  return [
    `mkdir -p -m 0700 ${FOLDER}`,
    `printf '%s\\n' ${quote(JSON.stringify(work))} > ${UNDER_WAY}.new`,
    `sync ${UNDER_WAY}.new`,
    `mv -T ${UNDER_WAY}.new ${UNDER_WAY}`,
  ].join('\n');
}

/** Shell that ends it. */
export const DONE_SCRIPT = `rm -f ${UNDER_WAY} ${UNDER_WAY}.new`;
