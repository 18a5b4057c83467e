import { describe, expect, it } from 'vitest';
import { adapt } from '../../../src/lib/pmta/adapt.js';
import { PROBE_DOMAIN, takesProbes } from '../../../src/lib/pmta/adapt/probe.js';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import { printText } from '../../../src/lib/pmta/document.js';
import { effectiveSettings } from '../../../src/lib/pmta/effective.js';
import { lint } from '../../../src/lib/pmta/lint.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { planFor, sanitised, twoIps } from './two-ips.js';

const adapted = (text: string, count = 2): string => printText(adapt(parseText(text), planFor(count)).document);

const BLOCK = [
  '<domain ee-probe.invalid>',
  '    smtp-hosts [127.0.0.1]:2599',
  '    use-starttls no',
  '    require-starttls no',
  '    max-msg-rate unlimited',
  '    max-connect-rate unlimited',
  '    retry-after 5s',
  '    bounce-after 2m',
  '    backoff-max-msg-rate unlimited',
  '    backoff-max-connect-rate unlimited',
  '    backoff-retry-after 5s',
  '    backoff-to-normal-after 10s',
  '</domain>',
  '',
].join('\n');

describe('the domain of probe messages', () => {
  it('is added once, whatever the number of IPs, and stays as it is', () => {
    const text = adapted(twoIps());
    expect(text.split(BLOCK)).toHaveLength(2);
    expect(adapted(text)).toBe(text);
    expect(adapted(adapted(text, 100))).toBe(text);
  });

  it('is written anew where somebody changed it, and stands there once', () => {
    const text = adapted(twoIps());
    const changed = text.replace('[127.0.0.1]:2599', '[192.0.2.9]:25') + BLOCK.replace(' ee-probe', ' EE-Probe');
    expect(adapted(changed)).toBe(text);
    const items = adapt(parseText(changed), planFor(2)).report;
    expect(items).toContainEqual(expect.objectContaining({ action: 'changed', subject: '<domain ee-probe.invalid>' }));
  });

  it('hands over on the host alone, in clear and at once, and signs as every other domain', () => {
    // Without the limit that the virtual MTAs of that configuration have for all of their domains.
    const document = parseText(adapted(sanitised()));
    const settings = effectiveSettings(document, PROBE_DOMAIN, 'vmta-mail2').settings;
    const value = (name: string) => settings.find((setting) => setting.name === name)?.value;
    expect(value('smtp-hosts')).toBe('[127.0.0.1]:2599');
    expect(value('require-starttls')).toBe('no');
    expect(value('max-msg-rate')).toBe('unlimited');
    expect(value('dkim-sign')).toBe('yes');
    const sign = settings.find(({ name }) => name === 'dkim-sign');
    expect(sign?.where).toBe('<domain *>');
  });

  it('is no finding of the linter', () => {
    const findings = (text: string) => lint(parseText(text), loadCatalogue()).map(({ code }) => code);
    const text = adapted(twoIps());
    expect(findings(text)).toEqual(findings(text.replace(BLOCK, '')));
  });

  it('is known to be there, or not, by what it says', () => {
    expect(takesProbes(parseText(adapted(twoIps())).nodes)).toBe(true);
    expect(takesProbes(parseText(twoIps()).nodes)).toBe(false);
    expect(takesProbes(parseText(BLOCK.replace('2599', '25')).nodes)).toBe(false);
  });
});
