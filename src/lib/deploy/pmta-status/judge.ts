import { virtualMtaName } from '../../pmta/adapt/plan.js';
import { endOf } from '../../pmta/live/licence.js';
import { leavesBackoff } from '../../pmta/live/limits.js';
import { isBackoff } from '../../pmta/live/queues.js';
import type { Settings } from '../../settings/settings.js';
import type { PmtaReport, QueueStatus } from './report.js';

/** Something that is not as it should be. A warning alone leaves the exit status at 0, but for `--strict`. */
export interface PmtaProblem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string;
}

const error = (message: string, hint: string): PmtaProblem => ({ severity: 'error', message, hint });
const warning = (message: string, hint: string): PmtaProblem => ({ severity: 'warning', message, hint });

const DAY = 24 * 60 * 60 * 1000;
/** A licence that ends within this is worth a word. */
const LICENCE_NOTICE = 30 * DAY;

/** What is wrong, the worst first. What could not be read is never taken for good. */
export function pmtaProblems(report: PmtaReport, settings: Settings, now: Date): PmtaProblem[] {
  const state = stateProblem(report);
  if (state?.severity === 'error') return [state];
  const problems = [
    ...(state ? [state] : []),
    ...unreadProblems(report),
    ...licenceProblems(report, now),
    ...virtualMtaProblems(report, settings),
    ...disabledProblems(report),
    ...queueProblems(report),
    ...monitorProblem(report),
  ];
  return [
    ...problems.filter(({ severity }) => severity === 'error'),
    ...problems.filter(({ severity }) => severity === 'warning'),
  ];
}

function stateProblem({ state, said, server, services }: PmtaReport): PmtaProblem | undefined {
  const journal = 'Look at `systemctl status pmta` and at the end of /var/log/pmta/log on the host.';
  const told = said === null ? '' : ` pmta says: ${said.replace(/[.:]+$/, '')}.`;
  switch (state) {
    case 'running':
      return undefined;
    case 'starting': {
      const read = server.spool.initialisedPercent;
      return warning(
        `PowerMTA is starting${read === null ? '' : `: ${read} % of its spool is read`}.`,
        'It delivers what is in the spool only once it has read it. Look again in a while.',
      );
    }
    case 'stopping':
      return error(
        'PowerMTA is shutting down.',
        'Its service waits for open connections to end. Look again in a while.',
      );
    case 'not running':
      return error(
        `PowerMTA is not running: its service is ${services['pmta'] ?? 'unknown'}.${told}`,
        `${journal} Then \`systemctl start pmta\`.`,
      );
    case 'no answer':
      return error('PowerMTA does not answer: `pmta show status` had to be ended.', journal);
    case 'not installed':
      return error('PowerMTA is not installed: there is no `pmta` command.', '`ee deploy vps2` installs it.');
    case 'unknown':
      return error(`PowerMTA does not say that it is running.${told}`, journal);
  }
}

/** The server runs, yet a part of what it was asked is unknown. Without queues and virtual MTAs nothing can be called fine. */
function unreadProblems({ queues, virtualMtas, disabledSources, licence }: PmtaReport): PmtaProblem[] {
  const unread = (what: string, command: string): readonly [string, string] => [
    `${what} could not be read.`,
    `Try \`pmta ${command}\` on the host.`,
  ];
  return [
    ...(queues === null ? [error(...unread('The queues', 'show topqueues'))] : []),
    ...(virtualMtas === null ? [error(...unread('The virtual MTAs', 'show vmtas'))] : []),
    ...(disabledSources === null ? [warning(...unread('The disabled sources', 'show disabled sources'))] : []),
    ...(licence === null ? [warning(...unread('The licence', 'show license'))] : []),
  ];
}

function licenceProblems({ licence }: PmtaReport, now: Date): PmtaProblem[] {
  const end = endOf(licence?.expires ?? null);
  if (licence === null || end === null || end.getTime() - now.getTime() > LICENCE_NOTICE) return [];
  const hint = 'Bring the new licence into the backup set and run `ee deploy vps2`.';
  return end <= now
    ? [error(`The licence has expired: ${licence.expires}.`, hint)]
    : [warning(`The licence expires soon: ${licence.expires}.`, hint)];
}

