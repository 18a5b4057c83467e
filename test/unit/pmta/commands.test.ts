import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureOutput } from '@oclif/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import PmtaCheck from '../../../src/commands/pmta/check.js';
import PmtaExplain from '../../../src/commands/pmta/explain.js';
import PmtaRender from '../../../src/commands/pmta/render.js';
import type { EeCommand } from '../../../src/lib/cli/ee-command.js';
import { packageRoot } from '../../../src/lib/package-root.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { virtualMtas } from '../../../src/lib/pmta/senders.js';
import { validText } from '../settings/a-valid-file.js';
import { twoIps } from './two-ips.js';

const PASSWORD = 'aRelayPasswordThatIsLong1';
let dir: string;

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

async function run(command: typeof EeCommand, ...argv: string[]): Promise<Outcome> {
  const runnable = command as unknown as { run(argv: string[], options: { root: string }): Promise<unknown> };
  const { stdout, stderr, error } = await captureOutput(() => runnable.run(argv, { root: packageRoot() }));
  return { stdout, stderr, exit: error?.oclif?.exit ?? (error === undefined ? 0 : -1) };
}

const render = (...argv: string[]): Promise<Outcome> =>
  run(PmtaRender, ...argv, '--env-file', join(dir, '.env.production'));
const check = (...argv: string[]): Promise<Outcome> => run(PmtaCheck, ...argv);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ee-pmta-'));
  await mkdir(join(dir, 'set'));
  await writeFile(join(dir, 'set', 'pmta-config-20260216'), twoIps(), 'latin1');
  const settings = validText({ SENDING_IPS: '192.0.2.11-192.0.2.15', BACKUP_DIR: 'set', PMTA_SMTP_PASSWORD: PASSWORD });
  await writeFile(join(dir, '.env.production'), settings, { mode: 0o600 });
  await writeFile(
    join(dir, 'bad.conf'),
    'log-file /l\npostmaster a@example.com\nhttp-access 0/0 admin\nrun-as-root no\n',
  );
  await writeFile(join(dir, 'good.conf'), 'log-file /l\npostmaster a@example.com\n');
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('ee pmta render', () => {
  it('prints the configuration for the first N IPs and nothing else, the same each time', async () => {
    const { stdout, stderr, exit } = await render('--ips', '3');
    expect([stderr, exit]).toEqual(['', 0]);
    expect(virtualMtas(parseText(stdout)).map(({ ip }) => ip)).toEqual(['192.0.2.11', '192.0.2.12', '192.0.2.13']);
    expect(stdout).toContain(`\n    password ${PASSWORD}\n`);
    expect(stdout.split('\n')[0]).toBe(twoIps().split('\n')[0]);
    expect((await render('--ips', '3')).stdout).toBe(stdout);
  });

  it('writes it to a file of its owner instead', async () => {
    const file = join(dir, 'out.conf');
    const { stdout, stderr, exit } = await render('--ips', '5', '--out', file);
    expect([stdout, exit]).toEqual(['', 0]);
    expect(stderr).toBe(`Wrote ${file}. It holds the relay password.\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(virtualMtas(parseText(await readFile(file, 'latin1')))).toHaveLength(5);
    // The comment of the backup with its bytes, not another encoding of them.
    expect(await readFile(file, 'latin1')).toContain(twoIps().split('\n')[4] ?? 'missing');
  });

  it('with --explain tells what became of each part instead, without the password', async () => {
    const { stdout, exit } = await render('--ips', '2', '--explain');
    expect(exit).toBe(0);
    expect(stdout).toMatch(
      /^ +22 +dropped +smtp-listener 203\.0\.113\.21:2525 +listens on an address that is replaced$/m,
    );
    expect(stdout).toMatch(/^ +132 +kept +<domain \$hotmail> +byte for byte$/m);
    expect(stdout).toMatch(/^ +\+ +added +<virtual-mta vmta-mail2> +sends from 192\.0\.2\.12 as mail2\./m);
    expect(stdout).not.toContain(PASSWORD);
    expect(stdout).not.toContain('log-connections');
  });

  it('with --json gives it without the password, with a report', async () => {
    const { stdout } = await render('--ips', '2', '--json');
    const { configuration, report } = JSON.parse(stdout) as { configuration: string; report: unknown[] };
    expect(configuration).toContain('\n    password [redacted]\n');
    expect(stdout).not.toContain(PASSWORD);
    expect(report).toContainEqual({
      action: 'dropped',
      subject: 'smtp-listener 203.0.113.21:2525',
      line: 22,
      reason: 'listens on an address that is replaced',
    });
  });

  it('refuses more IPs than there are, and says how many', async () => {
    const { stdout, stderr, exit } = await render('--ips', '6');
    expect([stdout, exit]).toEqual(['', 2]);
    expect(stderr).toContain('--ips 6 asks for more sending IPs than SENDING_IPS has (5).');
  });

  it('gives what ee pmta check finds nothing wrong with', async () => {
    const file = join(dir, 'checked.conf');
    await render('--ips', '5', '--out', file);
    const { stdout, exit } = await check(file, '--json');
    expect(exit).toBe(0);
    const { files } = JSON.parse(stdout) as { files: { problems: { severity: string }[] }[] };
    expect(files[0]?.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

describe('ee pmta explain', () => {
  it('follows includes below a root, and needs a configuration for that', async () => {
    await mkdir(join(dir, 'host/etc/pmta'), { recursive: true });
    const file = join(dir, 'host/etc/pmta/config');
    await writeFile(file, 'include rest\n<domain gmail.com>\nmax-smtp-out 5\n</domain>\n');
    await writeFile(join(dir, 'host/etc/pmta/rest'), '<domain *>\nmax-msg-rate 9/h\n</domain>\n');
    const { stdout, exit } = await run(PmtaExplain, 'gmail.com', '--config', file, '--root', join(dir, 'host'));
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^ +max-msg-rate +9\/h +.*\/host\/etc\/pmta\/rest:2 +<domain \*>/m);
    expect((await run(PmtaExplain, 'gmail.com', '--root', dir)).exit).toBe(2);
  });

  it('says why a file cannot be explained', async () => {
    const { stderr, exit } = await run(PmtaExplain, 'gmail.com', '--config', dir);
    expect([exit, stderr.split('\n')[0]]).toEqual([2, `Error: ${dir} is a folder.`]);
  });
});

describe('ee pmta check', () => {
  it('shows each problem with its line, and ends with 3 for an error', async () => {
    const { stdout, exit } = await check(join(dir, 'bad.conf'));
    expect(stdout).toBe(
      [
        `${join(dir, 'bad.conf')}:3:13: error: the web monitor is open to every address (admin) [http-access-open]`,
        '  3 | http-access 0/0 admin',
        '                  ^^^',
        '  fix: Allow the loopback address only, and reach it through SSH.',
        '1 error in 1 file',
        '',
      ].join('\n'),
    );
    expect(exit).toBe(3);
  });

  it('ends with 0 where nothing is wrong', async () => {
    expect(await check(join(dir, 'good.conf'))).toMatchObject({ stdout: 'no problems in 1 file\n', exit: 0 });
  });

  it('takes several files, and gives one JSON document', async () => {
    const { stdout, exit } = await check(join(dir, 'good.conf'), join(dir, 'bad.conf'), '--json');
    expect(exit).toBe(3);
    expect(JSON.parse(stdout)).toEqual({
      files: [
        { file: join(dir, 'good.conf'), problems: [] },
        {
          file: join(dir, 'bad.conf'),
          problems: [
            {
              line: 3,
              column: 13,
              endColumn: 16,
              severity: 'error',
              code: 'http-access-open',
              message: 'the web monitor is open to every address (admin)',
              fix: 'Allow the loopback address only, and reach it through SSH.',
              fixable: false,
            },
          ],
        },
      ],
    });
  });

  it('runs over all the configurations at once, with the findings of each', async () => {
    const folder = join(packageRoot(), 'test/unit/pmta/configurations');
    const expected = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')) as Record<string, string[]>;
    const names = Object.keys(expected);
    expect(names.length).toBeGreaterThanOrEqual(40);
    const { stdout, stderr, exit } = await check(...names.map((name) => join(folder, name)), '--json');
    expect([stderr, exit]).toEqual(['', 3]);
    const { files } = JSON.parse(stdout) as {
      files: { file: string; problems: { line: number; code: string }[] }[];
    };
    const found = files.map(({ file, problems }) => [
      file.slice(folder.length + 1),
      // Of a file, and not of a text, it is also known whether others can read it; that is up to the checkout.
      problems.flatMap(({ line, code }) => (code === 'config-world-readable' ? [] : [`${line} ${code}`])),
    ]);
    expect(Object.fromEntries(found)).toEqual(expected);
  });

  it('with --format sarif gives that report and nothing else, with the same status', async () => {
    for (const words of [['--format', 'sarif'], ['--sarif']]) {
      const { stdout, stderr, exit } = await check(join(dir, 'bad.conf'), ...words);
      expect([stderr, exit]).toEqual(['', 3]);
      const { runs } = JSON.parse(stdout) as { runs: { results: { ruleId: string }[] }[] };
      expect(runs[0]?.results.map(({ ruleId }) => ruleId)).toEqual(['http-access-open']);
    }
  });

  it('knows what one version takes and another does not', async () => {
    const file = join(dir, 'version.conf');
    await writeFile(file, 'log-file /l\npostmaster a@example.com\n<domain *>\nmax-msg-rate 100/15m\n</domain>\n');
    expect((await check(file, '--target', '4.5')).stdout).toContain('[rate-multiplier-version]');
    for (const target of ['5.0', '6.0'])
      expect((await check(file, '--target', target)).stdout).toBe('no problems in 1 file\n');
  });

  it('with --root follows what is included, and without says nothing of it', async () => {
    await mkdir(join(dir, 'root/etc/pmta'), { recursive: true });
    await writeFile(join(dir, 'root/etc/pmta/more'), 'no-such 1\n');
    const file = join(dir, 'root/etc/pmta/config');
    await writeFile(file, 'log-file /l\npostmaster a@example.com\ninclude more\n');
    expect((await check(file)).stdout).toBe('no problems in 1 file\n');
    const { stdout } = await check(file, '--root', join(dir, 'root'));
    expect(stdout).toContain(`${join(dir, 'root/etc/pmta/more')}:1:1: warning: no-such is not known at the top level`);
    expect((await check(file, '--root', join(dir, 'none'))).exit).toBe(2);
  });

  it('with --fix repairs, says what, and checks what is left', async () => {
    const file = join(dir, 'fixable.conf');
    await writeFile(file, 'log-file /l\npostmaster a@example.com\n<domain a.example b.example>\n</domain>\n');
    const dry = await check(file, '--fix', '--dry-run');
    expect([dry.exit, dry.stdout.includes('+domain-macro a_example a.example,b.example')]).toEqual([3, true]);
    const { stdout, exit } = await check(file, '--fix');
    expect([exit, stdout.includes('no problems in 1 file')]).toEqual([0, true]);
    expect(await readFile(file, 'latin1')).toContain(
      'domain-macro a_example a.example,b.example\n<domain $a_example>\n',
    );
  });

  it('names a file that is missing', async () => {
    const { stderr, exit } = await check(join(dir, 'none.conf'));
    expect(exit).toBe(2);
    expect(stderr).toContain(`${join(dir, 'none.conf')} does not exist.`);
  });
});

describe('lines of the original that have no place', () => {
  const differing = twoIps().replace(/max-msg-rate 1000\/h/, 'max-msg-rate 9/h');
  const line = String(
    twoIps()
      .split('\n')
      .findIndex((one) => one.includes('max-msg-rate 1000/h')) + 1,
  );
  const other = join('lost', '.env.production');

  beforeAll(async () => {
    await mkdir(join(dir, 'lost', 'set'), { recursive: true });
    await writeFile(join(dir, 'lost', 'set', 'pmta-config-20260216'), differing, 'latin1');
    const settings = (more: Record<string, string>): string =>
      validText({ SENDING_IPS: '192.0.2.11-192.0.2.15', BACKUP_DIR: 'set', PMTA_SMTP_PASSWORD: PASSWORD, ...more });
    await writeFile(join(dir, other), settings({}), { mode: 0o600 });
    await writeFile(join(dir, 'lost', 'decided'), settings({ PMTA_LIKE: 'pmta-vmta1' }), { mode: 0o600 });
  });

  const lost = (file: string, ...argv: string[]): Promise<Outcome> =>
    run(PmtaRender, ...argv, '--env-file', join(dir, file));

  it('refuse a rendering until a model is named, by a flag or by the settings', async () => {
    const refused = await lost(other, '--ips', '3');
    expect([refused.exit, refused.stdout]).toEqual([3, '']);
    expect(refused.stderr).toContain(`line ${line}: only in pmta-vmta0: max-msg-rate 9/h`);
    expect(refused.stderr).toContain('--like pmta-vmta0, or PMTA_LIKE=pmta-vmta0 in the settings');
    const chosen = await lost(other, '--ips', '3', '--like', 'pmta-vmta0');
    expect([chosen.exit, chosen.stdout.match(/max-msg-rate 9\/h/g)?.length]).toEqual([0, 2]);
    const decided = await lost(join('lost', 'decided'), '--ips', '3');
    expect([decided.exit, decided.stdout.match(/max-msg-rate 9\/h/g)?.length]).toEqual([0, 1]);
    expect((await lost(other, '--ips', '3', '--like', 'nobody')).exit).toBe(2);
  });

  it('are named with what follows, and may be lost once they are named', async () => {
    // The second virtual MTA has no place for --ips 1, and asks for less than the first.
    let count = 0;
    const second = twoIps().replace(/max-msg-rate 1000\/h/g, (found) => (++count === 2 ? 'max-msg-rate 9/h' : found));
    await writeFile(join(dir, 'lost', 'set', 'pmta-config-20260216'), second, 'latin1');
    const refused = await lost(other, '--ips', '1');
    const [, named = ''] =
      /line (\d+): max-msg-rate 9\/h \(vmta-mail1 would send mail without this limit\)/.exec(refused.stderr) ?? [];
    expect([refused.exit, named]).toEqual([3, String(second.split('\n').findIndex((one) => one.includes('9/h')) + 1)]);
    expect(refused.stderr).toContain(`--drop ${named}, or PMTA_DROP=${named} in the settings`);
    expect((await lost(other, '--ips', '1', '--drop', named)).exit).toBe(0);
    const wrong = await lost(other, '--ips', '1', '--drop', `1,${named}`);
    expect([wrong.exit, wrong.stderr.split('\n')[0]]).toEqual([
      2,
      'Error: Line 1 of the PowerMTA configuration in the backup set is not among those that would be lost, so nothing was rendered.',
    ]);
    const explained = await lost(other, '--ips', '1', '--explain');
    expect([explained.exit, explained.stdout]).toEqual([3, expect.stringMatching(/^ +vmta-mail1 +pmta-vmta0$/m)]);
    expect((await lost(other, '--ips', '1', '--drop', 'x')).stderr).toContain('Write numbers and ranges');
  });
});
