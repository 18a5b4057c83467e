import { EeError } from '../errors.js';
import { INSTALLED_MARK } from '../mailwizz/layout.js';
import { cutWork } from '../mailwizz/state.js';
import { parseUnderWay } from '../mailwizz/under-way.js';
import { WEB_ROOT } from '../roles/mailwizz.js';
import type { Host } from '../ssh/host.js';
import { UNDER_WAY } from './mailwizz/panel/under-way.js';
import { succeed } from './mailwizz/succeed.js';

/** Says that work on the panel was cut, which keeps it closed and which no deployment ends; undefined where none was. */
export async function cutPanelWork(vps1: Host, signal: AbortSignal): Promise<string | undefined> {
  const script = `[ -f ${WEB_ROOT}/${INSTALLED_MARK} ] && echo proven || echo not; cat ${UNDER_WAY} 2>/dev/null || :`;
  const [proven, note = ''] = (await succeed(vps1, script, 'looking at the panel', signal)).split('\n');
  const underWay = parseUnderWay(note);
  const cut = cutWork({ proven: proven === 'proven', ...(underWay && { underWay }) });
  if (cut === undefined) return undefined;
  const { message, hint } = new EeError('MAILWIZZ_CUT', cut);
  return `vps1: ${message} ${hint}`;
}
