import { describe, expect, it } from 'vitest';
import { comparedPairs } from '../../../../src/lib/pmta/host/compared-pairs.js';
import { effectiveChanges } from '../../../../src/lib/pmta/host/effective-changes.js';
import { expectationsOf } from '../../../../src/lib/pmta/host/expectations.js';
import { waitingByVirtualMta } from '../../../../src/lib/pmta/host/queues.js';
import { doubtsOf, parseReadBack } from '../../../../src/lib/pmta/host/read-back.js';
import { restartsNeeded } from '../../../../src/lib/pmta/host/restart-needed.js';
import { parseText } from '../../../../src/lib/pmta/parse.js';

const expectations = expectationsOf(
  parseText(
    'smtp-listener 192.0.2.1:2525\n<virtual-mta a>\nsmtp-source-host 192.0.2.2 a.example\ndomain-key s,a.example,/k/a.pem\n</virtual-mta>\n',
  ),
);

/** What the host says where all is well; the answers of PowerMTA are indented as its scripts print them. */
const GOOD = {
  status: [0, 'status.status="running"'],
  vmtas: [0, 'vmta[0].name="a"'],
  listeners: [0, '127.0.0.1:22\n192.0.2.1:2525'],
  'vmta a': [0, 'smtp-source-host 192.0.2.2 a.example\ndomain-key s,a.example,/k/a.pem'],
  'before gmail.com/a': [0, 'max-msg-rate 250/h\nuse-starttls yes'],
  'after gmail.com/a': [0, 'max-msg-rate 250/h\nuse-starttls yes'],
} as const;
type Answers = Readonly<Record<string, readonly [status: number, text: string]>>;

const printed = (answers: Answers): string =>
  Object.entries(answers)
    .map(([label, [status, text]]) => `@ ${status} ${label}\n${text.replace(/^/gm, '| ')}`)
    .join('\nreloaded\n');
const doubts = (changes: Answers, more: { gone?: string[]; changing?: string[] } = {}): string[] =>
  doubtsOf(parseReadBack(printed({ ...GOOD, ...changes })), {
    expectations,
    gone: more.gone ?? [],
    changing: new Set(more.changing),
  });

describe('what is read back after a configuration is in force', () => {
  it('[R103] leaves no doubt where everything is as it should be', () => {
    expect(doubts({})).toEqual([]);
    // A listener may be open on all addresses, and an older PowerMTA may not show a virtual MTA at all.
    expect(doubts({ listeners: [0, '0.0.0.0:2525'], 'vmta a': [1, 'Unknown command.'] })).toEqual([]);
  });

  it.each<[string, Answers, string]>([
    [
      'it does not run',
      { status: [1, 'connection refused'] },
      'PowerMTA does not say that it is running: connection refused',
    ],
    [
      'it shuts down',
      { status: [0, 'status.status="shutting down"'] },
      'PowerMTA does not say that it is running: status.status="shutting down"',
    ],
    [
      'a virtual MTA is not shown',
      { 'vmta a': [1, 'no such VirtualMTA'] },
      'a: PowerMTA does not show it: no such VirtualMTA',
    ],
    [
      'it sends from elsewhere',
      { 'vmta a': [0, 'smtp-source-host 192.0.2.22 a.example\ndomain-key s,a.example,/k/a.pem'] },
      'a: it does not send from 192.0.2.2 as a.example',
    ],
    [
      'it signs otherwise',
      { 'vmta a': [0, 'smtp-source-host 192.0.2.2 a.example\ndomain-key t,a.example,/k/a.pem'] },
      'a: it does not sign for a.example with selector s',
    ],
    ['nothing listens', { listeners: [0, '192.0.2.1:25'] }, 'nothing listens on 192.0.2.1:2525'],
    [
      'a provider got another rate',
      { 'after gmail.com/a': [0, 'max-msg-rate 500/h\nuse-starttls yes'] },
      'gmail.com/a: max-msg-rate was 250/h and is 500/h now, though no rule for it changed',
    ],
    [
      'a setting is gone',
      { 'after gmail.com/a': [0, 'max-msg-rate 250/h'] },
      'gmail.com/a: use-starttls was yes and is not set now, though no rule for it changed',
    ],
    [
      'a provider is no longer shown',
      { 'after gmail.com/a': [1, 'error'] },
      'gmail.com/a: settings was shown and is not shown now, though no rule for it changed',
    ],
  ])('is doubted where %s', (_, changes, doubt) => {
    expect(doubts(changes)).toEqual([doubt]);
  });

  it('is doubted where a virtual MTA that is to go is still there', () => {
    expect(doubts({ vmtas: [0, 'vmta[0].name="a"\nvmta[1].name="old"'] }, { gone: ['old'] })).toEqual([
      'old: it is still there',
    ]);
    expect(doubts({}, { gone: ['old'] })).toEqual([]);
  });

  it('may change for a provider whose rules changed', () => {
    expect(doubts({ 'after gmail.com/a': [0, 'max-msg-rate 1/h'] }, { changing: ['gmail.com/a'] })).toEqual([]);
  });
});

