import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../src/lib/ssh/line-splitter.js';
import { OutputTail } from '../../../src/lib/ssh/output-tail.js';

function split(chunks: readonly Buffer[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.write(chunk);
  splitter.end();
  return lines;
}

describe('LineSplitter', () => {
  it('gives lines and what stands after the last one', () => {
    expect(split([Buffer.from('one\ntwo\r\nthr'), Buffer.from('ee\n\nfive')])).toEqual([
      'one',
      'two',
      'three',
      '',
      'five',
    ]);
  });

  it('takes each redrawing of a progress meter as a line', () => {
    expect(split([Buffer.from(' 10%\r 20%\r'), Buffer.from(' 30%\r'), Buffer.from('\ndone\n')])).toEqual([
      ' 10%',
      ' 20%',
      ' 30%',
      'done',
    ]);
  });

  it('gives the same lines wherever the chunks are cut, also inside a character', () => {
    const bytes = Buffer.from('é€😀\r\nligne\n\rfin');
    const whole = split([bytes]);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 6 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        expect(split(at.slice(1).map((end, index) => bytes.subarray(at[index], end)))).toEqual(whole);
      }),
    );
  });

  it('cuts a line without end', () => {
    expect(split([Buffer.alloc(70_000, 'x')]).map((line) => line.length)).toEqual([70_000]);
    expect(split([Buffer.alloc(70_000, 'x'), Buffer.alloc(10, 'x')]).map((line) => line.length)).toEqual([70_000, 10]);
  });
});

describe('OutputTail', () => {
  it('keeps everything up to its limit, and the last bytes beyond', () => {
    const tail = new OutputTail(10);
    tail.write(Buffer.from('0123456'));
    expect(tail.content().toString()).toBe('0123456');
    for (const chunk of ['789abc', 'defghijklmnopq', 'rs', 't']) tail.write(Buffer.from(chunk));
    expect(tail.content().toString()).toBe('klmnopqrst');
  });
});
