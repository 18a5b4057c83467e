import type { Catalogue } from './catalogue.js';
import type { Configuration, IncludeTrouble } from './configuration.js';
import { linesOf, type Block, type Document, type Line, type Node } from './document.js';
import { inlined, TooManyLines, tornBetweenFiles, type Inlined, type LinePlace } from './inline.js';
import { statementOf } from './lines.js';
import { loadConfiguration, type IncludeSource } from './load-configuration.js';
import { namedFiles } from './named-files.js';
import { notAConfiguration } from './recognition.js';
import { CONFIGURATION_PATH } from './set-includes.js';

/** Why a configuration of a backup set cannot be used at all. */
export interface IntakeFault extends LinePlace {
  readonly code:
    'CONFIG_NOT_TEXT' | 'CONFIG_EMPTY' | 'CONFIG_NOT_POWERMTA' | 'CONFIG_SYNTAX' | 'CONFIG_INCLUDES_ENDLESS';
  readonly message: string;
}

/** A line whose rules a rendering would lose, and what follows from that. */
export interface LostLine extends LinePlace {
  readonly text: string;
  readonly consequence: string;
}

/** A configuration of a backup set with the files of the set that it includes, and what stands in the way of rendering it. */
export interface Intake {
  /** In one piece: included lines stand in the place of their `include`. */
  readonly document: Document;
  placeOf(number: number): LinePlace;
  /** With any of these there is nothing to render. */
  readonly faults: readonly IntakeFault[];
  /** Includes whose file is not in the set, but for those that are to be dropped. */
  readonly lost: readonly LostLine[];
  /** Lost lines that were named to be dropped: they are not in the document. */
  readonly dropped: readonly LostLine[];
  /** Includes that PowerMTA fetches from an URL by itself. They stay as they are, and nothing is known of what they bring. */
  readonly fetched: readonly LostLine[];
  /** Lines that name other files of the host, which nothing brings there. */
  readonly foreign: readonly LostLine[];
  /** Includes whose files are in the set, each with those files by their path below it. */
  readonly included: readonly (LinePlace & { readonly text: string; readonly files: readonly string[] })[];
}

export interface IntakeOptions {
  readonly catalogue: Catalogue;
  /** Where included files are looked for. */
  readonly source: IncludeSource;
  /** Lines that may be lost, as `12` or `isps.conf:12`. */
  readonly drop?: ReadonlySet<string>;
}

/** Reads a configuration of a backup set. The same answer decides for `ee verify` and for whatever renders. */
export async function takeIn(bytes: Uint8Array, { catalogue, source, drop }: IntakeOptions): Promise<Intake> {
  const main = { path: CONFIGURATION_PATH, name: 'config', bytes };
  const configuration = await loadConfiguration(main, source);
  const { document } = configuration.files[0];
  const unusable = notAConfiguration(bytes, catalogue);
  if (unusable) return { ...NOTHING, document, faults: [{ ...unusable, line: 1 }] };
  const places = placesIn(configuration);
  const lines = configuration.trouble.map((trouble) => ({ trouble, ...placeIn(places, trouble.line) }));
  const lost = lines.filter(({ trouble }) => !isFetched(trouble));
  const isDropped = ({ place }: Trouble): boolean => drop?.has(lineName(place)) ?? false;
  const whole = wholeOf(configuration, new Set(lost.filter(isDropped).map(({ trouble }) => trouble.line)));
  return {
    ...(whole ?? { document, placeOf: (line: number) => ({ line }) }),
    faults: [...binaryFiles(configuration), ...(whole ? structureFaults(whole) : [ENDLESS])],
    lost: lost.filter((one) => !isDropped(one)).map(lostLine),
    dropped: lost.filter(isDropped).map(lostLine),
    fetched: lines.filter(({ trouble }) => isFetched(trouble)).map(lostLine),
    foreign: (whole ? namedFiles(whole.document, catalogue) : []).map(({ line, text }) => ({
      ...(whole?.placeOf(line) ?? { line }),
      text,
      consequence: 'is a file of the old host: ee does not bring it to VPS2, and PowerMTA reads it there',
    })),
    included: [...configuration.included].map(([line, files]) => ({
      ...placeIn(places, line).place,
      text: shown(line),
      files: files.map(({ name }) => name),
    })),
  };
}

