/**
 * Text that `ee` did not make (a host's lines, names in archives, answers of DNS) can hold what a terminal obeys or hides: control
 * characters, which move the cursor, set the title or answer in the operator's place; marks that turn the order of what follows
 * (CVE-2021-42574); and characters that take no room, so that two names look the same. All of it is shown as what it is: `\x1b`, `\u202e`.
 *
 * Left as they are: the line feed, the tab, and the variation selectors that choose how the character before them is drawn.
 */
const MISLEADING = /(?![\n\t\uFE00-\uFE0F])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** The text with everything that misleads written out; lines stay lines. */
export function printable(text: string): string {
  return text.replace(MISLEADING, writtenOut);
}

/** The same for a name or another value that stands within a sentence: it stays on its line. */
export function printableName(text: string): string {
  return printable(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

/** Every text in a value of plain objects and lists made printable, names of fields too; all else stays as it is. */
export function printableValue<T>(value: T): T {
  if (typeof value === 'string') return printable(value) as T;
  if (Array.isArray(value)) return value.map(printableValue) as T;
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [printable(name), printableValue(one)])) as T;
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** JSON in which what misleads stands as \uNNNN (RFC 8259 §7): the same document, safe on a terminal. */
export function printableJson(json: string): string {
  return json.replace(MISLEADING, (character) => {
    const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
    return units.map((unit) => `\\u${hex(unit, 4)}`).join('');
  });
}

function writtenOut(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${hex(code, 2)}`;
  return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 5)}}`;
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');
