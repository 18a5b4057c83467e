import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONGEST_RECORD } from '../../src/shipper/csv-records.js';
import { readRecords, type Cursor } from '../../src/shipper/records.js';

const START: Cursor = { offset: 0, headerAt: 0, columns: undefined };
const HEADER = 'type,timeLogged,rcpt,dsnDiag\r\n';

function read(text: string | Buffer, given: { cursor?: Cursor; settled?: boolean; most?: number } = {}) {
  const { cursor = START, settled = false, most = 1000 } = given;
  return readRecords({ file: 'f', bytes: Buffer.from(text as string), cursor, settled, most });
}
const summary = (text: string, settled = false) =>
  read(text, { settled }).items.map((item) => (item.kind === 'record' ? item.fields : item.reason));

describe('the records of an accounting file', () => {
  it('are read by the names of their columns; what is empty is left out', () => {
    expect(summary(`${HEADER}d,1,a@b.example,\r\nb,2,"c@d.example","550 ""no"", never"\r\n`)).toEqual([
      { type: 'd', timeLogged: '1', rcpt: 'a@b.example' },
      { type: 'b', timeLogged: '2', rcpt: 'c@d.example', dsnDiag: '550 "no", never' },
    ]);
  });

  it('may hold line breaks in quoted fields, and may end in LF alone', () => {
    expect(summary('type,rcpt\n"d","one\r\ntwo\nthree"\nd,x\n')).toEqual([
      { type: 'd', rcpt: 'one\r\ntwo\nthree' },
      { type: 'd', rcpt: 'x' },
    ]);
  });

  it('are not read before their last byte is there', () => {
    const whole = `${HEADER}d,1,"a ""b""\r\n",é\r\n`;
    const bytes = Buffer.from(whole);
    for (let length = 0; length < bytes.length; length++) {
      expect(read(bytes.subarray(0, length)).items).toEqual([]);
    }
    expect(read(bytes).items).toHaveLength(1);
  });

  it('follow a header in the middle, from which the reading can go on', () => {
    const first = read(`${HEADER}d,1,a,\r\ntype,rcpt\r\nd,b\r\nd,c\r\n`, { most: 2 });
    expect(first.items.map((item) => item.kind === 'record' && item.fields)).toEqual([
      { type: 'd', timeLogged: '1', rcpt: 'a' },
      { type: 'd', rcpt: 'b' },
    ]);
    expect(first.cursor).toEqual({
      offset: HEADER.length + 'd,1,a,\r\ntype,rcpt\r\nd,b\r\n'.length,
      headerAt: HEADER.length + 'd,1,a,\r\n'.length,
      columns: ['type', 'rcpt'],
    });
  });

  it('have an id of the file, the offset and the bytes', () => {
    const line = 'd,1,a,\r\n';
    const [first, second] = read(`${HEADER}${line}${line}`).items;
    expect(first?.id).toBe(createHash('sha256').update(`f\n${HEADER.length}\n${line}`).digest('hex'));
    expect(second?.id).not.toBe(first?.id);
  });

  it('[R112] do not go down with a torn one: its line is put aside, and the next is read', () => {
    expect(summary(`${HEADER}b,1,x,"torn by a power cut\r\nd,2,y,\r\nd,3,"z",\r\nd,4,w,\r\n`)).toEqual([
      'it is not CSV',
      { type: 'd', timeLogged: '2', rcpt: 'y' },
      { type: 'd', timeLogged: '3', rcpt: 'z' },
      { type: 'd', timeLogged: '4', rcpt: 'w' },
    ]);
    expect(summary(`${HEADER}d,1,a\r\nd,2,y,\r\n`)).toEqual([
      'it has 3 fields where the header has 4',
      { type: 'd', timeLogged: '2', rcpt: 'y' },
    ]);
    expect(summary('d,1,a,\r\n')).toEqual(['no header line is before it']);
  });

  it('wait for the end of an open quote only as long as a record can be', () => {
    const open = `${HEADER}b,1,x,"open\r\n`;
    expect(summary(open)).toEqual([]);
    expect(summary(open, true)).toEqual(['it is not complete']);
    const rest = 'd,2,y,\r\n'.repeat(LONGEST_RECORD / 8);
    expect(summary(open + rest).slice(0, 2)).toEqual(['it is not complete', { type: 'd', timeLogged: '2', rcpt: 'y' }]);
  });

  it('are all read, whatever is in their fields, in whatever parts they are read', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', 'é', ' ', '€') });
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(field, { maxLength: 20 }), fc.integer({ min: 1, max: 5 }), (values, most) => {
        const bytes = Buffer.from(`type,rcpt\r\n${values.map((value) => `d,${quoted(value)}\r\n`).join('')}`);
        const seen: unknown[] = [];
        for (let cursor = START; ;) {
          const part = read(bytes.subarray(cursor.offset), { cursor, most });
          if (part.cursor.offset === cursor.offset) break;
          seen.push(...part.items.map((item) => item.kind === 'record' && (item.fields['rcpt'] ?? '')));
          cursor = part.cursor;
        }
        expect(seen).toEqual(values);
      }),
    );
  });
});
