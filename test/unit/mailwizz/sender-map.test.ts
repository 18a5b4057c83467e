import { describe, expect, it } from 'vitest';
import { mapDisagreements, type RunningMap } from '../../../src/lib/mailwizz/sender-map.js';

const running: RunningMap = {
  virtualMtas: ['vmta-mail1', 'vmta-mail2', 'vmta-drained'],
  used: ['vmta-mail1', 'vmta-mail2'],
  virtualMtaOf: (sender) =>
    new Map([
      ['a@one.example', 'vmta-mail1'],
      ['b@two.example', 'vmta-mail2'],
    ]).get(sender),
};
const server = (from_email: string, virtualMta: string, status = 'active') => ({
  name: virtualMta,
  from_email,
  status,
  virtualMta,
});
const both = [server('a@one.example', 'vmta-mail1'), server('b@two.example', 'vmta-mail2')];

describe('the delivery servers of MailWizz and the PowerMTA that runs', () => {
  it('[R17] agree when each sender has one way, and what is drained is nobody’s', () => {
    expect(mapDisagreements(both, running)).toEqual([]);
  });

  it('[R17] do not where a virtual MTA has a sender, and no delivery server in use asks for it', () => {
    const unused = 'PowerMTA runs vmta-mail2 for a sender, and no active delivery server asks for it';
    expect(mapDisagreements(both.slice(0, 1), running)).toEqual([unused]);
    const idle = [both[0] ?? server('', ''), server('b@two.example', 'vmta-mail2', 'inactive')];
    expect(mapDisagreements(idle, running)).toEqual([unused]);
    // One that is not there runs for nobody.
    expect(mapDisagreements(both, { ...running, used: [...running.used, 'vmta-gone'] })).toEqual([]);
  });

  it('[R17] do not where a delivery server asks for a virtual MTA that is not there', () => {
    expect(mapDisagreements([...both, server('c@three.example', 'vmta-mail3')], running)).toEqual([
      'the delivery server of c@three.example asks for vmta-mail3, which PowerMTA does not run',
      "the delivery server of c@three.example asks for vmta-mail3, and PowerMTA's list of senders does not know this sender",
    ]);
  });

  it('[R17] do not where a From leads elsewhere than its delivery server', () => {
    const crossed = [server('a@one.example', 'vmta-mail2'), server('b@two.example', 'vmta-mail1')];
    expect(mapDisagreements(crossed, running)).toEqual([
      "the delivery server of a@one.example asks for vmta-mail2, and PowerMTA's list of senders gives it to vmta-mail1",
      "the delivery server of b@two.example asks for vmta-mail1, and PowerMTA's list of senders gives it to vmta-mail2",
    ]);
  });

  it('say nothing of a delivery server that asks for no virtual MTA: the settings judge it', () => {
    expect(mapDisagreements([...both, server('old@example.org', '')], running)).toEqual([]);
  });
});
