import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureOutput } from '@oclif/test';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import PmtaExplain from '../../../src/commands/pmta/explain.js';
import PmtaRender from '../../../src/commands/pmta/render.js';
import Verify from '../../../src/commands/verify.js';
import type { VerificationReport } from '../../../src/lib/backup/report.js';
import { renderedConfiguration } from '../../../src/lib/deploy/pmta/wanted-configuration.js';
import { packageRoot } from '../../../src/lib/package-root.js';
import { loadSettings } from '../../../src/lib/settings/load.js';
import { makeBackupSet, setNames, type BackupSetOnDisk } from '../../support/backup-set.js';
import { twoIps } from '../pmta/two-ips.js';
import { validText } from '../settings/a-valid-file.js';

let dir: string;
let set: BackupSetOnDisk;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ee-overlay-'));
  set = await makeBackupSet((files) => void files.set(setNames().config, Buffer.from(twoIps(), 'latin1')));
  await settings();
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
  await set.remove();
});

const file = (): string => join(dir, '.env.production');
const settings = (changes: Record<string, string> = {}): Promise<void> =>
  writeFile(file(), validText({ BACKUP_DIR: set.directory, ...changes }), { mode: 0o600 });
const overlay = (text: string, name = 'pmta-overlay.conf'): Promise<void> => writeFile(join(dir, name), text, 'latin1');

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}
async function outcome(work: () => Promise<unknown>): Promise<Outcome> {
  const { stdout, stderr, error } = await captureOutput(work);
  return { stdout, stderr, exit: error?.oclif?.exit ?? (error === undefined ? 0 : -1) };
}
const env = (): string[] => ['--env-file', file()];
const root = { root: packageRoot() };
const render = (...argv: string[]): Promise<Outcome> =>
  outcome(() => PmtaRender.run(['--ips', '2', ...argv, ...env()], root));
const explain = (...argv: string[]): Promise<Outcome> => outcome(() => PmtaExplain.run([...argv, ...env()], root));
async function verify(): Promise<{ verdict: string; exit: number; problems: string[] }> {
  const { stdout, exit } = await outcome(() => Verify.run(['--json', ...env()], root));
  const { verdict, files } = JSON.parse(stdout) as VerificationReport;
  const config = files.find(({ role }) => role === 'config');
  return { verdict, exit, problems: config?.problems.map(({ code, message }) => `${code}: ${message}`) ?? [] };
}

const OVERLAY = '\xef\xbb\xbf# agreed with them\r\n<domain $gmail>\r\n  max-msg-rate 500/h\r\n</domain>\r\n';

describe('pmta-overlay.conf beside the settings', () => {
  it('is refused with passwords in it where other users can read it', async () => {
    await overlay('<domain partner.example>\nauth-username u\nauth-password p\n</domain>\n');
    await chmod(join(dir, 'pmta-overlay.conf'), 0o644);
    const open = await render();
    expect(open.exit).toBe(2);
    expect(open.stderr).toContain('chmod 600');
    await chmod(join(dir, 'pmta-overlay.conf'), 0o600);
    expect((await render()).stdout).toContain('auth-password p');
  });

  it('is merged on every rendering, and shown as where its lines come from', async () => {
    const before = (await render()).stdout;
    await overlay(OVERLAY);
    const { stdout, exit } = await render();
    expect(exit).toBe(0);
    expect(stdout).toBe(before.replace(/(<domain \$gmail>\n +max-msg-rate )250\/h/, '$1500/h'));
    expect((await render('--explain')).stdout).toMatch(
      /^ *pmta-overlay\.conf:3 +changed +max-msg-rate 500\/h in <domain \$gmail> +the overlay sets it, instead of 250\/h$/m,
    );
    expect((await explain('gmail.com')).stdout).toMatch(
      /^ *max-msg-rate +500\/h +pmta-overlay\.conf:3 +<domain \$gmail> +instead of 1000\/h \(line \d+\)/m,
    );
    const wanted = await renderedConfiguration(await loadSettings(file()), 2);
    expect(wanted.content.toString('utf8')).toBe(stdout);
    expect(wanted.overlay.map(({ file: of, line, subject }) => [of, line, subject])).toEqual([
      ['pmta-overlay.conf', 3, 'max-msg-rate 500/h in <domain $gmail>'],
    ]);
    expect(await verify()).toMatchObject({ verdict: 'VERIFIED', problems: [] });
  });

  it('is shown with what PowerMTA may not know, before it is on the host', async () => {
    await overlay('<domain $gmail>\nmax-msg-rate 500/h\nmax-mgs-rate 500/h\n</domain>\n');
    const { stdout, exit } = await render('--explain');
    expect(exit).toBe(0);
    expect(stdout).toMatch(
      /pmta-overlay\.conf:3 +added .* the overlay adds it; max-mgs-rate is not known in <domain>.*: PowerMTA may refuse it$/m,
    );
    expect(stdout.match(/may refuse it/g)).toHaveLength(1);
  });

  it('has another name where the settings say so, which must then be there', async () => {
    await overlay(OVERLAY, 'mine.conf');
    await settings({ PMTA_OVERLAY: 'mine.conf' });
    expect((await render()).stdout).toContain('max-msg-rate 500/h');
    await settings({ PMTA_OVERLAY: 'nowhere.conf' });
    const { stdout, stderr, exit } = await render();
    expect([stdout, exit]).toEqual(['', 2]);
    expect(stderr).toContain(`PMTA_OVERLAY names ${join(dir, 'nowhere.conf')}, which does not exist.`);
  });

  it.each([
    ['what the settings decide', 'smtp-listener 0.0.0.0:25\n', 'pmta-overlay.conf:1: smtp-listener: SENDING_IPS'],
    ['what ee pmta check refuses', '# open\n<source 0/0>\nalways-allow-relaying yes\n</source>\n', 'open-relay'],
    [
      'a value that PowerMTA does not take',
      '<domain x.example>\nmax-msg-rate 0/h\n</domain>\n',
      'pmta-overlay.conf:2: ',
    ],
    ['bytes', 'a\0b\n', 'pmta-overlay.conf:1: it holds NUL bytes'],
  ])('is refused with its line for %s, by ee verify in the same words', async (_, text, reason) => {
    await overlay(text);
    const { stdout, stderr, exit } = await render();
    expect([stdout, exit]).toEqual(['', 3]);
    expect(stderr).toContain(reason);
    const verified = await verify();
    expect([verified.exit, verified.problems.join('\n')]).toEqual([
      3,
      expect.stringContaining('PMTA_OVERLAY_REFUSED: The overlay'),
    ]);
    expect(verified.problems.join('\n')).toContain(reason);
    // In one line, what is wrong is a sentence, and what to do the next.
    expect(verified.problems.join('\n')).toMatch(/\. Correct or remove these lines/);
  });
});