/** `12`, or `isps.conf:12` for a line of an included file. */
export const lineName = ({ file, line }: LinePlace): string => (file === undefined ? String(line) : `${file}:${line}`);

const NOTHING = {
  placeOf: (line: number) => ({ line }),
  lost: [],
  dropped: [],
  fetched: [],
  foreign: [],
  included: [],
};

const ENDLESS: IntakeFault = {
  code: 'CONFIG_INCLUDES_ENDLESS',
  line: 1,
  message: 'its included files include each other so often that they bring in more than 200,000 lines',
};

function wholeOf(configuration: Configuration, without: ReadonlySet<Line>): Inlined | undefined {
  try {
    return inlined(configuration, without);
  } catch (cause) {
    if (cause instanceof TooManyLines) return undefined;
    throw cause;
  }
}

function structureFaults(whole: Inlined): IntakeFault[] {
  const torn = tornBetweenFiles(whole).map((line) => ({ line, message: 'begins in one file and ends in another' }));
  return [...whole.document.problems, ...torn].map(({ line, message }) => ({
    code: 'CONFIG_SYNTAX' as const,
    ...whole.placeOf(line),
    message,
  }));
}

function binaryFiles({ files }: Configuration): IntakeFault[] {
  const isBinary = (document: Document): boolean =>
    [...linesOf(document.nodes)].some(({ text }) => text.includes('\0'));
  return files
    .slice(1)
    .filter(({ document }) => isBinary(document))
    .map(({ name }) => ({
      code: 'CONFIG_NOT_TEXT',
      line: 1,
      file: name,
      message: 'it holds NUL bytes: it is not text',
    }));
}

interface Trouble {
  readonly trouble: IncludeTrouble;
  readonly place: LinePlace;
  /** The block that the include stands in. */
  readonly block: Block | undefined;
}

const isFetched = ({ kind, word }: IncludeTrouble): boolean => kind === 'not-followed' && /^"?https?:/i.test(word.text);

type Places = ReadonlyMap<Line, Omit<Trouble, 'trouble'>>;

/** Where each line stands that may be an include. */
function placesIn({ files, trouble, included }: Configuration): Places {
  const places = new Map<Line, Omit<Trouble, 'trouble'>>();
  if (trouble.length === 0 && included.size === 0) return places;
  for (const [at, { name, document }] of files.entries())
    for (const { line, block } of placed(document.nodes))
      places.set(line, { block, place: { line: line.number, ...(at > 0 && { file: name }) } });
  return places;
}

const placeIn = (places: Places, line: Line): Omit<Trouble, 'trouble'> =>
  places.get(line) ?? { block: undefined, place: { line: line.number } };

/** The lines of nodes, with the innermost block around each. */
function* placed(nodes: readonly Node[]): Generator<{ line: Line; block: Block | undefined }> {
  const rest: { nodes: readonly Node[]; block: Block | undefined }[] = [{ nodes, block: undefined }];
  for (let level = rest.pop(); level !== undefined; level = rest.pop()) {
    for (const node of level.nodes) {
      if (node.kind === 'block') rest.push({ nodes: node.children, block: node });
      else {
        yield { line: node.line, block: level.block };
        if (node.kind === 'directive') for (const line of node.more) yield { line, block: level.block };
      }
    }
  }
}

function lostLine({ trouble, place, block }: Trouble): LostLine {
  const where = block ? ` for ${`<${block.tag.text} ${block.name.text}`.trim()}>` : '';
  return {
    ...place,
    text: shown(trouble.line),
    consequence: isFetched(trouble)
      ? `PowerMTA fetches it by itself; what it sets${where} is neither adapted nor checked`
      : `${trouble.kind === 'missing' ? 'the file is not in the backup set' : trouble.message}; what it sets${where} would be lost`,
  };
}

/** The statement of a line, without the password that an URL may have. */
const shown = (line: Line): string => statementOf(line).statement.text.replace(/\/\/[^/@\s]*@/, '//[redacted]@');
