import { describe, expect, it } from 'vitest';
import { adapt } from '../../../src/lib/pmta/adapt.js';
import { printText } from '../../../src/lib/pmta/document.js';
import { lossesBetween } from '../../../src/lib/pmta/losses.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { planFor } from './two-ips.js';

const block = (tag: string, ...body: string[]): string =>
  [`<${tag}>`, ...body, `</${tag.split(' ')[0] ?? ''}>`].join('\n');
const vmta = (name: string, number: number, ...body: string[]): string =>
  block(`virtual-mta ${name}`, `smtp-source-host 203.0.113.${number} ${name}.example.net`, ...body);

const configuration = (slow: readonly string[], ...parts: string[]): string =>
  `${[
    'log-file /l',
    'postmaster a@example.net',
    vmta('a', 1),
    vmta('b', 2),
    vmta('slow', 3, ...slow),
    block('virtual-mta-pool p', 'virtual-mta a', 'virtual-mta b'),
    ...parts,
    block('smtp-user u', 'password x', 'source {u}'),
    block('source {u}', 'default-virtual-mta p'),
    block('domain *', 'dkim-sign yes'),
  ].join('\n')}\n`;
const other = (target: string): string => block('source 203.0.113.77', `default-virtual-mta ${target}`);
const adapted = (original: string, count = 3) => {
  const { document, unplaced, mapping, report } = adapt(parseText(original), planFor(count));
  return { document, result: printText(document), unplaced, mapping, report };
};

describe('what mail goes to by default', () => {
  it.each([
    ['it has a limit of its own', ['max-smtp-out 1']],
    ['it stops mail to a provider', [block('domain gmail.com', 'type discard')]],
  ])('is the virtual MTA that took the blocks of the old one, where %s', (_, slow) => {
    const original = configuration(slow, other('slow'));
    const { result, unplaced, report } = adapted(original);
    expect(unplaced).toEqual([]);
    expect(result).toContain(other('vmta-mail3'));
    expect(report.find(({ subject }) => subject === 'default-virtual-mta slow')?.reason).toBe(
      'is not defined; vmta-mail3 takes its place',
    );
    expect(adapted(result).result).toBe(result);
  });

  it('is the pool, where all of it say the same', () => {
    expect(adapted(configuration([], other('slow'))).result).toContain(other('p'));
  });

  it('is named where a running configuration has the pool for it', () => {
    const original = configuration(['max-smtp-out 1'], other('slow'));
    const running = adapted(original).result.replace(other('vmta-mail3'), other('p'));
    const lost = lossesBetween(parseText(original), parseText(running), planFor(3));
    expect(lost.map(({ text, consequence }) => `${text}: ${consequence}`)).toEqual([
      'max-smtp-out 1: vmta-mail1 would send mail without this limit',
    ]);
  });

  it('may be each virtual MTA by its address: what they say goes to those of the senders', () => {
    const patterns = [block('pattern-list l', 'rcpt-to /x/ virtual-mta=slow'), other('by-smtp-source-ip')];
    const { mapping, result } = adapted(configuration(['max-smtp-out 1'], ...patterns));
    expect(mapping.kept).toEqual([]);
    expect(mapping.virtualMtas[2]).toEqual({ name: 'vmta-mail3', from: ['slow'], stands: true });
    expect(result).toContain('rcpt-to /x/ virtual-mta=vmta-mail3');
    expect(adapted(result).result).toBe(result);
  });
});
