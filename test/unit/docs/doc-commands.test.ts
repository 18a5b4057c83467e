import { describe, expect, it } from 'vitest';
import { commandsIn, wordsOf } from '../../support/doc-commands.js';

describe('the commands of a document', () => {
  it('are the lines of its sh blocks that start the program, with their section', () => {
    const markdown = [
      'Type `ee nothing`.',
      '## First',
      '```sh',
      '# ee comment',
      'npm ci',
      'ee verify   # a set',
      '```',
      '```json',
      'ee json',
      '```',
      '## Second',
      '```sh',
      "ee lab exec vps1 -- 'ss -tln | grep 80'",
      '```',
    ].join('\n');
    expect(commandsIn(markdown, 'ee')).toEqual([
      { words: ['verify'], line: 6, section: 'First' },
      { words: ['lab', 'exec', 'vps1', '--', 'ss -tln | grep 80'], line: 13, section: 'Second' },
    ]);
  });

  it('are none where a document has no sh block', () => {
    expect(commandsIn('ee verify\n```\nee verify\n```\n', 'ee')).toEqual([]);
  });

  it('are words, of which single quotes make one', () => {
    expect(wordsOf("  ee  init --set 'A=b c' # more")).toEqual(['ee', 'init', '--set', 'A=b c']);
    expect(wordsOf('')).toEqual([]);
  });
});
