import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adapt } from '../../../src/lib/pmta/adapt.js';
import { printText, type Document } from '../../../src/lib/pmta/document.js';
import { effectiveIn, type EffectiveSetting } from '../../../src/lib/pmta/effective.js';
import { overlaid, type Overlaid } from '../../../src/lib/pmta/overlay.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { survey } from '../../../src/lib/pmta/survey.js';
import { planFor, twoIps } from './two-ips.js';

const PLAN = planFor(3);
const RENDERING: Document = adapt(parseText(twoIps()), PLAN).document;
const BASE = printText(RENDERING);
const OPTIONS = { file: 'pmta-overlay.conf', feeders: PLAN.feeders };

const merge = (overlay: string, rendering: Document = RENDERING): Overlaid =>
  overlaid(rendering, parseText(overlay), OPTIONS);
const textOf = (overlay: string): string => {
  const { document, refused } = merge(overlay);
  expect(refused).toEqual([]);
  return printText(document);
};
const said = ({ report }: Overlaid): string[] =>
  report.map(({ action, subject, line, reason }) => `${line ?? '+'} ${action} ${subject}: ${reason}`);
const part = (text: string, first: string, last: string): string[] => {
  const lines = text.split('\n');
  const from = lines.indexOf(first);
  return lines.slice(from, lines.indexOf(last, from) + 1);
};

