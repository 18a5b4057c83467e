import { execa } from 'execa';
import type { Host, RunOptions, RunResult } from '../../src/lib/ssh/host.js';

/** This machine as a host, for scripts that only look. Whatever would change something is refused. */
export class LocalHost implements Host {
  readonly name: string = 'vps1';
  readonly address: string = '127.0.0.1';
  /** How many scripts ran. */
  scripts = 0;

  async run(script: string, options: RunOptions = {}): Promise<RunResult> {
    this.scripts += 1;
    const { exitCode, stdout, stderr } = await execa('sh', {
      input: script,
      reject: false,
      encoding: 'buffer',
      env: { LC_ALL: 'C' },
      ...(options.signal ? { cancelSignal: options.signal } : {}),
    });
    return { code: exitCode ?? 255, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) };
  }

  pipe: Host['pipe'] = refuse;
  upload: Host['upload'] = refuse;
  dial: Host['dial'] = refuse;
  listen: Host['listen'] = refuse;
  reconnect = refuse;
  close = async (): Promise<void> => undefined;
}

function refuse(): never {
  throw new Error('This machine is only looked at.');
}
