/**
 * Parses a tag list (RFC 6376 §3.2), the form of DKIM, DMARC and other policy records: `tag=value` separated by semicolons, with optional white space. The result keeps the order.
 * Throws an Error that says what is wrong: a duplicate tag makes the whole list invalid.
 */
export function parseTagList(text: string): Map<string, string> {
  const tags = new Map<string, string>();
  const specs = text.split(';');
  if (specs.at(-1)?.trim() === '') specs.pop(); // one trailing semicolon is allowed
  for (const spec of specs) {
    const [, name, value] = /^[ \t\r\n]*([A-Za-z][A-Za-z0-9_]*)[ \t\r\n]*=([^]*)$/.exec(spec) ?? [];
    if (name === undefined || value === undefined) throw new Error(`"${spec.trim()}" is not of the form tag=value`);
    if (tags.has(name)) throw new Error(`the tag ${name} stands there twice`);
    const trimmed = value.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
    if (/[^\x21-\x7e \t\r\n]/.test(trimmed)) throw new Error(`the tag ${name} holds a character outside of ASCII`);
    tags.set(name, trimmed);
  }
  if (tags.size === 0) throw new Error('it is empty');
  return tags;
}