describe('what is compared before and after', () => {
  const with250 =
    'domain-macro g gmail.com,googlemail.com\n<virtual-mta a>\n</virtual-mta>\n<virtual-mta b>\n</virtual-mta>\n<virtual-mta c>\n<domain *>\nmax-smtp-out 1\n</domain>\n</virtual-mta>\n<domain $g>\nmax-msg-rate 250/h\n</domain>\n<domain *>\nuse-starttls yes\n</domain>\n';
  const with500 = with250.replace('250/h', '500/h');

  it('are the providers through one plain virtual MTA, and through each with rules of its own', () => {
    expect(comparedPairs(parseText(with250), parseText(with500))).toEqual([
      'gmail.com/c',
      'example.org/c',
      'gmail.com/a',
      'example.org/a',
    ]);
    expect(comparedPairs(parseText('host-name x\n'), parseText(with500))).toEqual([]);
  });

  it('tells what the configurations themselves say differently', () => {
    const pairs = ['gmail.com/a', 'example.org/a'];
    expect(effectiveChanges(parseText(with250), parseText(with500), pairs)).toEqual([
      { pair: 'gmail.com/a', name: 'max-msg-rate', before: '250/h', after: '500/h' },
    ]);
    expect(effectiveChanges(parseText(with250), parseText(with250), pairs)).toEqual([]);
  });

  it('names what a reload does not bring into force', () => {
    expect(restartsNeeded(parseText('run-as-root no\n'), parseText('run-as-root yes\nhttp-mgmt-port 0\n'))).toEqual([
      'run-as-root changed: it is in force after `systemctl restart pmta` on the host.',
      'http-mgmt-port changed: it is in force after `systemctl restart pmtahttp` on the host.',
    ]);
    expect(restartsNeeded(parseText(with250), parseText(with500))).toEqual([]);
  });
});

describe('mail that waits', () => {
  it('is counted by virtual MTA, and never overlooked where its number is not understood', () => {
    const dom = [
      'queue[0].name="gmail.com/a"\nqueue[0].rcp="3"',
      'queue[1].name="orange.fr/a"\nqueue[1].rcp="4"',
      'queue[2].name="gmail.com/b"\nqueue[2].rcp="0"',
      'queue[3].name="gmail.com/c"\nqueue[3].rcp="many"',
      'queue[4].name="gmail.com/d"',
      'other="x"',
    ].join('\r\n');
    expect([...waitingByVirtualMta(dom.replaceAll('\r', ''))]).toEqual([
      ['a', 7],
      ['c', 1],
      ['d', 1],
    ]);
    expect([...waitingByVirtualMta('')]).toEqual([]);
  });
});
