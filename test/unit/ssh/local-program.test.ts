import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findKnownKeys } from '../../../src/lib/ssh/known-hosts.js';
import { runLocal } from '../../../src/lib/ssh/local-program.js';

describe('a program of OpenSSH on this machine', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-local-'));
    vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH'] ?? ''}`);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  async function program(name: string, script: string): Promise<void> {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }

  it.each([
    ['it does not end', 'exec sleep 300'],
    ['what it started holds its output', 'sleep 300 & exit 0'],
    ['it is deaf to SIGTERM', 'trap "" TERM; sleep 300 & wait; wait'],
  ])('is waited for no longer than its bound where %s', async (_, script) => {
    await program('ssh', script);
    await expect(runLocal('ssh', ['-G', '--', 'vps1'], { bound: 200 })).rejects.toMatchObject({
      code: 'SSH_TOOL_SILENT',
      exit: 2,
      message: '`ssh -G -- vps1` on this machine gave no answer within 1 s. No host was asked for anything.',
    });
  });

  it('is left at an interrupt', async () => {
    await program('ssh', 'exec sleep 300');
    const interrupt = new AbortController();
    const running = runLocal('ssh', ['-G', '--', 'vps1'], { signal: interrupt.signal });
    interrupt.abort();
    await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED', exit: 130 });
  });

  it('[R27] that cannot read the known keys does not make a host an unknown one', async () => {
    await program('ssh-keygen', 'echo "hostkeys_foreach: Permission denied" >&2; exit 255');
    await expect(findKnownKeys(join(folder, 'ssh-keygen'), 'vps1')).rejects.toMatchObject({
      code: 'SSH_KNOWN_HOSTS_UNREADABLE',
      exit: 2,
      message: expect.stringContaining('(hostkeys_foreach: Permission denied)') as string,
    });
    await program('ssh-keygen', 'exit 1');
    expect(await findKnownKeys(join(folder, 'ssh-keygen'), 'vps1')).toEqual([]);
  });

  it('[R27] that gives no answer about known keys does not make a host an unknown one', async () => {
    await program('ssh-keygen', 'exec sleep 300');
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(), 100);
    await expect(findKnownKeys(join(folder, 'ssh-keygen'), 'vps1', interrupt.signal)).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });
});
