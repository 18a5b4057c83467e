import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adapt } from '../../../src/lib/pmta/adapt.js';
import type { AdaptationReport } from '../../../src/lib/pmta/adapt/report.js';
import { linesOf, printText } from '../../../src/lib/pmta/document.js';
import { compile } from '../../../src/lib/pmta/entry.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { survey } from '../../../src/lib/pmta/survey.js';
import { planFor, twoIps } from './two-ips.js';

const render = (text: string, count = 2): { text: string; report: AdaptationReport } => {
  const { document, report } = adapt(parseText(text), planFor(count));
  return { text: printText(document), report };
};
const said = (report: AdaptationReport): string[] =>
  report.map(({ action, subject, line, reason }) => `${line ?? '+'} ${action} ${subject}: ${reason}`);
const TAGS = ['bounce-processor', 'feedback-loop-processor'] as const;

/** Whether a processor of this kind names the recipient, by the plain meaning of its address lists. */
function isRead(text: string, tag: (typeof TAGS)[number], recipient: string): boolean {
  const lines = survey(parseText(text)).statements.filter(({ path }) => path[0]?.tag.text === tag && path.length === 2);
  return lines.some(({ keyword, directive: { value } }) => {
    if (keyword === 'domain') return recipient.endsWith(`@${value.text}`);
    return keyword === 'address' && (compile(value.text.slice(1, -1))?.test(recipient) ?? false);
  });
}

const OWN = [
  'relay-domain bounce.example.org',
  '<bounce-processor>',
  '    deliver-unmatched-email no',
  '    <address-list>',
  '        domain bounce.example.org',
  '    </address-list>',
  '</bounce-processor>',
  '<feedback-loop-processor>',
  '    forward-unmatched-to abuse@example.org',
  '    <address-list>',
  String.raw`        address /^fbl@bounce\.example\.org$/ # theirs`,
  '    </address-list>',
  '</feedback-loop-processor>',
  '',
].join('\n');

