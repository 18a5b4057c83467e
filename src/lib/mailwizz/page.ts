/** What the pages of the application say, as far as whoever installs it must understand them. */

/** Texts of the elements that tell what is wrong: those of the class `errorMessage` of forms, and the alerts of the backend. */
export function complaintsIn(html: string): string[] {
  const tags = [...html.matchAll(/<(\/?)(\w+)(?=[\s/>])[^<>]*>/g)].map(
    ({ 0: text, 1: slash, 2: word = '', index }) => ({
      text,
      index,
      name: word.toLowerCase(),
      closes: slash === '/',
    }),
  );
  /** Where each complaining element ends: at the next closing tag of its name, as seen from behind. */
  const ends = new Map<number, number>();
  const closing = new Map<string, number>();
  for (const { name, index, closes, text } of tags.toReversed()) {
    const end = closing.get(name);
    if (closes) closing.set(name, index);
    else if (end !== undefined && complains(text)) ends.set(index, end);
  }
  const texts = new Set<string>();
  let until = 0;
  for (const { index, text } of tags) {
    const end = ends.get(index);
    // What stands in a complaint is part of it.
    if (end === undefined || index < until) continue;
    texts.add(textOf(html.slice(index + text.length, end)));
    until = end;
  }
  texts.delete('');
  return [...texts];
}

const complains = (tag: string): boolean =>
  [...tag.matchAll(/\bclass\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)].some(([, double, single]) =>
    /\b(?:errorMessage|alert-danger)\b/i.test(double ?? single ?? ''),
  );

/** The hidden token without which the backend takes no form. */
export function tokenIn(html: string): string | undefined {
  return valueOf(html, 'csrf_token');
}

/** The value of the first input with this name. */
function valueOf(html: string, name: string): string | undefined {
  for (const [input] of html.matchAll(/<input\b[^<>]*>/gi)) {
    if (attribute(input, 'name') === name) return attribute(input, 'value');
  }
  return undefined;
}

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'i').exec(tag);
  return found ? decoded(found[1] ?? found[2] ?? '') : undefined;
}

function textOf(html: string): string {
  return decoded(html.replace(/<[^<>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
}

const ENTITIES: ReadonlyMap<string, string> = new Map(
  Object.entries({ lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', amp: '&' }),
);

function decoded(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (entity, decimal?: string, hex?: string, name = '') => {
    if (decimal !== undefined) return character(Number(decimal));
    if (hex !== undefined) return character(parseInt(hex, 16));
    return ENTITIES.get(String(name).toLowerCase()) ?? entity;
  });
}

/** The character of a number; U+FFFD where there is none (HTML, "numeric character reference end state"). */
function character(code: number): string {
  const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : '\uFFFD';
}
