import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config.js';
import { ConfigError } from '../src/config-error.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ee-engine-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const GOOD = {
  port: 8000,
  postgres: { host: '/run/postgresql', port: 5432, database: 'email_engine', user: 'email_engine' },
  redis: { host: '127.0.0.1', port: 6379 },
  identities: [{ ip: '192.0.2.11', domain: 'mail1.example.com', sender: 'contact@mail1.example.com' }],
};
const SECRETS = {
  'admin-key': 'k'.repeat(32),
  'accounting-key': 'a'.repeat(32),
  'postgres-password': 'pg secret',
  'redis-password': 'redis secret',
};

function environment(config: unknown, secrets: Record<string, string> = SECRETS): Record<string, string> {
  writeFileSync(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  for (const [name, value] of Object.entries(secrets)) writeFileSync(join(folder, name), value);
  return { EE_CONFIG: join(folder, 'config.json'), CREDENTIALS_DIRECTORY: folder };
}

/** The problems, with the folder of this test left out. */
function problems(of: Record<string, string | undefined>): string[] {
  try {
    loadConfig(of);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((problem) => problem.replaceAll(`${folder}/`, ''));
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('is read from its file, and the secrets from files of their own', () => {
    expect(loadConfig(environment(GOOD, { ...SECRETS, 'admin-key': `${'k'.repeat(32)}\n` }))).toEqual({
      port: 8000,
      adminKey: 'k'.repeat(32),
      accountingKey: 'a'.repeat(32),
      postgres: { ...GOOD.postgres, password: 'pg secret' },
      redis: { ...GOOD.redis, password: 'redis secret' },
      identities: GOOD.identities,
      mailwizz: {},
    });
  });

  it('[R101] has MailWizz without a key where nobody gave one, or systemd put another word in its place', () => {
    writeFileSync(join(folder, 'panel.crt'), 'the certificate\n');
    const server = { address: '192.0.2.10', port: 443, name: 'panel.example.com' };
    const config = { ...GOOD, mailwizz: { ...server, authorities: [join(folder, 'panel.crt')] } };
    const read = (secrets: Record<string, string> = {}) =>
      loadConfig(environment(config, { ...SECRETS, ...secrets })).mailwizz;
    const known = { ...server, authorities: ['the certificate'] };
    expect(read()).toEqual({ server: known });
    expect(read({ 'mailwizz-key': 'none' })).toEqual({ server: known });
    expect(read({ 'mailwizz-key': 'c0ffee\n' })).toEqual({ server: known, key: 'c0ffee' });
  });

  it('tells everything that is wrong with it at once', () => {
    const broken = {
      port: '8000',
      postgres: { host: '', port: 70_000, database: 'email_engine', user: 'email_engine' },
      identities: [{ ip: '192.0.2.256', domain: 'mail1.example.com', sender: 'nobody' }, 'text'],
    };
    expect(problems(environment(broken, { ...SECRETS, 'redis-password': '' }))).toEqual([
      'config.json: redis is missing',
      'config.json: port must be a port, 1 to 65535',
      'config.json: postgres: host must be a text',
      'config.json: postgres: port must be a port, 1 to 65535',
      'redis-password is empty',
      'config.json: identities[1] is not an object',
      'config.json: identities[0]: ip is not an IPv4 address',
      'config.json: identities[0]: sender is not an e-mail address',
    ]);
  });

  it('[R99] has no default key, and takes no short one', () => {
    expect(problems(environment(GOOD, { 'postgres-password': 'x', 'redis-password': 'x' }))).toEqual([
      "admin-key cannot be read: ENOENT: no such file or directory, open 'admin-key'",
      "accounting-key cannot be read: ENOENT: no such file or directory, open 'accounting-key'",
    ]);
    expect(problems(environment(GOOD, { ...SECRETS, 'admin-key': 'admin' }))).toEqual([
      'admin-key is shorter than 24 characters',
    ]);
    expect(problems(environment(GOOD, { ...SECRETS, 'accounting-key': 'short' }))).toEqual([
      'accounting-key is shorter than 24 characters',
    ]);
  });

  it('must be named by the environment, and be JSON', () => {
    expect(problems({})).toEqual(['EE_CONFIG names no file', 'CREDENTIALS_DIRECTORY names no folder']);
    expect(problems(environment('{'))[0]).toMatch(/^config.json cannot be read: .*JSON/);
  });
});