function virtualMtaProblems({ virtualMtas, missing }: PmtaReport, { sending }: Settings): PmtaProblem[] {
  const hint = '`ee deploy vps2 --dry-run` shows what differs.';
  const byName = new Map(sending.identities.map((identity) => [virtualMtaName(identity), identity] as const));
  const unlike = (virtualMtas ?? []).flatMap(({ name, ip, host }) => {
    const wanted = byName.get(name);
    if (wanted === undefined || ip === null) return [];
    if (ip === wanted.ip && (host === null || host === wanted.domain)) return [];
    return [error(`${name} is ${ip} as ${host ?? 'unknown'}, not ${wanted.ip} as ${wanted.domain}.`, hint)];
  });
  const unknown = (virtualMtas ?? []).filter(({ name, ip }) => byName.has(name) && ip === null).map(({ name }) => name);
  return [
    ...(missing ?? []).map((name) => error(`${name} is not on the host.`, hint)),
    ...unlike,
    ...(unknown.length > 0
      ? [
          warning(
            `The address of ${listed(unknown)} could not be read.`,
            'Try `pmta show vmta-settings` with its name on the host; PowerMTA before 5.0 may not have it.',
          ),
        ]
      : []),
  ];
}

function disabledProblems({ disabledSources }: PmtaReport): PmtaProblem[] {
  return (disabledSources ?? []).map(({ ip, queue, note }) =>
    error(
      `${ip} is disabled${queue === null ? '' : ` for ${queue}`}${note === null ? '' : ` (${note})`}: nothing leaves from it.`,
      `When its cause is mended: \`pmta enable source ${ip} ${queue === null ? 'DOMAIN/VMTA' : `'${queue}'`}\` on the host.`,
    ),
  );
}

function queueProblems({ queues, counts }: PmtaReport): PmtaProblem[] {
  if (counts === null) return [];
  const stuck = (queues ?? []).filter(
    (queue) => isBackoff(queue) && queue.limits && leavesBackoff(queue.limits) === false,
  );
  return [
    ...(counts.backoff > 0
      ? [
          warning(
            `${queuesAre(counts.backoff)} in backoff: sent more slowly, by the pattern that a reply matched.`,
            'The last error of each tells why.',
          ),
        ]
      : []),
    ...stuck.map(({ name }) =>
      warning(`${name} does not leave backoff by itself.`, `\`pmta set queue --mode=normal '${name}'\` on the host.`),
    ),
    ...(counts.paused > 0
      ? [
          warning(
            `${queuesAre(counts.paused)} paused.`,
            "`pmta resume queue 'DOMAIN/VMTA'` on the host lets one go on.",
          ),
        ]
      : []),
    ...(counts.complete ? [] : [warning('There are more queues than were read.', 'Only the fullest are shown.')]),
  ];
}

function monitorProblem({ services }: PmtaReport): PmtaProblem[] {
  const state = services['pmtahttp'];
  if (state === 'active') return [];
  return [warning(`The web monitor (pmtahttp) is ${state ?? 'unknown'}.`, '`systemctl start pmtahttp` on the host.')];
}

/** What holds a queue back that says so itself. The sentences are PowerMTA's own (known from practice). */
export function hintOf({ lastError, limits }: QueueStatus): string | null {
  const text = lastError?.text ?? '';
  if (/message rate limit/i.test(text)) return `held back by its own max-msg-rate${value(limits?.['max-msg-rate'])}`;
  if (/connect rate limit/i.test(text))
    return `held back by its own max-connect-rate${value(limits?.['max-connect-rate'])}`;
  if (/all smtp sources/i.test(text)) return 'every source address of it is disabled';
  return null;
}

const value = (text: string | undefined): string => (text === undefined ? '' : ` ${text}`);
const queuesAre = (count: number): string => (count === 1 ? '1 queue is' : `${count} queues are`);
const listed = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
