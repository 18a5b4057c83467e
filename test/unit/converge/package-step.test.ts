import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitPackageStep } from '../../../src/lib/converge/await-package-step.js';
import type { ConvergeEvent } from '../../../src/lib/converge/events.js';
import { parseFacts } from '../../../src/lib/converge/host-facts.js';
import { followPackageStep, PACKAGE_STEP_QUESTION, packageStep } from '../../../src/lib/converge/package-step.js';
import { EeError } from '../../../src/lib/errors.js';
import type { RunOptions, RunResult } from '../../../src/lib/ssh/host.js';
import { LocalHost } from '../../support/local-host.js';

const RUN = { id: '20260216T031500Z-k3f9', by: 'alice@laptop' };
const CHANGE = { id: 'packages:web', action: 'create', summary: "install nginx, it's needed" } as const;

/** systemd as far as a step needs it: one unit, in a session of its own, whose state is that of its process. */
const SYSTEMD_RUN = `#!/bin/sh
while [ "\${1#--}" != "$1" ]; do shift; done
if [ -e FOLDER/unit ] && kill -0 "$(cat FOLDER/unit)" 2>/dev/null; then echo "Unit ee-packages.service already exists." >&2; exit 1; fi
setsid "$@" < /dev/null > /dev/null 2>&1 &
echo $! > FOLDER/unit
`;
const SYSTEMCTL = `#!/bin/sh
pid=$(cat FOLDER/unit 2>/dev/null) && kill -0 "$pid" 2>/dev/null || pid=0
case "$*" in
  *ActiveState*) [ "$pid" = 0 ] && echo inactive || echo active ;;
  *MainPID*) echo "$pid" ;;
esac
`;

describe('a package step', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-step-'));
    await mkdir(join(folder, 'bin'));
    await mkdir(join(folder, 'lib'));
    for (const [name, text] of [
      ['systemd-run', SYSTEMD_RUN],
      ['systemctl', SYSTEMCTL],
    ] as const) {
      await writeFile(join(folder, 'bin', name), text.replaceAll('FOLDER', folder));
      await chmod(join(folder, 'bin', name), 0o755);
    }
  });
  afterEach(async () => {
    const unit = await readFile(join(folder, 'unit'), 'utf8').catch(() => '');
    if (unit) await execa('kill', ['-9', '--', `-${unit.trim()}`], { reject: false });
    await rm(folder, { recursive: true, force: true });
  });

  /** The script with its folders in one of this test's. */
  const here = (script: string) =>
    script.replaceAll('/run/ee.', `${folder}/ee.`).replaceAll('/var/lib/ee', `${folder}/lib`);
  const env = () => ({ PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, EE_PROXY: "it's set" });
  const sh = (script: string) => execa('sh', { input: `set -eu\n${here(script)}`, env: env(), reject: false });
  const journal = () => readFile(join(folder, 'lib/journal.jsonl'), 'utf8').catch(() => '');
  const exists = async (name: string) => {
    while (!existsSync(join(folder, name))) await sleep(20);
  };

  it('shows what it writes and gives its status, in the environment of the run, and is in the journal', async () => {
    const good = await sh(packageStep(`echo "$EE_PROXY"\npwd\numask\necho err >&2`, CHANGE, RUN));
    expect([good.exitCode, good.stdout.split('\n')]).toEqual([0, ["it's set", '/', '0022', 'err']]);
    expect(JSON.parse(await journal())).toMatchObject({ run: RUN.id, id: CHANGE.id, summary: CHANGE.summary });
    expect(existsSync(join(folder, 'ee.packages'))).toBe(false);

    const bad = await sh(packageStep('echo before\n(exit 7)\necho after', CHANGE, RUN));
    expect([bad.exitCode, bad.stdout]).toEqual([7, 'before']);
    expect((await journal()).trim().split('\n')).toHaveLength(1);
  });

  it('[R19] goes on to its end where the run that follows it is killed, and the next run waits for it', async () => {
    const script = `echo unpacking\nwhile [ ! -e ${folder}/go ]; do sleep 0.05; done\necho unpacked; touch ${folder}/made`;
    const run = spawn('sh', { env: env(), stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    run.stdin.end(here(packageStep(script, CHANGE, RUN)));
    await new Promise<void>((resolve) => run.stdout.on('data', (text) => /unpacking/.test(String(text)) && resolve()));
    process.kill(-(run.pid ?? 0), 'SIGKILL');

    const { packageStep: about } = parseFacts((await sh(PACKAGE_STEP_QUESTION)).stdout);
    expect(about).toMatch(
      /^install nginx, it's needed, by alice@laptop, run 20260216T031500Z-k3f9, since \d{4}-\d\d-\d\d .* UTC$/,
    );
    // What it holds is root's alone, and what may be secret is gone.
    expect((await stat(join(folder, 'ee.packages'))).mode & 0o777).toBe(0o700);
    expect(existsSync(join(folder, 'ee.packages/script'))).toBe(false);

    const next = sh(followPackageStep(60));
    await writeFile(join(folder, 'go'), '');
    expect((await next).exitCode).toBe(0);
    expect(existsSync(join(folder, 'made'))).toBe(true);
    expect(JSON.parse(await journal())).toMatchObject({ run: RUN.id, by: RUN.by, id: CHANGE.id });
    expect((await sh(PACKAGE_STEP_QUESTION)).stdout).toBe('');
  });

  it('waits for the end of another one before it begins', async () => {
    const first = sh(
      packageStep(
        `touch ${folder}/begun; while [ ! -e ${folder}/go ]; do sleep 0.05; done; echo one >> ${folder}/order`,
        CHANGE,
        RUN,
      ),
    );
    await exists('begun');
    const second = sh(packageStep(`echo two >> ${folder}/order`, CHANGE, RUN));
    await writeFile(join(folder, 'go'), '');
    expect([(await first).exitCode, (await second).exitCode]).toEqual([0, 0]);
    expect(await readFile(join(folder, 'order'), 'utf8')).toBe('one\ntwo\n');
  });

  it('that is ended on the host is a failure, and says so', async () => {
    const run = sh(packageStep(`touch ${folder}/begun; sleep 60`, CHANGE, RUN));
    await exists('begun');
    await execa('kill', ['-9', '--', `-${(await readFile(join(folder, 'unit'), 'utf8')).trim()}`]);
    const { exitCode, stdout } = await run;
    expect([exitCode, stdout]).toEqual([1, 'the package step was stopped on the host before its end']);
  });

  it('gives up where systemd starts no unit, in its words', async () => {
    await writeFile(join(folder, 'bin/systemd-run'), '#!/bin/sh\necho "Failed to connect to bus" >&2\nexit 1\n');
    await writeFile(join(folder, 'bin/sleep'), '#!/bin/sh\n');
    await chmod(join(folder, 'bin/sleep'), 0o755);
    const { exitCode, stdout } = await sh(packageStep(':', CHANGE, RUN));
    expect([exitCode, stdout]).toEqual([1, 'Failed to connect to bus']);
  });
});

