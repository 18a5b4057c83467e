import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/lib/errors.js';
import { connectionFailure } from '../../../src/lib/ssh/connection-failure.js';
import { remoteFailure } from '../../../src/lib/ssh/remote-failure.js';

const peer = { label: 'vps1', address: '192.0.2.1', port: 22, user: 'root' };
const failure = (facts: object) => connectionFailure(Object.assign(new Error('raw'), facts), peer, 'the key /k');

describe('connectionFailure', () => {
  it.each([
    [{ code: 'ECONNREFUSED', level: 'client-socket' }, 'nothing listens on that port (connection refused)'],
    [{ code: 'ENOTFOUND', level: 'client-socket' }, 'its name does not resolve'],
    [{ level: 'client-timeout' }, 'no answer within 35 s'],
    [{ level: 'handshake' }, 'raw'],
  ])('says why a host cannot be reached: %j', (facts, reason) => {
    const error = failure(facts);
    expect(error.code).toBe('SSH_UNREACHABLE');
    expect(error.exit).toBe(EXIT.unreachable);
    expect(error.message).toContain(`vps1 (192.0.2.1, port 22) cannot be reached: ${reason}.`);
  });

  it.each([{ level: 'client-authentication' }, { message: 'Too many authentication failures' }])(
    'says what was tried when a login is refused: %j',
    (facts) => {
      const error = failure(facts);
      expect(error.code).toBe('SSH_AUTHENTICATION');
      expect(error.message).toBe('vps1 (192.0.2.1) refused the login of root; tried the key /k.');
    },
  );
});

describe('remoteFailure', () => {
  it('[R18] names the host, the step, the status and the last lines', () => {
    const stderr = Buffer.from(Array.from({ length: 30 }, (_, index) => `line ${index + 1}\n`).join(''));
    const error = remoteFailure('vps2', 'installing packages', { code: 100, stdout: Buffer.from('ignored'), stderr });
    expect(error.exit).toBe(EXIT.failed);
    expect(error.message).toMatch(
      /^vps2: installing packages failed \(status 100\)\.\nIts last lines:\n {2}\| line 19\n/,
    );
    expect(error.message).toMatch(/\| line 30$/);
  });
});
