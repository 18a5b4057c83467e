import { describe, expect, it } from 'vitest';
import { labPlace } from '../../../src/lib/lab/names.js';
import { sshArguments } from '../../../src/lib/lab/ssh.js';

const lab = labPlace('lab');

describe('sshArguments', () => {
  it('[R27] accepts only the host keys in the file of the lab', () => {
    const args = sshArguments(lab, '10.77.0.11', ['true']);
    expect(args).toContain('StrictHostKeyChecking=yes');
    expect(args).toContain('UserKnownHostsFile=/var/lib/ee-lab/lab/known_hosts');
    expect(args).toContain('GlobalKnownHostsFile=/dev/null');
  });

  it('leaves a single word to the shell of the host', () => {
    expect(sshArguments(lab, '10.77.0.11', ['ls | wc -l']).slice(-2)).toEqual(['root@10.77.0.11', 'ls | wc -l']);
  });

  it('brings several words to the host unchanged', () => {
    expect(sshArguments(lab, '10.77.0.11', ['echo', "it's $HOME", '']).at(-1)).toBe(`'echo' 'it'\\''s $HOME' ''`);
  });
});