describe('an overlay', () => {
  it('replaces a directive of a block that is there, and adds others to it', () => {
    const overlay = '<domain $gmail>\n  max-msg-rate 500/h # agreed\n\tmax-smtp-out 4\n</domain>\n';
    expect(part(textOf(overlay), '<domain $gmail>', '</domain>')).toEqual([
      '<domain $gmail>',
      '    max-msg-rate 500/h # agreed',
      '    max-smtp-out 4',
      '</domain>',
    ]);
    expect(said(merge(overlay))).toEqual([
      '2 changed max-msg-rate 500/h in <domain $gmail>: the overlay sets it, instead of 250/h',
      '3 added max-smtp-out 4 in <domain $gmail>: the overlay adds it',
    ]);
  });

  it('sets the value in each of two blocks of one name, where both have it: no winner is left to chance', () => {
    const text = textOf('<domain *>\nuse-starttls no\nretry-after 5m\n</domain>\n');
    // The third is that of the domain of probe messages.
    expect(text.match(/^ +use-starttls no$/gm)).toHaveLength(2 + 1);
    expect(text.match(/^ +retry-after 5m$/gm)).toHaveLength(1);
    expect(text).not.toMatch(/^ +use-starttls yes$/m);
  });

  it('puts entries of a list before its own, and new blocks where PowerMTA wants them', () => {
    const text = textOf(
      [
        '<smtp-pattern-list blocking-errors>',
        'reply /first/ mode=normal',
        '</smtp-pattern-list>',
        '<bounce-category-patterns>',
        '    /greylist/ greylisted',
        '</bounce-category-patterns>',
        '<smtp-pattern-list blocking-errors>',
        'reply /second/ mode=normal',
        '</smtp-pattern-list>',
        '<domain new.example>',
        '    # ours',
        '    max-smtp-out 1',
        '</domain>',
        '<acct-file /var/log/pmta/ours.csv>',
        '    records b',
        '</acct-file>',
        '',
      ].join('\n'),
    );
    expect(part(text, '<smtp-pattern-list blocking-errors>', '</smtp-pattern-list>').slice(1, 3)).toEqual([
      '    reply /first/ mode=normal',
      '    reply /second/ mode=normal',
    ]);
    expect(part(text, '<bounce-category-patterns>', '</bounce-category-patterns>')[1]).toBe(
      '    /greylist/ greylisted',
    );
    expect(text).toContain('</domain>\n<domain new.example>\n    # ours\n    max-smtp-out 1\n</domain>\n');
    expect(text.endsWith('<acct-file /var/log/pmta/ours.csv>\n    records b\n</acct-file>\n')).toBe(true);
  });

  it('sets global directives: one that is there in its place, those of which the first match decides before the others', () => {
    const text = textOf('log-rotate 30\nhttp-access 10.0.0.1 monitor\nhttp-access 10/8 none\nrun-as-root no\n');
    expect(text).toContain('http-access 10.0.0.1 monitor\nhttp-access 10/8 none\nhttp-access 127.0.0.1 admin\n');
    expect(text.split('\n').filter((line) => line === 'run-as-root no')).toHaveLength(1);
    expect(text.indexOf('log-rotate 30')).toBeLessThan(text.indexOf('\n<source'));
  });

  it('gives settings to a virtual MTA, and leaves those out that this rendering has not, which is said', () => {
    const overlay =
      '<virtual-mta vmta-mail2>\nmax-smtp-out 9\n<domain *>\ndkim-sign yes\n</domain>\n</virtual-mta>\n<virtual-mta vmta-mail7>\nmax-smtp-out 1\n</virtual-mta>\n';
    expect(part(textOf(overlay), '<virtual-mta vmta-mail2>', '</virtual-mta>')).toEqual([
      '<virtual-mta vmta-mail2>',
      '    smtp-source-host 192.0.2.2 mail2.example.com',
      '    domain-key mail,mail2.example.com,/etc/pmta/dkim/mail2.pem',
      '    max-smtp-out 9',
      '    <domain *>',
      '        max-cold-virtual-mta-msg 400/day',
      '        max-msg-rate 1000/h',
      '        dkim-sign yes',
      '    </domain>',
      '</virtual-mta>',
    ]);
    expect(said(merge(overlay)).at(-1)).toBe(
      '7 left <virtual-mta vmta-mail7>: this rendering has no such virtual MTA, so the block has no effect in it',
    );
  });

  it.each([
    ['smtp-listener 192.0.2.1:26', 'SENDING_IPS and PMTA_SMTP_PORT set the listeners'],
    ['postmaster me@example.com', 'POSTMASTER sets it'],
    ['<domain x.example>\ninclude /etc/pmta/x\n</domain>', 'write its lines into the overlay'],
    ['<smtp-pattern-list p>\ninclude /etc/pmta/x\n</smtp-pattern-list>', 'write its lines into the overlay'],
    ['<smtp-user x>\npassword y\n</smtp-user>', 'PMTA_SMTP_USER and PMTA_SMTP_PASSWORD set it'],
    [
      '<pattern-list sender-to-vmta>\nrcpt-to /x/ virtual-mta=vmta-mail1\n</pattern-list>',
      'the SENDER settings decide',
    ],
    ['<bounce-processor>\ndeliver-unmatched-email no\n</bounce-processor>', 'ee writes it for the sending hosts'],
    ['<source 198.51.100.10>\nrequire-auth no\n</source>', 'ee writes it'],
    ['<source {ee-inbound}>\nalways-allow-relaying yes\n</source>', 'ee writes it'],
    ['<source {pmta-auth}>\npattern-list other\n</source>', 'this source names sender-to-vmta'],
    ['<virtual-mta-pool pmta-pool>\nvirtual-mta vmta-mail1\n</virtual-mta-pool>', 'SENDING_IPS sets the members'],
    ['<virtual-mta vmta-mail1>\ndomain-key a,b,/c\n</virtual-mta>', '`ee dkim` makes the keys'],
    ['<virtual-mta mine>\nmax-smtp-out 1\n</virtual-mta>', 'may only discard'],
    ['<domain ee-probe.invalid>\nmax-smtp-out 1\n</domain>', 'ee writes it'],
    ['<domain x.example>\nmax-smtp-out 1\nmax-smtp-out 2\n</domain>', 'line 2 gives it another value'],
    ['<domain x.example>\nmax-smtp-out 1\n', 'is not closed'],
    ['<a>\n<b>\n<c>\n</c>\n</b>\n</a>', 'stands deeper'],
    ['domain-macro two gmail.com\n<domain $two>\nmax-msg-rate 9/h\n</domain>', 'which one wins is not known'],
  ])('refuses with its line what is not its business: %s', (overlay, reason) => {
    const { refused, document } = merge(overlay);
    expect(refused.map((one) => one.reason).join('\n')).toContain(reason);
    expect(refused.every(({ line }) => line >= 1 && line <= overlay.split('\n').length)).toBe(true);
    if (refused.length === 1 && !reason.includes('wins')) expect(printText(document)).not.toContain('virtual-mta mine');
  });

  it('may bring a virtual MTA that discards', () => {
    const block = '<virtual-mta nobody>\n    <domain *>\n        type discard\n    </domain>\n</virtual-mta>\n';
    expect(textOf(block)).toContain(block);
  });

  it('says where a closer block keeps its value', () => {
    const overlay = '<domain $free>\nmax-msg-rate 7/h\n</domain>\n';
    const rendering = parseText(`${BASE}<domain aliceadsl.fr>\nmax-msg-rate 1/h\n</domain>\n`);
    expect(said(merge(overlay, rendering))).toContain(
      '2 left line 2: max-msg-rate: for aliceadsl.fr, <domain aliceadsl.fr> says 1/h and is closer, so that holds there',
    );
  });

  it('shows no password', () => {
    const overlay = '<domain x.example>\nauth-password hunter2\n</domain>\n';
    const again = merge('<domain x.example>\nauth-password hunter3\n</domain>\n', merge(overlay).document);
    expect(JSON.stringify([merge(overlay).report, again.report])).not.toContain('hunter');
  });

  it('that is empty, or comments alone, changes nothing', () => {
    for (const text of ['', '# nothing\n\n']) expect(textOf(text)).toBe(BASE);
  });
});

