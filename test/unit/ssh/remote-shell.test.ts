import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { newMark, scriptText, shellReadingStdin, shellRunning, stopScript } from '../../../src/lib/ssh/remote-shell.js';

const sh = (input: string) => spawnSync('sh', ['-s', 'ee-test'], { input, encoding: 'utf8' });

describe('scriptText', () => {
  it('[R26] keeps the rest of a script from commands that read their standard input', () => {
    expect(sh(scriptText('cat\nread -r line || echo "nothing to read"\necho rest')).stdout).toBe(
      'nothing to read\nrest\n',
    );
  });

  it('runs nothing of a script that was cut on the way, wherever', () => {
    const whole = scriptText('echo first\necho second');
    const end = whole.lastIndexOf('}');
    for (let cut = whole.indexOf('{') + 1; cut <= end; cut += 1) expect(sh(whole.slice(0, cut)).stdout).toBe('');
    expect(sh(whole.slice(0, end)).status).not.toBe(0);
    expect(sh(whole).stdout).toBe('first\nsecond\n');
  });

  it('takes an empty script, a comment at the end, a here-document, and gives the status of the last command', () => {
    expect(sh(scriptText('')).status).toBe(0);
    expect(sh(scriptText('cat <<END\nin } here\nEND\n(exit 7) # comment'))).toMatchObject({
      stdout: 'in } here\n',
      status: 7,
    });
    expect(sh(scriptText('exit 9\necho not reached'))).toMatchObject({ stdout: '', status: 9 });
  });

  it('gives a script no arguments and a fixed environment', () => {
    expect(sh(scriptText('echo "$# $LC_ALL $DEBIAN_FRONTEND $(umask) $PWD"')).stdout).toBe(
      '0 C noninteractive 0022 /\n',
    );
  });
});

describe('the commands that start a shell', () => {
  it('carry a mark, and sudo that never asks for a user other than root', () => {
    expect(newMark()).toMatch(/^ee-[0-9a-f]{16}$/);
    expect(shellReadingStdin('ee-1', false)).toBe('sh -s ee-1');
    expect(shellReadingStdin('ee-1', true)).toBe('sudo -n -H -- sh -s ee-1');
    expect(shellRunning("cat > '/a b'", 'ee-1', true)).toMatch(
      /^sudo -n -H -- sh -c 'export .*; cat > '\\''\/a b'\\''' ee-1$/,
    );
  });
});

/** Lines of /proc/PID/stat of the processes of a session, without those that are dead and not yet collected. */
function living(session: number | undefined): string[] {
  const script = 'for s in /proc/[0-9]*/stat; do read -r l <$s && echo "$l"; done 2>/dev/null';
  const lines = spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout.split('\n');
  return lines.filter((line) => line.split(') ')[1]?.split(' ')[3] === String(session) && !/\) Z /.test(line));
}

describe.skipIf(process.platform !== 'linux')('stopScript (reads /proc: Linux)', () => {
  it('ends the marked shell with its children and background jobs, and nothing else', async () => {
    const mark = newMark();
    const other = spawn('sleep', ['300']);
    const marked = spawn(
      'sh',
      ['-c', 'trap "" TERM; sleep 301 & (sleep 302 & sleep 303) & echo up; wait; sleep 304', mark],
      {
        detached: true,
      },
    );
    await new Promise((resolve) => marked.stdout.once('data', resolve));
    const gone = new Promise<string | null>((resolve) => marked.once('exit', (_code, signal) => resolve(signal)));
    expect(sh(scriptText(stopScript(mark))).status).toBe(0);
    expect(await gone).toBe('SIGKILL');
    // A process that was killed lives until the kernel has scheduled it once more.
    await expect.poll(() => living(marked.pid), { timeout: 30_000 }).toEqual([]);
    expect(other.exitCode).toBeNull();
    other.kill();
  });

  it('has nothing to do when the command is gone already', () => {
    expect(sh(scriptText(stopScript(newMark()))).status).toBe(0);
  });
});
