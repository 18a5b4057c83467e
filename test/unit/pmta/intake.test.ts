import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adapt } from '../../../src/lib/pmta/adapt.js';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import { linesOf, printText } from '../../../src/lib/pmta/document.js';
import { effectiveSettings } from '../../../src/lib/pmta/effective.js';
import { lineName, takeIn, type Intake } from '../../../src/lib/pmta/intake.js';
import { filesIn } from './files-in.js';
import { planFor, twoIps } from './two-ips.js';

const catalogue = loadCatalogue();
const taken = (
  text: string | Buffer,
  files: Readonly<Record<string, string>> = {},
  drop: readonly string[] = [],
): Promise<Intake> =>
  takeIn(Buffer.from(text as string, 'latin1'), { catalogue, source: filesIn(files), drop: new Set(drop) });
const codes = async (text: string | Buffer): Promise<string[]> => (await taken(text)).faults.map(({ code }) => code);

describe('what is not a configuration', () => {
  it.each([
    ['an empty file', '', 'CONFIG_EMPTY'],
    ['blanks and comments', '\r\n  \n# nothing\n', 'CONFIG_EMPTY'],
    ['NUL bytes', Buffer.alloc(900), 'CONFIG_NOT_TEXT'],
    [
      'a licence',
      'product: PowerMTA\nversion: 5.0\nlicensee: Example\ncheck: AbCd==\n  EfGh==\n',
      'CONFIG_NOT_POWERMTA',
    ],
    ['a page', '<html>\n<head>\n</head>\n<body>\n</body>\n</html>\n', 'CONFIG_NOT_POWERMTA'],
    ['prose', 'Dear operator,\nthe configuration is attached.\nRegards\n', 'CONFIG_NOT_POWERMTA'],
    [
      'the settings of sshd',
      'Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\nX11Forwarding no\n',
      'CONFIG_NOT_POWERMTA',
    ],
  ])('%s', async (_, text, code) => {
    expect(await codes(text)).toEqual([code]);
  });

  it('random bytes, whatever they are', async () => {
    for (let size = 1; size < 60; size++) {
      const [code] = await codes(randomBytes(size * 37));
      expect(['CONFIG_NOT_TEXT', 'CONFIG_NOT_POWERMTA', 'CONFIG_EMPTY', 'CONFIG_SYNTAX']).toContain(code);
    }
  });

  it('but includes and global directives alone are one, and so is one with directives that nobody knows', async () => {
    expect(await codes('include /etc/pmta/a\npostmaster a@example.com\n')).toEqual([]);
    expect(await codes('log-file /l\npostmaster a@example.com\nsomething-new yes\n')).toEqual([]);
  });
});

describe('included files', () => {
  it('stand in the place of the include, which stays as a comment, also in lists, and below each other', async () => {
    const intake = await taken(
      'include a\n<smtp-pattern-list p>\n  include /etc/pmta/replies # theirs\n</smtp-pattern-list>\n<domain x.example>\n</domain>\n',
      {
        '/etc/pmta/a': '\xef\xbb\xbfinclude b\nrun-as-root no',
        '/etc/pmta/b': 'log-file /l\r\n',
        '/etc/pmta/replies': '    reply /<x>/ mode=backoff\n',
      },
    );
    expect(intake.faults).toEqual([]);
    expect(printText(intake.document)).toBe(
      '# include a\n# include b\nlog-file /l\r\nrun-as-root no\n<smtp-pattern-list p>\n  # include /etc/pmta/replies # theirs\n    reply /<x>/ mode=backoff\n</smtp-pattern-list>\n<domain x.example>\n</domain>\n',
    );
    const names = [...linesOf(intake.document.nodes)].map(({ number }) => lineName(intake.placeOf(number)));
    expect(names).toEqual(['1', 'a:1', 'b:1', 'a:2', '2', '3', 'replies:1', '4', '5', '6']);
    expect(intake.included).toEqual([
      { line: 1, file: 'a', text: 'include b', files: ['b'] },
      { line: 1, text: 'include a', files: ['a'] },
      { line: 3, text: 'include /etc/pmta/replies', files: ['replies'] },
    ]);
  });

  it('that are not in the set are named with what they mean, and those that are named to be dropped are gone', async () => {
    const text = 'log-file /l\n<domain gmail.com>\n  include /etc/pmta/gmail\n</domain>\ninclude a\n';
    const files = { '/etc/pmta/a': 'include /etc/pmta/more\n' };
    const { lost } = await taken(text, files);
    expect(lost.map((line) => [lineName(line), line.text, line.consequence])).toEqual(
      [
        ['a:1', 'include /etc/pmta/more', 'the file is not in the backup set; what it sets would be lost'],
        [
          '3',
          'include /etc/pmta/gmail',
          'the file is not in the backup set; what it sets for <domain gmail.com> would be lost',
        ],
      ].sort(),
    );
    const dropped = await taken(text, files, ['3', 'a:1']);
    expect([dropped.lost, dropped.dropped.map(lineName)]).toEqual([[], ['3', 'a:1']]);
    expect(printText(dropped.document)).toBe('log-file /l\n<domain gmail.com>\n</domain>\n# include a\n');
  });

  it('that PowerMTA fetches stay, and the password of their URL is not shown', async () => {
    const { lost, fetched, document } = await taken('include https://u:secret@config.example.com/isps\nlog-file /l\n');
    expect([lost, fetched[0]?.text]).toEqual([[], 'include https://[redacted]@config.example.com/isps']);
    expect(printText(document)).toContain('include https://u:secret@config.example.com/isps\n');
  });

  it('whose blocks end in another file, which are binary, or which lead in a circle, are refused', async () => {
    const torn = await taken('include a\n</domain>\nlog-file /l\n', { '/etc/pmta/a': '<domain x>\n' });
    expect(torn.faults.map((fault) => [lineName(fault), fault.message])).toEqual([
      ['a:1', 'begins in one file and ends in another'],
    ]);
    const binary = await taken('include a\nlog-file /l\n', { '/etc/pmta/a': 'x\0\n' });
    expect(binary.faults.map(({ code, file }) => [code, file])).toEqual([['CONFIG_NOT_TEXT', 'a']]);
    const loop = await taken('include a\nlog-file /l\n', { '/etc/pmta/a': 'include a\nrun-as-root no\n' });
    expect(loop.lost.map(lineName)).toEqual(['a:1']);
    const doubling = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [`/etc/pmta/f${at}`, `include f${at + 1}\ninclude f${at + 1}\n`]),
    );
    const endless = await taken('include f0\nlog-file /l\n', { ...doubling, '/etc/pmta/f40': 'run-as-root no\n' });
    expect(endless.faults.map(({ code }) => code)).toContain('CONFIG_INCLUDES_ENDLESS');
  });
});

