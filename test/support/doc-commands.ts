/** A command line of a document, with the line on which it stands. */
export interface DocCommand {
  readonly words: readonly string[];
  readonly line: number;
  readonly section: string;
}

/** All lines of the `sh` blocks of a Markdown document that start `program`, in their order, without comments. */
export function commandsIn(markdown: string, program: string): DocCommand[] {
  const commands: DocCommand[] = [];
  let section = '';
  let inBlock = false;
  for (const [index, text] of markdown.split('\n').entries()) {
    if (text.startsWith('```')) inBlock = text === '```sh';
    else if (!inBlock && text.startsWith('## ')) section = text.slice(3);
    else if (inBlock) {
      const words = wordsOf(text);
      if (words[0] === program) commands.push({ words: words.slice(1), line: index + 1, section });
    }
  }
  return commands;
}

/** The words of a plain command line: blanks part them, single quotes keep them together, a `#` starts a comment. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [, quoted, bare] of line.matchAll(/'([^']*)'|(\S+)/g)) {
    if (bare?.startsWith('#')) break;
    words.push(quoted ?? bare ?? '');
  }
  return words;
}
