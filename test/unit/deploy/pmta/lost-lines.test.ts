import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lostLines } from '../../../../src/lib/deploy/pmta/lost-lines.js';
import { renderedConfiguration } from '../../../../src/lib/deploy/pmta/wanted-configuration.js';
import { lostLinesProofs } from '../../../../src/lib/deploy/status/lost-lines.js';
import { Answers } from '../../../../src/lib/deploy/status/proof.js';
import { loadSettings } from '../../../../src/lib/settings/load.js';
import type { Settings } from '../../../../src/lib/settings/settings.js';
import { validText } from '../../settings/a-valid-file.js';

const DISCARDS = `postmaster ops@example.org
host-name mail.example.org
log-file /var/log/pmta/log
run-as-root no
<virtual-mta discard-mta>
    <domain *>
        type discard
    </domain>
</virtual-mta>
<virtual-mta a>
    smtp-source-host 192.0.2.61 a.example.org
    <domain gmail.com>
        max-msg-rate 20/h
    </domain>
</virtual-mta>
<pattern-list choose>
    rcpt-to /^complained@example\\.net$/ virtual-mta=discard-mta
    mail-from /@example\\.org$/ virtual-mta=a
</pattern-list>
<smtp-user relay>
    password example
    source {pmta-auth}
</smtp-user>
<source {pmta-auth}>
    smtp-service yes
    always-allow-relaying yes
    require-auth true
    default-virtual-mta a
    pattern-list choose
</source>
<domain *>
    dkim-sign yes
    max-smtp-out 5
</domain>
`;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ee-lost-'));
  await writeFile(join(dir, 'pmta-config'), DISCARDS);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function settingsWith(changes: Record<string, string> = {}): Promise<Settings> {
  const file = join(dir, '.env.production');
  await writeFile(file, validText({ BACKUP_DIR: dir, ...changes }), { mode: 0o600 });
  return loadSettings(file);
}
const running = async (settings: Settings): Promise<string> =>
  (await renderedConfiguration(settings, undefined)).content.toString('latin1');
/** As an earlier rendering left it: without what virtual MTAs carried, and without the pattern that leads to it. */
const withoutRules = (text: string): string =>
  text
    .replace(/<virtual-mta discard-mta>[^]*?<\/virtual-mta>\n/, '')
    .replace(/^.*complained.*\n/m, '')
    .replace(/^ *<domain gmail\.com>[^]*?<\/domain>\n/m, '');

describe('what a configuration on a host has lost of the backup set', () => {
  it('is nothing where the rendering of today runs', async () => {
    const settings = await settingsWith();
    expect(await lostLines(settings, Buffer.from(await running(settings)))).toEqual([]);
  });

  it('is named by its line, with what follows: suppressed people get mail', async () => {
    const settings = await settingsWith();
    const lost = await lostLines(settings, Buffer.from(withoutRules(await running(settings))));
    expect(lost.map(({ line }) => line)).toEqual(expect.arrayContaining(['13', '17']));
    expect(lost.find(({ line }) => line === '17')?.text).toContain('complained@example');
    expect(lost.map(({ consequence }) => consequence).join('\n')).toMatch(/sent|discard/);
  });

  it('is nothing of what the overlay changes on purpose', async () => {
    const settings = await settingsWith();
    await writeFile(join(dir, 'pmta-overlay.conf'), '<domain *>\nmax-smtp-out 50\n</domain>\n');
    const changed = await settingsWith();
    const text = await running(changed);
    expect(text).toContain('max-smtp-out 50');
    expect(await lostLines(changed, Buffer.from(text))).toEqual([]);
    // Without the overlay the same configuration limits less than the backup set asks for.
    await rm(join(dir, 'pmta-overlay.conf'));
    expect((await lostLines(settings, Buffer.from(text))).map(({ text: line }) => line)).toEqual(['max-smtp-out 5']);
  });

  it('is asked of no configuration that ee did not render', async () => {
    expect(await lostLines(await settingsWith(), Buffer.from('host-name a.example.org\n'))).toEqual([]);
  });
});

describe('ee status', () => {
  const answers = (text: string): Answers =>
    new Answers(text === '' ? '' : `configuration\t${Buffer.from(text).toString('base64')}\n`);

  it('names the lines, what follows, and the commands that lead out', async () => {
    const settings = await settingsWith();
    const text = await running(settings);
    expect(await lostLinesProofs(answers(text), settings)).toEqual([
      { what: 'rules of the backup', seen: 'no line is lost in what runs', ok: true },
    ]);
    const [proof] = await lostLinesProofs(answers(withoutRules(text)), settings);
    expect(proof?.ok).toBe(false);
    expect(proof?.seen).toMatch(/^\d lines are lost in what runs: line \d+ \(.*`ee pmta diff`, then `ee pmta apply`$/);
  });

  it('says nothing without a backup set or a configuration, and that the two cannot be compared where that is so', async () => {
    const settings = await settingsWith();
    expect(await lostLinesProofs(answers(''), settings)).toEqual([]);
    const text = await running(settings);
    await writeFile(join(dir, 'pmta-config'), `include /etc/pmta/isps.conf\n${DISCARDS}`);
    const [proof] = await lostLinesProofs(answers(text), settings);
    expect(proof).toMatchObject({ ok: false });
    expect(proof?.seen).toContain('cannot be compared');
    await rm(join(dir, 'pmta-config'));
    expect(await lostLinesProofs(answers(text), settings)).toEqual([]);
  });
});
