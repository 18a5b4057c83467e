import type { Writable } from 'node:stream';
import { printable } from '../../printable.js';
import { Outlet } from './outlet.js';
import { sinkOf } from './sinks.js';
import { drawnText, styledText } from './terminal-text.js';

type Stream = NodeJS.WriteStream & Writable;
type Done = (error?: Error | null) => void;

/** Standard output and standard error. Whatever the program writes goes through them, that of libraries too. */
export interface StandardStreams {
  readonly out: Outlet;
  readonly err: Outlet;
}

/** Before they are taken (in tests of a command alone) they are what the process has at that moment. */
let streams: StandardStreams = {
  out: new Outlet((bytes, done) => process.stdout.write(bytes, done)),
  err: new Outlet((bytes, done) => process.stderr.write(bytes, done)),
};

export const standardStreams = (): StandardStreams => streams;

/** Whether the result is read on a screen, and how wide that is; a pipe takes lines of any length. */
export const screenWidth = (): number => process.stdout.columns || Infinity;

/** Takes the process's own streams, once: from now on nothing reaches them but through their outlets. */
export function takeStandardStreams(): StandardStreams {
  streams = { out: taken(process.stdout, 1), err: taken(process.stderr, 2) };
  return streams;
}

/** An outlet for the stream, which oclif, listr2, inquirer and Node's console write through without knowing it. */
function taken(stream: Stream, descriptor: number): Outlet {
  const outlet = new Outlet(sinkOf(stream, descriptor));
  stream.on('error', (error) => outlet.failed(error));
  const shown = stream.isTTY ? drawnText : styledText;
  stream.write = (chunk: string | Uint8Array, encoding?: BufferEncoding | Done, done?: Done): boolean =>
    outlet.write(
      Buffer.from(shown(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'))),
      typeof encoding === 'function' ? encoding : done,
    );
  return outlet;
}

/** Writes text of people, a line or several, to an outlet. Only `ee`'s own styles have an effect when it is `styled`. */
export function say(outlet: Outlet, text: string, { styled = false } = {}): void {
  outlet.write(Buffer.from(`${styled ? styledText(text) : printable(text)}\n`));
}

/**
 * Writes the bytes of a result for programs as they are. At a terminal, which would obey what is in them, they are text.
 */
export function giveBytes(bytes: Uint8Array): void {
  streams.out.write(process.stdout.isTTY ? Buffer.from(printable(lines(bytes))) : bytes);
}

const lines = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8').replaceAll('\r\n', '\n');
