import type { RunningMap } from '../../mailwizz/sender-map.js';
import { SENDER_LIST } from '../../pmta/adapt/routing.js';
import { virtualMtasOf } from '../../pmta/live/virtual-mtas.js';
import { parseDocument } from '../../pmta/parse.js';
import { senderRoutes, virtualMtaFor, virtualMtas } from '../../pmta/senders.js';
import { PMTA_CONFIG } from '../../roles/pmta-configuration/seen.js';
import type { Host } from '../../ssh/host.js';
import { quote } from '../../ssh/shell-quote.js';
import { ASK_PMTA, saidOf } from '../status/ask-pmta.js';
import { Answers } from '../status/proof.js';
import { succeed } from './succeed.js';

/** What VPS2 tells of itself: how it routes, or why nobody can know: a sentence. */
export type RunningAnswer =
  { readonly kind: 'map'; readonly map: RunningMap } | { readonly kind: 'unknown'; readonly reason: string };

/**
 * Asks PowerMTA which virtual MTAs it runs. No command of it shows the list of senders, which is read from the configuration; where
 * that holds other virtual MTAs than those that run, it is not what runs.
 */
export async function runningMap(vps2: Host, signal: AbortSignal): Promise<RunningAnswer> {
  const script = [
    ASK_PMTA,
    'ask vmtas --dom show vmtas',
    `[ ! -f ${quote(PMTA_CONFIG)} ] || base64 ${quote(PMTA_CONFIG)} | sed 's/^/configuration\\t/'`,
  ].join('\n');
  const answers = new Answers(await succeed(vps2, script, 'asking PowerMTA how it routes', signal));
  const running = virtualMtasOf(saidOf(answers, 'vmtas'))?.map(({ name }) => name);
  if (running === undefined) return { kind: 'unknown', reason: 'PowerMTA does not tell its virtual MTAs' };

  const document = parseDocument(Buffer.from(answers.all('configuration').join(''), 'base64'));
  const asleep = virtualMtas(document).flatMap(({ name }) => (running.includes(name) ? [] : [name]));
  if (asleep.length > 0) {
    const reason = `${asleep.join(', ')} of ${PMTA_CONFIG} does not run: \`ee deploy vps2\` loads what is there`;
    return { kind: 'unknown', reason };
  }
  const routes = senderRoutes(document, SENDER_LIST);
  const used = [...new Set(routes.map(({ virtualMta }) => virtualMta))];
  return { kind: 'map', map: { virtualMtas: running, used, virtualMtaOf: (sender) => virtualMtaFor(routes, sender) } };
}
