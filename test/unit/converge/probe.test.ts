import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { parseProbes, probeScript } from '../../../src/lib/converge/probe.js';

/** Runs the probes as a host does, and gives their answers. */
async function ask(probes: readonly string[]): Promise<Buffer[]> {
  const { stdout } = await execa('sh', { input: probeScript(probes, 'mark-1') });
  return parseProbes(
    stdout,
    probes.map((_, index) => `test:${index}`),
    'mark-1',
    'vps1',
  );
}

describe('probes', () => {
  it('are all asked in one script, each answer to its own question', async () => {
    const answers = await ask(['echo one', ':', "printf 'no line feed'", 'cd /; pwd']);
    expect(answers.map((answer) => answer.toString())).toEqual(['one\n', '', 'no line feed', '/\n']);
  });

  it('may answer with any bytes, also with the marks themselves', async () => {
    const [bytes, marks] = await ask(["printf '\\000\\377\\n\\n'", "echo 'mark-1 0'"]);
    expect(bytes).toEqual(Buffer.from([0, 255, 10, 10]));
    expect(marks?.toString()).toBe('mark-1 0\n');
  });

  it('do not see each other’s variables, and an exit ends one alone', async () => {
    const answers = await ask(['x=1; exit 0', 'echo "[${x:-none}]"']);
    expect(answers[1]?.toString()).toBe('[none]\n');
  });

  it('[R18] that fail are a failure that names the resource, and never pass for an absent thing', async () => {
    await expect(ask(['echo fine', 'echo "cannot look" >&2; exit 3'])).rejects.toMatchObject({
      code: 'REMOTE_FAILED',
      message: 'vps1: looking at test:1 failed (exit 3).\nIts last lines:\n  | cannot look',
    });
  });

  it('[R18] that were not answered are a failure too', () => {
    expect(() => parseProbes('mark-1 0\n', ['test:0'], 'mark-1', 'vps1')).toThrow('looking at test:0 failed');
    expect(() => parseProbes('', ['test:0'], 'mark-1', 'vps1')).toThrow('looking at test:0 failed (exit no answer)');
  });
});
