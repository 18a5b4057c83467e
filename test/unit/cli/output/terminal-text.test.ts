import { Chalk } from 'chalk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LiveScreen } from '../../../../src/lib/cli/live-screen.js';
import { drawnText, styledText } from '../../../../src/lib/cli/output/terminal-text.js';

const styles = new Chalk({ level: 1 });
const STYLED = (['red', 'green', 'yellow', 'cyan', 'gray', 'bold', 'dim'] as const).map((style) =>
  styles[style]('text'),
);

/** Sequences that no part of ee makes: titles, the clipboard, questions to the terminal, hidden text, scrolling, programmed keys. */
const HOSTILE = [
  '\x1b]0;title\x07',
  '\x1b]52;c;ZXZpbA==\x1b\\',
  '\x1b[6n',
  '\x1b[c',
  '\x1b[8m',
  '\x1b[30;40m',
  '\x1b[5i',
  '\x1bP$q"p\x1b\\',
  '\x1b[1;24r',
  '\x1b[?1000h',
  '\x1bc',
  '\x9b2J',
  '\u202e',
];

describe('what reaches a terminal', () => {
  it.each(STYLED)('keeps the styles of ee: %j', (text) => {
    expect([styledText(text), drawnText(text)]).toEqual([text, text]);
  });

  it.each(HOSTILE)('is no other sequence: %j', (text) => {
    for (const shown of [styledText(`a${text}b`), drawnText(`a${text}b`)]) {
      expect(shown.replaceAll('\x07', '')).not.toMatch(/[\x1b\x80-\x9f\u202e]/);
    }
  });

  it('keeps what draws a screen that is drawn over, where a terminal is drawn on', () => {
    const written: string[] = [];
    const terminal = {
      columns: 40,
      rows: 5,
      write: (text: string) => written.push(text) > 0,
      on: () => terminal,
      off: () => terminal,
    };
    const screen = new LiveScreen(terminal as never);
    screen.show(() => ['one', styles.red('two')]);
    screen.close();
    expect(written.map(drawnText)).toEqual(written);
    expect(written.map(styledText)).not.toEqual(written);
  });

  it('holds no control sequence but those, whatever it is', () => {
    const part = fc.oneof(fc.constantFrom(...HOSTILE, ...STYLED, '\r', '\x1b', '['), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const rest = styledText(parts.join('')).replace(/\x1b\[(?:[1-4]|2[2-4]|3[1-79]|9[0-7]|0)m/g, '');
        expect(rest).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
      }),
      { numRuns: 500 },
    );
  });
});
