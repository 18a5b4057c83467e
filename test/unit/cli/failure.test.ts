import { Errors } from '@oclif/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureDocument, renderFailure, toFailure } from '../../../src/lib/cli/failure.js';
import { EeError } from '../../../src/lib/errors.js';

describe('what an operator is shown of a failure', () => {
  it('is the sentence and the next step of an expected one, without a stack', () => {
    const failure = toFailure(new EeError('SETTINGS_NOT_FOUND', { looked: '/srv/x.env' }), 'ee deploy all');
    expect(renderFailure(failure, { verbose: true })).toBe(
      'Error: No settings file: /srv/x.env does not exist.\n' +
        'Next: Run `ee init` to write one, or name it with --env-file PATH.',
    );
    expect(failureDocument(failure)).toEqual({
      error: {
        code: 'SETTINGS_NOT_FOUND',
        exit: 2,
        message: 'No settings file: /srv/x.env does not exist.',
        hint: 'Run `ee init` to write one, or name it with --env-file PATH.',
      },
    });
  });

  it('is a usage error for what oclif refuses', () => {
    const refused = new Errors.CLIError('Nonexistent flag: --nope\nSee more help with --help', { exit: 2 });
    expect(toFailure(refused, 'ee status')).toEqual({
      code: 'USAGE',
      exit: 2,
      message: '`ee status` has no flag --nope.',
      hint: '`ee status --help` shows what it takes.',
    });
  });

  it('is an interruption when a question was answered with Ctrl-C', () => {
    const closed = Object.assign(new Error('User force closed the prompt'), { name: 'ExitPromptError' });
    expect(toFailure(closed, 'ee init')).toMatchObject({ code: 'INTERRUPTED', exit: 130 });
  });

  it('is a sentence and a next step, whatever is thrown', () => {
    const odd = [Symbol('odd'), { toString: () => ({}) }, Object.assign(new Error(), { message: Symbol('odd') }), null];
    const thrown = fc.oneof(fc.anything({ withNullPrototype: true, withBigInt: true }), fc.constantFrom(...odd));
    fc.assert(
      fc.property(thrown, (value) => {
        const failure = toFailure(value, 'ee status');
        expect(failure).toMatchObject({ code: 'UNEXPECTED', exit: 1 });
        expect(renderFailure(failure, { verbose: true })).toMatch(
          /^Error: ee status stopped on an unexpected error: .*\nNext: This is a fault in ee/su,
        );
      }),
      { numRuns: 500 },
    );
  });

  it('is a fault of ee for anything else, with the stack only under --verbose', () => {
    const failure = toFailure(new TypeError('x is undefined'), 'ee status');
    expect(failure).toMatchObject({ code: 'UNEXPECTED', exit: 1 });
    expect(renderFailure(failure, { verbose: false })).toBe(
      'Error: ee status stopped on an unexpected error: x is undefined\n' +
        'Next: This is a fault in ee, not in what you typed. Run it again with --verbose and report what it shows.',
    );
    expect(renderFailure(failure, { verbose: true })).toContain('failure.test.ts');
    expect(failureDocument(failure).error).not.toHaveProperty('stack');
    expect(toFailure('a bare string', 'ee status').message).toContain('a bare string');
  });
});