/** One include: where it stands, whether its file is in the set, and whether that one includes another. */
const include = fc.record({
  scope: fc.constantFrom('global', 'domain', 'virtual-mta', 'source', 'smtp-pattern-list'),
  present: fc.boolean(),
  inner: fc.constantFrom('none', 'present', 'missing'),
  form: fc.constantFrom('', '"', 'relative'),
  eol: fc.constantFrom('\n', '\r\n', ''),
});

describe('a generated configuration with includes', () => {
  it('is rendered with every rule of them in its block, or every file that is missing is named', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(include, { minLength: 1, maxLength: 6 }), async (includes) => {
        const files: Record<string, string> = {};
        const rules: { scope: string; at: number; marker: number }[] = [];
        const missing: string[] = [];
        const rule = (scope: string, marker: number): string => {
          if (scope === 'smtp-pattern-list') return `reply /marker ${marker}/ mode=backoff`;
          if (scope === 'source') return `max-message-size ${marker}k`;
          if (scope === 'virtual-mta') return `max-smtp-out ${marker}`;
          if (scope === 'domain') return `max-errors-per-connection ${marker}`;
          return `<domain marker${marker}.example>\nmax-smtp-out ${marker}\n</domain>`;
        };
        const body = includes.map(({ scope, present, inner, form, eol }, at) => {
          const path = form === 'relative' ? `f${at}` : `/etc/pmta/f${at}`;
          const written = form === '"' ? `"${path}"` : path;
          if (present) {
            rules.push({ scope, at, marker: 100 + at });
            if (inner === 'present') rules.push({ scope, at, marker: 200 + at });
            if (inner === 'missing') missing.push(`include g${at}`);
            files[`/etc/pmta/f${at}`] = `${inner === 'none' ? '' : `include g${at}\n`}${rule(scope, 100 + at)}${eol}`;
            if (inner === 'present') files[`/etc/pmta/g${at}`] = rule(scope, 200 + at);
          } else missing.push(`include ${written}`);
          if (scope === 'global') return `include ${written}\n`;
          return `<${scope} n${at}.example>\n  include ${written}\n</${scope}>\n`;
        });
        const { faults, lost, document } = await taken(`${twoIps()}${body.join('')}`, files);
        expect(faults).toEqual([]);
        expect(lost.map(({ text }) => text).sort()).toEqual(missing.sort());
        if (lost.length > 0) return;
        const whole = printText(document);
        for (const { scope, at, marker } of rules) {
          expect(whole).toContain(rule(scope, marker));
          if (scope !== 'domain') continue;
          const { settings } = effectiveSettings(adapt(document, planFor(2)).document, `n${at}.example`);
          const found = settings.find(({ name }) => name === 'max-errors-per-connection');
          expect([found?.value, ...(found?.rivals ?? []).map(({ value }) => value)]).toContain(String(marker));
        }
      }),
      { numRuns: 500 },
    );
  }, 120_000);
});