describe('a run that finds a package step at work', () => {
  /** A host on which following ends as given. */
  class Answering extends LocalHost {
    constructor(private readonly answer: () => RunResult) {
      super();
    }

    override run(_script: string, options: RunOptions = {}): Promise<RunResult> {
      this.scripts += 1;
      options.onLine?.('Unpacking nginx …');
      return Promise.resolve().then(this.answer);
    }
  }
  const result = (code: number) => ({ code, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) });

  it('says whose it is, shows what it does and waits', async () => {
    const said: ConvergeEvent[] = [];
    await awaitPackageStep(new Answering(() => result(0)), 'install nginx, by bob', {
      emit: (event) => said.push(event),
    });
    expect(said).toEqual([
      { kind: 'step', host: 'vps1', step: 'waiting for the package step of another run: install nginx, by bob' },
      { kind: 'progress', host: 'vps1', message: 'Unpacking nginx …' },
    ]);
  });

  it('asks nothing where none is at work', async () => {
    const host = new Answering(() => result(0));
    await awaitPackageStep(host, undefined, { emit: () => undefined });
    expect(host.scripts).toBe(0);
  });

  it.each([
    ['goes on for an hour', () => result(124)],
    [
      'is silent for a quarter of one',
      () => {
        throw new EeError('REMOTE_TIMEOUT', { host: 'vps1', step: 'x', seconds: 900 });
      },
    ],
  ])('gives up where it %s, and says what leads out', async (_what, answer) => {
    await expect(
      awaitPackageStep(new Answering(answer), 'install nginx', { emit: () => undefined }),
    ).rejects.toMatchObject({
      code: 'PACKAGE_STEP_RUNS',
      message: 'A package step on vps1 does not end: install nginx. Nothing was changed there.',
      hint: expect.stringContaining('systemctl kill ee-packages') as string,
    });
  });
});
