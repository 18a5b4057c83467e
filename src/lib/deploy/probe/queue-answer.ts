import { PROBE_DOMAIN } from '../../pmta/adapt/probe.js';
import { virtualMtaName } from '../../pmta/adapt/plan.js';
import { type LiveQueue, queuesOf } from '../../pmta/live/queues.js';
import type { Host } from '../../ssh/host.js';
import { ASK_PMTA, saidOf } from '../status/ask-pmta.js';
import { Answers } from '../status/proof.js';

/** What PowerMTA says of the queue of each sender to a domain: a sentence. */
export type QueueAnswer = (identity: { readonly index: number }) => string;

const QUESTIONS = [ASK_PMTA, 'ask queues --dom show topqueues --maxitems=5000 --errors', ':'].join('\n');

/** Asks PowerMTA once about its queues to `domain`. A question that fails is an answer, too: nothing is known then. */
export async function askQueues(host: Host, signal: AbortSignal, domain: string = PROBE_DOMAIN): Promise<QueueAnswer> {
  const { stdout } = await host.run(QUESTIONS, { step: 'asking PowerMTA about its queues', signal });
  const queues = queuesOf(saidOf(new Answers(stdout.toString('utf8')), 'queues'));
  return (identity) => {
    if (queues === null) return 'PowerMTA does not tell its queues';
    const name = `${domain}/${virtualMtaName(identity)}`;
    const queue = queues.find((one) => one.name.toLowerCase() === name);
    return queue === undefined ? `the queue ${name} is empty` : sentence(queue);
  };
}

function sentence({ name, recipients, paused, mode, lastError }: LiveQueue): string {
  const state = paused ? ' and is paused' : mode?.startsWith('backoff') ? ' and is in backoff' : '';
  const error = lastError === null ? '' : `; its last error: ${lastError.text}`;
  const waiting = recipients === 1 ? 'one recipient' : `${recipients ?? 'an unknown number of'} recipients`;
  return `the queue ${name} holds ${waiting}${state}${error}`;
}