describe('processors that the configuration brings', () => {
  it('stay, and read the addresses of the sending hosts as well: there is never a second one', () => {
    const { text, report } = render(`${twoIps()}${OWN}`);
    for (const tag of TAGS) expect(text.split(`<${tag}>`)).toHaveLength(2);
    for (const line of OWN.split('\n')) expect(text.split('\n')).toContain(line);
    expect(text).toContain(
      [
        '        domain bounce.example.org',
        String.raw`        address /^(contact([+-].*)?|b\+.+|bounces?([+-].*)?)@mail1\.example\.com$/ # added by ee`,
        String.raw`        address /^(contact([+-].*)?|b\+.+|bounces?([+-].*)?)@mail2\.example\.com$/ # added by ee`,
        '    </address-list>',
      ].join('\n'),
    );
    const line = twoIps().split('\n').length;
    expect(said(report)).toEqual(
      expect.arrayContaining([
        `${line} left relay-domain bounce.example.org: is taken on port 25 of the sending IPs as well: its MX must point to one of them`,
        `${line + 1} changed <bounce-processor>: is kept; it reads bounces to 2 sending hosts as well`,
        `${line + 2} left deliver-unmatched-email no: mail to the sending hosts that is not a report is deleted; postmaster@example.com does not get it`,
        `${line + 7} changed <feedback-loop-processor>: is kept; it reads complaints to 2 sending hosts as well`,
        `${line + 8} left forward-unmatched-to abuse@example.org: gets mail to the sending hosts that is not a report, instead of postmaster@example.com`,
      ]),
    );
    expect(report.filter(({ action, subject }) => action === 'added' && /processor/.test(subject))).toEqual([]);
  });

  it('get the mailbox of the settings for what is not a report, where they name none', () => {
    const own = '<bounce-processor>\n<address-list>\naddress /^old@/\n</address-list>\n</bounce-processor>\n';
    expect(render(`${twoIps()}${own}`).text).toContain(
      '<bounce-processor>\nforward-unmatched-to postmaster@example.com # added by ee\n<address-list>\naddress /^old@/\n',
    );
  });

  it('are left as they are where they read the addresses already, and what they share is said', () => {
    const own =
      '<bounce-processor>\n forward-unmatched-to postmaster@example.com\n <address-list>\n  domain [*.]example.com\n </address-list>\n</bounce-processor>\n';
    const { text, report } = render(`${twoIps()}${own}`);
    expect(text).toContain(own);
    const line = twoIps().split('\n').length;
    expect(said(report)).toContain(
      `${line} left <bounce-processor>: reads bounces to the sending hosts already: none is added`,
    );
    expect(said(report)).toContain(
      `${line} left <bounce-processor>: also reads addresses for complaints at mail1.example.com and 1 more: which processor gets those is not documented`,
    );
    expect(text.split('<feedback-loop-processor>')).toHaveLength(2);
  });

  it('take the place of the one that an earlier rendering wrote, which is said', () => {
    const { text } = render(twoIps());
    const own =
      '<bounce-processor>\n    <address-list>\n        address /^old@/\n    </address-list>\n</bounce-processor>\n';
    const again = render(`${text}${own}`);
    expect(again.text.split('<bounce-processor>')).toHaveLength(2);
    expect(said(again.report).find((one) => / dropped <bounce-processor>/.test(one))).toContain(
      'the one that the configuration brings reads its addresses',
    );
  });

  const own = fc.record({
    tags: fc.subarray([...TAGS], { minLength: 1 }),
    entries: fc.subarray(
      [
        'domain bounce.example.org',
        'domain mail1.example.com',
        'domain [*.]example.com',
        String.raw`address /^fbl@/`,
        'address-file /etc/pmta/addresses',
        String.raw`address /^(contact([+-].*)?|b\+.+|bounces?([+-].*)?)@mail2\.example\.com$/`,
      ],
      { minLength: 0 },
    ),
    unmatched: fc.constantFrom(
      '',
      'deliver-unmatched-email no',
      'forward-unmatched-to ops@example.org',
      'deliver-email yes',
    ),
    list: fc.boolean(),
    indent: fc.constantFrom('', '  ', '\t', '        '),
    times: fc.integer({ min: 1, max: 2 }),
    count: fc.integer({ min: 1, max: 3 }),
    first: fc.boolean(),
  });
  it('of any shape: kept line by line, not doubled, complete for every sending host, and the same when rendered again', () => {
    fc.assert(
      fc.property(own, ({ tags, entries, unmatched, list, indent, times, count, first }) => {
        const blocks = tags.flatMap((tag) =>
          Array.from({ length: times }, () => [
            `<${tag}>`,
            ...(unmatched === '' ? [] : [`${indent}${unmatched}`]),
            ...(list
              ? [`${indent}<address-list>`, ...entries.map((one) => indent + one), `${indent}</address-list>`]
              : []),
            `</${tag}>`,
          ]).flat(),
        );
        const isOurs = list && entries.length > 0 && entries.every((one) => one.includes('contact('));
        const before = first ? `${blocks.join('\n')}\n${twoIps()}` : `${twoIps()}${blocks.join('\n')}\n`;
        const { text, report } = render(before, count);
        const found = [...linesOf(parseText(text).nodes)].map((line) => line.text);
        for (const tag of TAGS) {
          const opened = found.filter((line) => line === `<${tag}>`).length;
          expect(opened).toBe(tags.includes(tag) && !isOurs ? times : 1);
        }
        if (!isOurs) for (const line of blocks) expect(found).toContain(line);
        for (const { domain } of planFor(count).identities) {
          for (const one of ['contact', 'b+x.y', 'bounces', 'contact+a=b'])
            expect(
              isRead(text.replace('[*.]', 'mail1.'), 'bounce-processor', `${one}@${domain}`) ||
                entries.includes('domain [*.]example.com'),
            ).toBe(true);
          for (const one of ['fbl', 'abuse'])
            expect(
              isRead(text, 'feedback-loop-processor', `${one}@${domain}`) || entries.includes('domain [*.]example.com'),
            ).toBe(true);
        }
        for (const line of found.filter((one) => one.endsWith('# added by ee')))
          expect(
            said(report).some((one) => / changed <.*-processor>: is kept/.test(one)),
            line,
          ).toBe(true);
        expect(render(text, count).text).toBe(text);
        expect(render(render(text, 3).text, count).text).toBe(text);
      }),
      { numRuns: 500 },
    );
  }, 120_000);
});

describe('ports that the configuration opens in the older way', () => {
  it.each([
    ['smtp-port 587', 'smtp-ip 192.0.2.77'],
    ['SMTP-Port 25', 'smtp-ip 127.0.0.1'],
  ])('%s and %s are dropped, which is said with what takes their place', (...older) => {
    const { text, report } = render(`${older.join('\n')}\n${twoIps()}`);
    for (const [at, line] of older.entries()) {
      expect(text).not.toContain(line);
      expect(said(report)).toContain(
        `${at + 1} dropped ${line}: opened the listener of the old host; each sending IP has listeners of its own now`,
      );
    }
  });

  it('says that the listener which PowerMTA opens by itself is gone', () => {
    const none = twoIps().replace(/^smtp-listener .*\n/gm, '');
    const reason =
      'PowerMTA opens it by itself where no listener is written; the listeners of the sending IPs take its place';
    expect(said(render(none).report)).toContain(`+ dropped the listener 0.0.0.0:25: ${reason}`);
    expect(said(render(twoIps()).report).join('\n')).not.toContain('0.0.0.0:25');
  });
});
