import { describe, expect, it } from 'vitest';
import { configurationDiff, nextStep, pmtaConfiguration } from '../../../src/lib/roles/pmta-configuration/resource.js';
import { parseSeen } from '../../../src/lib/roles/pmta-configuration/seen.js';

const withMtas = (...names: string[]): Buffer =>
  Buffer.from(
    names.map((name) => `<virtual-mta ${name}>\nsmtp-source-host 192.0.2.1 ${name}.example\n</virtual-mta>\n`).join(''),
  );
const base64 = (bytes: Buffer | string): string => Buffer.from(bytes).toString('base64');

/** A host with a configuration, and what else its probe prints of it. */
const seenWith = (content: Buffer, ...lines: string[]) =>
  parseSeen(Buffer.from(['mode 640 root:pmta', `content ${base64(content)}`, ...lines].join('\n')));
const RUNS = 'active yes';
const queues = (text: string): string => `queues ${base64(text)}`;

describe('the next step to a configuration without a virtual MTA', () => {
  const [both, one] = [withMtas('a', 'b'), withMtas('a')];

  it('keeps it while mail waits for it, and lets it go when none does', () => {
    const waits = seenWith(both, RUNS, queues('queue[0].name="gmail.com/b"\nqueue[0].rcp="2"\n'));
    expect(nextStep(one, waits).retiring).toEqual(['b']);
    expect(nextStep(one, waits).content.toString()).toContain('<virtual-mta b>');
    expect(nextStep(one, seenWith(both, RUNS, queues('')))).toMatchObject({ retiring: [], content: one });
  });

  it('is not taken where PowerMTA does not tell what waits', () => {
    expect(() => nextStep(one, seenWith(both, RUNS))).toThrow('PowerMTA does not tell whether mail waits for b');
  });

  it('is not taken where PowerMTA is stopped and something is spooled: it would bounce at the next start', () => {
    const stopped = seenWith(both, 'spooled yes');
    expect(() => nextStep(one, stopped)).toThrow(
      'PowerMTA does not run, and so does not tell whether mail waits for b',
    );
    expect(nextStep(both, stopped)).toMatchObject({ retiring: [], content: both });
    // One that somebody added by hand, and with which PowerMTA does not start, never had mail.
    const broken = seenWith(withMtas('a', 'by-hand'), 'spooled yes', `applied ${base64(one)}`);
    expect(nextStep(one, broken)).toMatchObject({ retiring: [], content: one });
    expect(nextStep(withMtas('b', 'a', 'c'), stopped).retiring).toEqual([]);
  });

  it('is taken where PowerMTA is stopped and nothing is spooled, or its configuration is the example of its package', () => {
    expect(nextStep(one, seenWith(both))).toMatchObject({ retiring: [], content: one });
    expect(nextStep(one, seenWith(both, 'pristine yes', 'spooled yes'))).toMatchObject({ retiring: [], content: one });
    expect(nextStep(one, parseSeen(Buffer.from('readFiles x\n')))).toMatchObject({ retiring: [], content: one });
  });
});

describe('the configuration on a host', () => {
  it('is never replaced where it is no file', () => {
    expect(() => pmtaConfiguration({ content: withMtas('a') }).diff(Buffer.from('other symbolic link\n'))).toThrow(
      '/etc/pmta/config on the host is a symbolic link; it is not touched.',
    );
  });

  it('is not replaced unasked where somebody else wrote it', () => {
    const output = Buffer.from(`mode 640 root:pmta\ncontent ${base64(withMtas('x'))}\n`);
    const wanted = withMtas('x', 'a');
    expect(() => pmtaConfiguration({ content: wanted }).diff(output)).toThrow('was not written by ee');
    expect(pmtaConfiguration({ content: wanted, overwriteDrift: true }).diff(output)?.action).toBe('update');
  });

  it('goes there with its password in no folder but its own, and in no argument', () => {
    const content = Buffer.from('<smtp-user u>\npassword hunter2hunter2\n</smtp-user>\n');
    const difference = pmtaConfiguration({ content }).diff(Buffer.from('readFiles x\n'));
    const script = difference?.script ?? '';
    expect(script).not.toContain('hunter2');
    expect(difference?.detail).toContain('+password [redacted]');
    expect(script.match(/mktemp\S* \S+/g)).toEqual(['mktemp /etc/pmta/.ee-XXXXXXXX)']);
  });
});

describe('the difference of two configurations', () => {
  it('is shown by lines, without passwords', () => {
    const before = Buffer.from('host-name a\n<smtp-user u>\npassword one\n</smtp-user>\n');
    const after = Buffer.from('host-name b\n<smtp-user u>\npassword two\n</smtp-user>\n');
    expect(configurationDiff(before, after, 'old', 'new')).toBe(
      '--- old\n+++ new\n@@ -1,4 +1,4 @@\n-host-name a\n+host-name b\n <smtp-user u>\n-password [redacted]\n+password [redacted, another value]\n </smtp-user>\n',
    );
  });

  it('leaves out no line of a password that stays', () => {
    const before = Buffer.from('<smtp-user u>\npassword one\n</smtp-user>\n');
    const after = Buffer.from('<smtp-user v>\npassword one # \n</smtp-user>\n');
    const shown = configurationDiff(before, after, 'old', 'new');
    expect(shown).not.toContain('one');
    expect(configurationDiff(before, before, 'old', 'new')).not.toContain('@@');
  });

  it('ends in time, whatever somebody left on the host', () => {
    // No patience at all, so that the speed of the machine does not matter.
    const other = Buffer.from(Array.from({ length: 60_000 }, (_, at) => `# ${at}\n`).join(''));
    expect(configurationDiff(other, withMtas('a'), 'old', 'new', -1)).toBe(
      '--- old\n+++ new\n(too different to be shown line by line: 60000 lines become 3)\n',
    );
  });
});
