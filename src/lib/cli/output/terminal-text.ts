import { printable } from '../../printable.js';

/*
 * What reaches the terminal beside plain text, all of it made by ee or by the libraries that draw for it. Everything else that looks
 * like a control sequence (ECMA-48) is written out: no title, no clipboard, no question to the terminal, no hidden text.
 */

/** Bold, dim, italic, underlined, a foreground colour other than black, and their ends. */
const STYLE = String.raw`\x1b\[(?:[0-4]|2[2-4]|3[1-79]|9[0-7])m`;

/** Where the cursor goes, what is cleared, whether the cursor is seen, and the alternate screen (xterm). */
const SCREEN = String.raw`\x1b\[(?:\d*(?:;\d*)?[A-HJK]|\?(?:25|1049)[hl])|[\r\b\x07]`;

const STYLES = new RegExp(`(${STYLE})`);
const DRAWN = new RegExp(`(${STYLE}|${SCREEN})`);

/** Text in which only the styles have an effect. Foreign parts must have been made printable before they were styled. */
export const styledText = (text: string): string => except(STYLES, text);

/** Text for a terminal that is drawn on: the styles and the moves of the cursor have an effect. */
export const drawnText = (text: string): string => except(DRAWN, text);

function except(kept: RegExp, text: string): string {
  return text
    .split(kept)
    .map((part, at) => (at % 2 === 1 ? part : printable(part)))
    .join('');
}