/** The domains that stand for a block: the closest that any block of the test speaks of. */
const NAMES: Readonly<Record<string, string>> = {
  '*': 'unknown.example',
  $gmail: 'googlemail.com',
  'gmail.com': 'gmail.com',
  'Orange.fr': 'orange.fr',
  'new.example': 'new.example',
  '*.sub.example': 'x.sub.example',
};
const VALUES: Readonly<Record<string, readonly string[]>> = {
  'max-smtp-out': ['1', '7'],
  'max-msg-rate': ['250/h', '11/h'],
  'retry-after': ['10m', '1h'],
  'dkim-sign': ['yes', 'no'],
  // Both of the <domain *> blocks have it.
  'use-starttls': ['yes', 'no'],
  'bounce-after': ['24h', '2d'],
  'backoff-notify': ['""', 'ops@example.com'],
};
const directive = fc
  .constantFrom(...Object.keys(VALUES))
  .chain((name) => fc.constantFrom(...(VALUES[name] ?? [])).map((value) => ({ name, value })));
const block = fc.record({
  virtualMta: fc.constantFrom(undefined, 'vmta-mail1', 'vmta-mail3'),
  name: fc.constantFrom(...Object.keys(NAMES)),
  directives: fc.uniqueArray(directive, { selector: ({ name }) => name, minLength: 1, maxLength: 4 }),
  indent: fc.constantFrom('', '  ', '\t'),
});
const generated = fc.uniqueArray(block, {
  selector: ({ virtualMta, name }) => `${virtualMta ?? ''} ${name}`,
  minLength: 1,
  maxLength: 5,
});

describe('a generated overlay', () => {
  it('holds wherever it speaks, changes nothing else, keeps all other bytes, and is the same when merged again', () => {
    const before = survey(RENDERING);
    const pairs = [...Object.values(NAMES), 'yahoo.com'].flatMap((domain) =>
      [undefined, 'vmta-mail1'].map((virtualMta) => ({ domain, virtualMta })),
    );
    const old = new Map(
      pairs.map((pair) => [pair, effectiveIn(before, pair.domain, pair.virtualMta).settings] as const),
    );
    fc.assert(
      fc.property(generated, (blocks) => {
        const overlay = blocks
          .map(({ virtualMta, name, directives, indent }) => {
            const lines = [
              `<domain ${name}>`,
              ...directives.map((one) => `${indent}${one.name} ${one.value}`),
              '</domain>',
            ];
            const all = virtualMta === undefined ? lines : [`<virtual-mta ${virtualMta}>`, ...lines, '</virtual-mta>'];
            return `${all.join('\n')}\n`;
          })
          .join('');
        const result = merge(overlay);
        expect(result.refused).toEqual([]);
        const after = survey(result.document);
        for (const { virtualMta, name, directives } of blocks) {
          const { settings } = effectiveIn(after, NAMES[name] ?? '', virtualMta);
          for (const one of directives) {
            const found = settings.find((setting) => setting.name === one.name);
            expect([one.name, found?.value, found?.rivals]).toEqual([one.name, one.value, []]);
          }
        }
        const touched = new Set(blocks.flatMap(({ directives }) => directives.map(({ name }) => name)));
        for (const pair of pairs) {
          const { domain, virtualMta } = pair;
          const speaks = new Set(
            blocks
              .filter((one) => (one.virtualMta ?? virtualMta) === virtualMta && covers(one.name, domain))
              .flatMap(({ directives }) => directives.map(({ name }) => name)),
          );
          const values = (settings: readonly EffectiveSetting[] = []): string[] =>
            settings.filter(({ name }) => !speaks.has(name)).map(({ name, value }) => `${name} ${value}`);
          expect(values(effectiveIn(after, domain, virtualMta).settings)).toEqual(values(old.get(pair)));
        }
        const text = printText(result.document).split('\n');
        const kept = text.filter((_, at) => (result.origins[at] ?? 0) === 0);
        let at = 0;
        const lost = BASE.split('\n').filter((line) => {
          if (kept[at] !== line) return true;
          at++;
          return false;
        });
        expect(at).toBe(kept.length);
        for (const line of lost) expect(touched).toContain(line.trim().split(' ')[0]);
        expect(printText(merge(overlay, result.document).document)).toBe(printText(result.document));
        expect(printText(merge(overlay).document)).toBe(printText(result.document));
      }),
      { numRuns: 500 },
    );
  }, 240_000);
});

/** Whether a block of the test speaks of one of its domains. */
function covers(name: string, domain: string): boolean {
  if (name === '*') return true;
  if (name === '$gmail') return domain === 'gmail.com' || domain === 'googlemail.com';
  return name.startsWith('*.') ? domain.endsWith(name.slice(1)) : name.toLowerCase() === domain;
}
