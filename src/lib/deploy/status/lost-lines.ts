import { EeError } from '../../errors.js';
import type { Settings } from '../../settings/settings.js';
import { PMTA_CONFIG } from '../../roles/pmta-configuration/seen.js';
import { lostLines } from '../pmta/lost-lines.js';
import type { Answers, Proof } from './proof.js';

const WHAT = 'rules of the backup';

/** Lines that are named here; `ee pmta diff` has all of them. */
const NAMED = 3;

/** Shell that prints the configuration on the host in base64, as `configuration<TAB>…`. */
export const LOST_LINES_QUESTION = `[ ! -f ${PMTA_CONFIG} ] || printf 'configuration\\t%s\\n' "$(base64 -w 0 ${PMTA_CONFIG})"`;

/**
 * Whether the configuration on the host holds every line of the backup set that a rendering carries. Nothing is said where this machine
 * has no backup set, or the host no configuration.
 */
export async function lostLinesProofs(answers: Answers, settings: Settings): Promise<Proof[]> {
  const running = answers.one('configuration');
  if (running === '') return [];
  try {
    return [proofOf(await lostLines(settings, Buffer.from(running, 'base64')))];
  } catch (error) {
    if (!(error instanceof EeError)) throw error;
    if (error.code === 'PMTA_CONFIG_NOT_FOUND') return [];
    const [reason = ''] = error.message.split('\n');
    return [{ what: WHAT, seen: `cannot be compared: ${reason} \`ee verify\` shows more`, ok: false }];
  }
}

function proofOf(lost: Awaited<ReturnType<typeof lostLines>>): Proof {
  if (lost.length === 0) return { what: WHAT, seen: 'no line is lost in what runs', ok: true };
  const named = lost.slice(0, NAMED).map(({ line, text, consequence }) => `line ${line} (${text}): ${consequence}`);
  const more = lost.length > NAMED ? `; and ${lost.length - NAMED} more` : '';
  const seen = `${lost.length} ${lost.length === 1 ? 'line is' : 'lines are'} lost in what runs: ${named.join('; ')}${more}; \`ee pmta diff\`, then \`ee pmta apply\``;
  return { what: WHAT, seen, ok: false };
}
