import { EeError } from '../errors.js';
import { INSTALLED_MARK } from '../mailwizz/layout.js';
import { cutWork } from '../mailwizz/state.js';
import { parseUnderWay } from '../mailwizz/under-way.js';
import { WEB_ROOT } from '../roles/mailwizz.js';
import type { Host } from '../ssh/host.js';
import { UNDER_WAY } from './mailwizz/panel/under-way.js';
import { succeed } from './mailwizz/succeed.js';

/**
 * Says that work on the panel was cut, which keeps it closed and which no deployment ends; undefined where none was. Throws MAILWIZZ_CUT
 * where it was cut between two web roots: a deployment would take the place for a free one, and unpack the archive there.
 */
export async function cutPanelWork(vps1: Host, signal: AbortSignal): Promise<string | undefined> {
  const script = [
    `if [ -f ${WEB_ROOT}/${INSTALLED_MARK} ]; then echo proven; elif [ -e ${WEB_ROOT} ]; then echo unproven; else echo gone; fi`,
    `cat ${UNDER_WAY} 2>/dev/null || :`,
  ].join('\n');
  const [webRoot, note = ''] = (await succeed(vps1, script, 'looking at the panel', signal)).split('\n');
  const underWay = parseUnderWay(note);
  const cut = cutWork({ proven: webRoot === 'proven', ...(underWay && { underWay }) });
  if (cut === undefined) return undefined;
  if (webRoot === 'gone') throw new EeError('MAILWIZZ_CUT', cut, { where: vps1.name });
  const { message, hint } = new EeError('MAILWIZZ_CUT', cut);
  return `vps1: ${message} ${hint}`;
}
