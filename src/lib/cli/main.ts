import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Config, Errors, type Interfaces, run, settings } from '@oclif/core';
import { normalizeArgv } from '@oclif/core/help';
import { EXIT, EeError, type Exit } from '../errors.js';
import { closest } from '../closest.js';
import { packageRoot } from '../package-root.js';
import { printableJson } from '../printable.js';
import { failureDocument, renderFailure, toFailure } from './failure.js';
import { endNow, statusOnceArrived } from './output/ending.js';
import { say, standardStreams, takeStandardStreams } from './output/standard-streams.js';

export interface MainOptions {
  /** Run the TypeScript of `src/` instead of `dist/`. */
  readonly development?: boolean;
}

/**
 * Runs the command line `typed`, waits until its output has arrived, and gives the exit status: the caller may end the process.
 * Commands show their own failures; the rest is shown here.
 */
export async function main(typed: string[], options: MainOptions = {}): Promise<number> {
  const streams = takeStandardStreams();
  const argv = withLongHelp(typed);
  // What nothing caught, such as an error in a timer: it is told like any other.
  process.on('uncaughtException', (error) => endNow(show(error, argv)));
  return statusOnceArrived(streams, await dispatch(argv, options));
}

async function dispatch(argv: string[], { development = false }: MainOptions): Promise<number> {
  // Without this, NODE_ENV would decide whether `dist/` or `src/` runs.
  settings.enableAutoTranspile = false;
  try {
    const config = await Config.load(development ? fromSource() : { root: packageRoot() });
    assertCommand(argv, config);
    await run(argv, config);
    return EXIT.done;
  } catch (error) {
    // A command that has shown its result or its failure only hands over its status.
    if (error instanceof Errors.ExitError) return error.oclif.exit ?? EXIT.failed;
    return show(error, argv);
  }
}

/**
 * oclif's own way of finding `src/` falls back to `dist/` in silence, and a manifest beside package.json wins over its settings.
 * With `src/` as the root there is neither.
 */
function fromSource(): { root: string; pjson: Interfaces.PJSON } {
  const pjson = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as Interfaces.PJSON;
  const commands = { strategy: 'pattern', target: './commands' } as const;
  return { root: join(packageRoot(), 'src'), pjson: { ...pjson, oclif: { ...pjson.oclif, commands } } };
}

function show(error: unknown, argv: readonly string[]): Exit {
  const failure = toFailure(error, 'ee');
  const { out, err } = standardStreams();
  if (asksForJson(argv)) say(out, printableJson(JSON.stringify(failureDocument(failure), null, 2)));
  else say(err, renderFailure(failure, { verbose: argv.includes('--verbose') }));
  return failure.exit;
}

/** oclif answers an unknown command with status 127 and text, and half a command with help and status 0. */
function assertCommand(argv: readonly string[], config: Config): void {
  const words = untilFlag(argv);
  const help = argv.some((word) => word === '--help' || word === '--version');
  if (help || (words.length === 0 && !asksForJson(argv)) || words[0] === 'help') return;

  const [id = ''] = normalizeArgv(config, [...argv]);
  if (config.findCommand(id)) return;

  const typed = words.join(' ');
  const commands = config.commands.filter(({ hidden }) => !hidden).map((command) => command.id.replaceAll(':', ' '));
  const below = commands.filter((command) => command.startsWith(`${typed} `));
  if (typed === '' || below.length > 0) {
    if (!asksForJson(argv) && words.length === argv.length) return;
    throw new EeError('USAGE', {
      message: `\`${`ee ${typed}`.trim()}\` needs a command${below.length > 0 ? `: ${below.join(', ')}` : ''}.`,
      hint: `\`${`ee ${typed}`.trim()} --help\` lists them.`,
    });
  }
  const taker = commands.find((command) => typed.startsWith(`${command} `));
  if (taker !== undefined) {
    throw new EeError('USAGE', {
      message: `\`ee ${taker}\` takes no argument: ${typed.slice(taker.length + 1)}`,
      hint: `\`ee ${taker} --help\` shows what it takes.`,
    });
  }
  const suggestion = suggestionFor(words, commands);
  throw new EeError('USAGE', {
    message: `\`ee ${typed}\` is not a command.`,
    hint: suggestion === undefined ? '`ee --help` lists the commands.' : `Did you mean \`ee ${suggestion}\`?`,
  });
}

/** The command that was meant, or the topic: `deploy …` for `dploy`. */
function suggestionFor(words: readonly string[], commands: readonly string[]): string | undefined {
  const command = closest(words.join(' '), commands);
  if (command !== undefined) return command;
  const topics = new Set(commands.filter((id) => id.includes(' ')).map((id) => id.replace(/ .*/, '')));
  const topic = closest(words[0] ?? '', topics);
  return topic === undefined ? undefined : `${topic} …`;
}

/** The words before the first flag: what names a command. */
function untilFlag(argv: readonly string[]): readonly string[] {
  const flag = argv.findIndex((word) => word.startsWith('-'));
  return flag === -1 ? argv : argv.slice(0, flag);
}

function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
}

/** `-h` is help, as everywhere, but not what stands behind `--`, nor in a command for a host of the lab. */
function withLongHelp(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  const own = argv.slice(0, end === -1 ? argv.length : end);
  const last = own[0] === 'lab' && own[1] === 'exec' ? 3 : own.length;
  return argv.map((word, index) => (word === '-h' && index < last ? '--help' : word));
}
