/** What the pages of the application say, as far as whoever installs it must understand them. */

/** Texts of the elements that tell what is wrong: those of the class `errorMessage` of forms, and the alerts of the backend. */
export function complaintsIn(html: string): string[] {
  const elements = html.matchAll(
    /<(\w+)\b[^>]*\bclass\s*=\s*(["'])[^"']*\b(?:errorMessage|alert-danger)\b[^"']*\2[^>]*>([\s\S]*?)<\/\1>/gi,
  );
  const texts = [...elements].map(([, , , content = '']) => textOf(content));
  return [...new Set(texts.filter((text) => text !== ''))];
}

/** The hidden token without which the backend takes no form. */
export function tokenIn(html: string): string | undefined {
  return valueOf(html, 'csrf_token');
}

/** The value of the first input with this name. */
function valueOf(html: string, name: string): string | undefined {
  for (const [input] of html.matchAll(/<input\b[^>]*>/gi)) {
    if (attribute(input, 'name') === name) return attribute(input, 'value');
  }
  return undefined;
}

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'i').exec(tag);
  return found ? decoded(found[1] ?? found[2] ?? '') : undefined;
}

function textOf(html: string): string {
  return decoded(html.replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', amp: '&' };

function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (entity, decimal, hex, name: string) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    if (hex) return String.fromCodePoint(parseInt(hex as string, 16));
    return ENTITIES[name.toLowerCase()] ?? entity;
  });
}
