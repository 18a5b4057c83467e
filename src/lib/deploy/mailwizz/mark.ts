import { INSTALLED_MARK } from '../../mailwizz/layout.js';
import { WEB_ROOT } from '../../roles/mailwizz.js';
import { quote } from '../../ssh/shell-quote.js';

const MARK = `${WEB_ROOT}/${INSTALLED_MARK}`;

/** Shell that says of the panel that it is proven: with that the world is answered, and cron begins. */
export const markScript = (proven: { readonly version: string; readonly run: string }): string =>
  [
    `printf '%s\\n' ${quote(JSON.stringify(proven))} > ${quote(`${MARK}.ee-new`)}`,
    `mv -T ${quote(`${MARK}.ee-new`)} ${quote(MARK)}`,
  ].join('\n');
