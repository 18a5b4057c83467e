/**
 * Whether a pattern with wildcards stands for a text: `*` for any characters, none as well, and `?` for one. There is one way back, to the
 * last `*`, so a text of n characters takes n² steps at most, whatever the pattern: no regular expression is made of it.
 */
export function wildcard(pattern: string): (text: string) => boolean {
  const plain = pattern.replace(/\*+/g, '*');
  const least = plain.length - plain.split('*').length + 1;
  return (text) => text.length >= least && fits(plain, text);
}

function fits(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resumed = 0;
  for (let place = 0; place < text.length;) {
    if (pattern[at] === '*') {
      star = at++;
      resumed = place;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[place])) {
      at++;
      place++;
    } else if (star !== -1) {
      at = star + 1;
      place = ++resumed;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
