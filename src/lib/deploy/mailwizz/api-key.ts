import { randomBytes } from 'node:crypto';
import { converge } from '../../converge/converge.js';
import type { Emit } from '../../converge/events.js';
import type { Run } from '../../converge/journal.js';
import { underLock } from '../../converge/lock.js';
import { asLocked } from '../../converge/locked-host.js';
import { changesOf, plan } from '../../converge/plan.js';
import type { Change, Stage } from '../../converge/resource.js';
import { file } from '../../converge/resources/file.js';
import { EeError } from '../../errors.js';
import { CREDENTIALS, restartEngine } from '../../roles/engine.js';
import { WEB_ROOT, WEB_USER } from '../../roles/mailwizz.js';
import { phpCommand } from '../../roles/panel-php.js';
import { OWN_CERTIFICATE_FILE, SYSTEM_AUTHORITIES } from '../../roles/web.js';
import { Secret } from '../../secret.js';
import type { HostName, Settings } from '../../settings/settings.js';
import type { Host } from '../../ssh/host.js';
import { quote } from '../../ssh/shell-quote.js';
import { Answers } from '../status/proof.js';
import { phpOfInstalled } from './installed.js';
import { succeed } from './succeed.js';
import { make } from './work.js';

/** Where VPS3 has the key of MailWizz's API, for root alone. */
export const API_KEY_FILE = `${CREDENTIALS}/mailwizz-key`;

/** The two hosts that a key is handed over between. */
interface Pair {
  readonly vps1: Host;
  readonly vps3: Host;
}

export interface KeyOptions {
  readonly dryRun: boolean;
  readonly run: Run;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Told of the key before anything could show it. */
  readonly hide: (secrets: readonly Secret[]) => void;
  /** Asked once before the first change; throws to decline. */
  readonly confirm: (steps: readonly string[]) => Promise<void>;
}

export interface KeyOutcome {
  readonly status: 'unchanged' | 'planned' | 'changed';
  readonly changes: readonly (Change & { readonly host: HostName })[];
  /** What a dry run would do. */
  readonly steps: readonly string[];
}

/**
 * Gives VPS3 a key of MailWizz's API: made once, restricted to the address of VPS3, carried over these two connections alone, and
 * proven by a call from there. A key that is there is kept.
 */
export async function handOverKey(hosts: Pair, settings: Settings, options: KeyOptions): Promise<KeyOutcome> {
  const { run, dryRun } = options;
  if (dryRun) return handedOver(hosts, settings, options);
  return underLock(hosts.vps1, run, (vps1) =>
    underLock(hosts.vps3, run, (vps3) => handedOver({ vps1, vps3 }, settings, options)),
  );
}

async function handedOver({ vps1, vps3 }: Pair, settings: Settings, options: KeyOptions): Promise<KeyOutcome> {
  const { dryRun, run, emit, signal, confirm } = options;
  const php = await phpOfInstalled(vps1, settings, signal);
  const { code } = await vps3.run(`[ -d ${CREDENTIALS} ]`, { signal });
  if (code !== 0) throw new EeError('MAILWIZZ_NO_ENGINE', {}, { where: vps3.name });

  let found = await keyOf(vps1, settings, php, options);
  const isMade = found?.address === settings.hosts.vps3.address;
  if (isMade && found && changesOf(await plan(vps3, stagesOf(found.key), { signal })).length === 0) {
    return { status: 'unchanged', changes: [], steps: [] };
  }
  const step = `make a key of MailWizz's API, for ${settings.hosts.vps3.address} alone`;
  const steps = [...(isMade ? [] : [step]), `write it to ${API_KEY_FILE} on vps3, and try it`];
  if (dryRun) return { status: 'planned', changes: [], steps };
  await confirm(steps);
  const made: Change[] = [];
  if (!isMade) {
    const script = keyScript(settings, php, { make: true });
    const action = found ? 'update' : 'create';
    await make({ host: vps1, run, emit, signal, made }, 'mailwizz:api-key', { action, summary: step, script });
    found = await keyOf(vps1, settings, php, options);
  }
  if (!found) {
    const status = 'it was made, and is not there';
    throw new EeError('REMOTE_FAILED', { host: vps1.name, step: 'the key of the API', status, output: '' });
  }
  const written = await converge(asLocked(vps3), await plan(vps3, stagesOf(found.key), { signal }), {
    run,
    emit,
    signal,
  });
  await prove({ vps1, vps3 }, settings, found.key, signal);
  const on = (host: HostName, changes: readonly Change[]) => changes.map((change) => ({ host, ...change }));
  return { status: 'changed', changes: [...on('vps1', made), ...on('vps3', written)], steps: [] };
}

/** The key as the application has it, and the address that it is restricted to. */
async function keyOf(
  vps1: Host,
  settings: Settings,
  php: string,
  { signal, hide }: KeyOptions,
): Promise<{ readonly key: Secret; readonly address: string } | undefined> {
  const script = keyScript(settings, php, { make: false });
  const answers = new Answers(await succeed(vps1, script, 'asking for the key of the API', signal));
  if (answers.one('key') === '') return undefined;
  const key = new Secret(answers.one('key'));
  hide([key]);
  return { key, address: answers.one('address') };
}

/** Where it makes the key it prints nothing: what a change prints is shown as its progress. */
function keyScript({ mailwizz, hosts }: Settings, php: string, { make: makes }: { make: boolean }): string {
  const input = {
    root: WEB_ROOT,
    email: `api@${mailwizz.panelDomain}`,
    name: 'Email-Engine API',
    address: hosts.vps3.address,
    make: makes,
  };
  return phpCommand(php, WEB_USER, 'api-key', input, { quiet: makes });
}

const stagesOf = (key: Secret): Stage[] => [
  {
    name: 'key of MailWizz',
    resources: [
      file({
        path: API_KEY_FILE,
        content: key.reveal(),
        mode: '0600',
        sensitive: true,
        // It reads the key when it starts.
        notifies: [restartEngine],
      }),
    ],
  },
];

/** A call of VPS3 itself, which trusts the certificate that VPS1 made for itself, and the authorities of its own system. */
async function prove(
  { vps1, vps3 }: Pair,
  { mailwizz, hosts }: Settings,
  key: Secret,
  signal: AbortSignal,
): Promise<void> {
  const certificate = await succeed(
    vps1,
    `cat ${OWN_CERTIFICATE_FILE}`,
    'reading the certificate of the panel',
    signal,
  );
  const end = `EE_${randomBytes(6).toString('hex')}`;
  const script = [
    'set -e',
    'folder=$(mktemp -d /run/ee-key.XXXXXXXX)',
    `trap 'rm -rf "$folder"' EXIT`,
    `printf '%s' ${quote(certificate)} | cat - ${SYSTEM_AUTHORITIES} > "$folder/panel.crt"`,
    `curl -q -sS --noproxy '*' --cacert "$folder/panel.crt" --max-time 30 -o /dev/null -w '%{http_code}' -K - <<'${end}'`,
    `url = "https://${mailwizz.panelDomain}/api/index.php/lists"`,
    `resolve = "${mailwizz.panelDomain}:443:${hosts.vps1.address}"`,
    `header = "X-Api-Key: ${key.reveal()}"`,
    end,
  ].join('\n');
  const status = await succeed(vps3, script, "calling MailWizz's API", signal);
  if (status.trim() === '200') return;
  throw new EeError('REMOTE_FAILED', {
    host: vps3.name,
    step: "calling MailWizz's API with its key",
    status: `it answers ${status.trim()}`,
    output: '',
  });
}
