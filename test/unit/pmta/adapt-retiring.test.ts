import { describe, expect, it } from 'vitest';
import { adapt } from '../../../src/lib/pmta/adapt.js';
import type { AdaptationPlan } from '../../../src/lib/pmta/adapt/plan.js';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import { printText } from '../../../src/lib/pmta/document.js';
import { lint } from '../../../src/lib/pmta/lint.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { planFor, twoIps } from './two-ips.js';

const adapted = (text: string, plan: AdaptationPlan): string => printText(adapt(parseText(text), plan).document);
const without = (text: string, part: string): string => text.replace(part, '');

const THIRD = [
  '<virtual-mta vmta-mail3>',
  '    smtp-source-host 192.0.2.3 mail3.example.com',
  '    domain-key mail,mail3.example.com,/etc/pmta/dkim/mail3.pem',
  '</virtual-mta>',
  '',
].join('\n');
const OLD =
  '<Virtual-MTA  pmta-vmta0> # \xe9t\xe9\n\tsmtp-source-host\t203.0.113.21 mta0.example.net\n</virtual-mta>\n';

describe('a virtual MTA that retires', () => {
  const running = adapted(twoIps(), planFor(3));
  const plan = planFor(2, { retiring: [THIRD, OLD] });
  const text = adapted(running, plan);

  it('[R104] stays byte for byte, and is the only difference to a configuration without it', () => {
    expect(text).toContain(`${THIRD}${OLD}<virtual-mta-pool pmta-pool>\n`);
    expect(without(text, `${THIRD}${OLD}`)).toBe(adapted(running, planFor(2)));
    expect(without(adapted(twoIps(), plan), `${THIRD}${OLD}`)).toBe(adapted(twoIps(), planFor(2)));
  });

  it('is in no pool, sender list or listener, and no default', () => {
    const byHand = String.raw`    mail-from /^vip@example\.com$/ virtual-mta=vmta-mail3`;
    const used = running
      .replace('<pattern-list sender-to-vmta>\n', `<pattern-list sender-to-vmta>\n${byHand}\n`)
      .replace('default-virtual-mta pmta-pool', 'default-virtual-mta vmta-mail3');
    expect(adapted(used, plan)).toBe(text);
    expect(text.match(/vmta-mail3|192\.0\.2\.3\b|pmta-vmta0/g)).toEqual(['vmta-mail3', '192.0.2.3', 'pmta-vmta0']);
    expect(lint(parseText(text), loadCatalogue()).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('[R104] is not there twice when it is adapted again, and goes when it is not asked for any more', () => {
    expect(adapted(text, plan)).toBe(text);
    expect(adapted(text, planFor(2))).toBe(adapted(running, planFor(2)));
    const besidePools = '<virtual-mta one-off>\n    smtp-source-host 192.0.2.1 mail1.example.com\n</virtual-mta>\n';
    const once = adapted(running + besidePools, planFor(2, { retiring: [besidePools] }));
    expect(once.match(/<virtual-mta one-off>/g)).toHaveLength(1);
  });

  it('becomes a virtual MTA like the others when the plan has its identity again', () => {
    expect(adapted(text, planFor(3))).toBe(running);
  });

  it('is reported, with the line where it stood', () => {
    const items = adapt(parseText(running), plan).report.filter(({ action }) => action === 'left');
    expect(items.map(({ subject }) => subject)).toEqual(['<virtual-mta vmta-mail3>', '<virtual-mta pmta-vmta0>']);
    expect(running.split('\n')[(items[0]?.line ?? 0) - 1]).toBe('<virtual-mta vmta-mail3>');
    expect(items[1]).not.toHaveProperty('line');
  });

  it('changes nothing where there is none', () => {
    for (const count of [1, 5, 100]) {
      expect(adapted(running, planFor(count, { retiring: [] }))).toBe(adapted(twoIps(), planFor(count)));
    }
  });

  it.each([
    ['http-access 0/0 admin\n', 'each must be one whole <virtual-mta> block'],
    [`${THIRD}http-access 0/0 admin\n`, 'each must be one whole <virtual-mta> block'],
    ['<virtual-mta a>\n', 'each must be one whole <virtual-mta> block'],
    ['<virtual-mta a>\n<domain *>\n</virtual-mta>\n', 'each must be one whole <virtual-mta> block'],
    ['', 'each must be one whole <virtual-mta> block'],
    [THIRD.replace('vmta-mail3', 'vmta-mail2'), 'vmta-mail2 is one of those that the plan writes'],
  ])('is refused where it is not one whole block of its own: %j', (raw, reason) => {
    expect(() => adapt(parseText(twoIps()), planFor(2, { retiring: [raw] }))).toThrow(
      expect.objectContaining({ code: 'PMTA_PLAN_REFUSED', facts: { name: 'the retiring virtual MTAs', reason } }),
    );
  });

  it('is refused twice', () => {
    expect(() => adapt(parseText(twoIps()), planFor(2, { retiring: [OLD, OLD] }))).toThrow(
      expect.objectContaining({ code: 'PMTA_PLAN_REFUSED' }),
    );
  });
});
