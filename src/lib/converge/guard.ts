import { EeError } from '../errors.js';
import { openState, type Run } from './journal.js';
import type { LockedHost } from './locked-host.js';
import { STATE } from './paths.js';
import type { PlannedChange } from './plan.js';

/** Seconds after which the host takes a guarded change back by itself. */
const REVERT_AFTER = 60;

/**
 * Makes a change that could lock the operator out. The host itself takes it back after a minute, unless a fresh login over
 * the changed way in has worked before. So a wrong firewall, a cut line or a kill at any point costs a minute, not the host.
 */
export async function applyGuarded(
  host: LockedHost,
  change: PlannedChange,
  revert: string,
  run: Run,
  apply: () => Promise<void>,
): Promise<void> {
  await expectSuccess(host, armScript(change.id, revert, run), `arming the way back of ${change.id}`);
  await apply();
  try {
    const fresh = await host.reconnect();
    await fresh.close();
  } catch (error) {
    throw new EeError(
      'LOCKED_OUT',
      { host: host.name, change: change.difference.summary, seconds: REVERT_AFTER, reason: reasonOf(error) },
      { cause: error },
    );
  }
  await expectSuccess(host, disarmScript(change.id), `confirming ${change.id}`);
}

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';

/** True (shell) while the way back of a change is armed: the host takes it back, unless a run confirms it. */
export const isArmed = (id: string): string => `[ -e ${scriptOf(id)} ]`;

const scriptOf = (id: string): string => `${STATE}/${unitOf(id)}.sh`;
const unitOf = (id: string): string => `ee-guard-${id.replace(/[^A-Za-z0-9]+/g, '-')}`;

function armScript(id: string, revert: string, run: Run): string {
  const unit = unitOf(id);
  const script = scriptOf(id);
  return [
    'set -eu',
    openState(run),
    // One that a cut run left leads back further, to what was last known to let the operator in.
    `[ -e ${script} ] || cat > ${script} <<'EE_REVERT'`,
    'set -u',
    openState(run),
    revert,
    `rm -f ${script}`,
    'EE_REVERT',
    `systemctl stop ${unit}.timer 2>/dev/null || :`,
    `systemctl reset-failed ${unit}.service ${unit}.timer 2>/dev/null || :`,
    `systemd-run --quiet --collect --unit=${unit} --on-active=${REVERT_AFTER} --timer-property=AccuracySec=1s /bin/sh ${script}`,
  ].join('\n');
}

const disarmScript = (id: string): string => `systemctl stop ${unitOf(id)}.timer\nrm -f ${scriptOf(id)}`;

async function expectSuccess(host: LockedHost, script: string, step: string): Promise<void> {
  const { code, stdout, stderr } = await host.run(script, { step });
  if (code === 0) return;
  const output = Buffer.concat([stdout, stderr]).toString('utf8').trim().slice(-1000);
  throw new EeError('REMOTE_FAILED', { host: host.name, step, status: `exit ${code}`, output });
}
