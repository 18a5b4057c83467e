import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../../src/lib/dns/answer.js';
import { readListAnswer, readListAnswers } from '../../../../src/lib/dns/check/blocklist.js';
import { found, none, unknown } from './said.js';

describe('the answer of a blocklist', () => {
  it.each([
    [found('127.0.0.2'), 'listed'],
    [found('127.0.0.4', '127.0.0.10'), 'listed'],
    [found('127.0.1.2'), 'listed'],
    [none, 'clean'],
    [unknown, 'unknown'],
    [found('127.255.255.252'), 'unknown'],
    [found('127.255.255.254'), 'unknown'],
    [found('127.255.255.255'), 'unknown'],
    [found('127.0.0.2', '127.255.255.255'), 'unknown'],
    [found('203.0.113.80'), 'unknown'],
  ])('[R111] %j is %s', (answer, kind) => {
    expect(readListAnswer(answer).kind).toBe(kind);
  });

  it('[R111] is clean only where every resolver that may ask says so', () => {
    const kind = (...answers: [string, Answer][]): string =>
      readListAnswers(answers.map(([server, answer]) => ({ server, answer }))).kind;
    expect(kind(['10.0.0.53', none], ['10.0.0.54', none])).toBe('clean');
    expect(kind(['10.0.0.53', none], ['10.0.0.54', unknown])).toBe('unknown');
    expect(kind(['10.0.0.53', found('127.0.0.2')], ['10.0.0.54', unknown])).toBe('listed');
  });

  it('[R111] counts for nothing through a public resolver', () => {
    const answers = ['9.9.9.9', '1.1.1.1:53', '8.8.8.8'].map((server) => ({ server, answer: none }));
    expect(readListAnswers(answers)).toEqual({
      kind: 'unknown',
      reason: expect.stringContaining('DNS_RESOLVERS') as string,
    });
    expect(readListAnswers([...answers, { server: '10.0.0.53', answer: none }]).kind).toBe('clean');
  });
});
