import type { HostName, Settings } from '../../settings/settings.js';
import type { Connect } from '../connections.js';
import { engineProofs, engineQuestions } from './engine.js';
import { LOST_LINES_QUESTION, lostLinesProofs } from './lost-lines.js';
import { mailwizzProofs, mailwizzQuestions } from './mailwizz.js';
import { powermtaProofs, powermtaQuestions } from './powermta.js';
import { Answers, type Proof } from './proof.js';

export interface HostStatus {
  readonly host: HostName;
  readonly address: string;
  readonly proofs: readonly Proof[];
  /** Why the host could not be asked. */
  readonly error?: Error;
}

interface Examination {
  readonly questions: (settings: Settings) => string;
  readonly proofs: (answers: Answers, settings: Settings) => Proof[] | Promise<Proof[]>;
}

const EXAMINATIONS: Readonly<Record<HostName, Examination>> = {
  vps1: { questions: mailwizzQuestions, proofs: mailwizzProofs },
  vps2: {
    questions: (settings) => `${powermtaQuestions(settings)}\n${LOST_LINES_QUESTION}`,
    proofs: async (answers, settings) => [
      ...powermtaProofs(answers, settings),
      ...(await lostLinesProofs(answers, settings)),
    ],
  },
  vps3: { questions: engineQuestions, proofs: engineProofs },
};

/** Asks each host what runs on it, one round trip a host, all at once. Changes nothing. A host that can't be asked says why. */
export async function status(settings: Settings, hosts: readonly HostName[], connect: Connect): Promise<HostStatus[]> {
  return Promise.all(hosts.map((host) => hostStatus(settings, host, connect)));
}

async function hostStatus(settings: Settings, name: HostName, connect: Connect): Promise<HostStatus> {
  const { address } = settings.hosts[name];
  const { questions, proofs } = EXAMINATIONS[name];
  try {
    const host = await connect(settings.hosts[name]);
    try {
      const { stdout } = await host.run(questions(settings), { step: 'asking what runs' });
      return { host: name, address, proofs: await proofs(new Answers(stdout.toString('utf8')), settings) };
    } finally {
      await host.close();
    }
  } catch (error) {
    return { host: name, address, proofs: [], error: error instanceof Error ? error : new Error(String(error)) };
  }
}

export const isHealthy = ({ proofs, error }: HostStatus): boolean =>
  !error && proofs.length > 0 && proofs.every(({ ok }) => ok);
