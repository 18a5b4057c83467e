import { createTwoFilesPatch } from 'diff';
import type { Difference, Resource } from '../../converge/resource.js';
import type { Trial } from '../../converge/trial.js';
import { EeError } from '../../errors.js';
import { goneVirtualMtas, retiringBlocks, withRetiring } from '../../pmta/host/retiring.js';
import { nameOf } from '../../pmta/adapt/edit.js';
import { printDocument, type Document } from '../../pmta/document.js';
import { expectationsOf } from '../../pmta/host/expectations.js';
import { comparedPairs } from '../../pmta/host/compared-pairs.js';
import { effectiveChanges } from '../../pmta/host/effective-changes.js';
import { doubtsOf, parseReadBack, type SettingChange } from '../../pmta/host/read-back.js';
import { parseDocument } from '../../pmta/parse.js';
import { bothWithoutSecrets } from '../../pmta/redact.js';
import {
  CONFIG_MODE,
  CONFIG_OWNER,
  finishScript,
  KEEP,
  replaceScript,
  STOPPED,
  TAKE_BACK,
  TAKE_NOTE,
} from './scripts.js';
import { parseSeen, PMTA_CONFIG, PROBE, sha256, type SeenConfiguration } from './seen.js';

export interface ConfigurationWanted {
  /** Bytes, since it need not be UTF-8; it holds the relay password. */
  readonly content: Buffer;
  /** What somebody else wrote on the host may go, with a copy. Otherwise it stops the run. */
  readonly overwriteDrift?: boolean;
  /** Nothing else of what PowerMTA reads changes in this run, so any change of it is somebody else's. */
  readonly alone?: boolean;
}

/** What the host should have now: the wanted configuration, with the virtual MTAs that still have mail in their queues. */
export interface Step {
  readonly content: Buffer;
  readonly document: Document;
  /** Names of those virtual MTAs. */
  readonly retiring: readonly string[];
}

/**
 * The configuration of PowerMTA. It is tested beside the running one, put in its place, tested there, reloaded, and read back; on any
 * doubt the former one returns. A virtual MTA with mail in its queue stays until a later run finds the queue empty.
 */
export function pmtaConfiguration(wanted: ConfigurationWanted): Resource {
  return {
    id: `file:${PMTA_CONFIG}`,
    probe: PROBE,
    diff: (output) => difference(wanted, parseSeen(output)),
    // A configuration that somebody edited must not keep a missing address away: without the address it cannot be replaced.
    refusesItsStageOnly: true,
  };
}

/** The next step from what is on the host to what is wanted. */
export function nextStep(content: Buffer, seen: SeenConfiguration): Step {
  const final = parseDocument(content);
  // What keeps PowerMTA from starting was never in force; what ee wrote last was.
  const inForce = seen.active ? seen.content : (seen.applied ?? seen.content);
  const running = inForce === undefined ? undefined : parseDocument(inForce);
  const gone = running ? goneVirtualMtas(running, final) : [];
  // A package's own example was never in force, and where nothing is spooled nothing waits.
  if (!running || gone.length === 0 || (!seen.active && (seen.origin === 'pristine' || !seen.spooled))) {
    return { content, document: final, retiring: [] };
  }
  if (seen.waiting === undefined)
    throw new EeError('PMTA_QUEUES_UNKNOWN', { virtualMtas: gone, stopped: !seen.active });
  const blocks = retiringBlocks(running, final, seen.waiting);
  const document = withRetiring(final, blocks);
  return { content: printDocument(document), document, retiring: blocks.map(nameOf) };
}

function difference(wanted: ConfigurationWanted, seen: SeenConfiguration): Difference | undefined {
  if (seen.other !== undefined) throw new EeError('NOT_A_FILE', { path: PMTA_CONFIG, type: seen.other });
  const step = nextStep(wanted.content, seen);
  if (seen.content?.equals(step.content)) return sameContent(step, seen);
  if (seen.drift && !wanted.overwriteDrift)
    throw new EeError('PMTA_DRIFT', { path: PMTA_CONFIG, known: seen.origin === 'changed' });
  return replacement(wanted, step, seen);
}

function sameContent(step: Step, seen: SeenConfiguration): Difference | undefined {
  const wasWith = `${seen.owner} ${seen.mode}`;
  const rights =
    wasWith === `${CONFIG_OWNER} ${CONFIG_MODE}`
      ? []
      : [`chown ${CONFIG_OWNER} ${PMTA_CONFIG}`, `chmod ${CONFIG_MODE} ${PMTA_CONFIG}`];
  if (seen.unverified) {
    const readBack = questionsOf(step.document, []);
    return {
      action: 'run',
      summary: `finish putting ${PMTA_CONFIG} into force`,
      script: [...rights, finishScript(readBack)].join('\n'),
      trial: trialOf(step.document, [], []),
    };
  }
  if (rights.length > 0) {
    return {
      action: 'update',
      summary: `${PMTA_CONFIG}: ${wasWith} → ${CONFIG_OWNER} ${CONFIG_MODE}`,
      script: [...rights, KEEP].join('\n'),
    };
  }
  if (seen.applied?.equals(step.content)) return undefined;
  return { action: 'run', summary: `take note of ${PMTA_CONFIG} as it is`, script: TAKE_NOTE };
}

function replacement(
  { alone, content: final }: ConfigurationWanted,
  { content, document, retiring }: Step,
  seen: SeenConfiguration,
): Difference {
  const before = seen.content === undefined ? undefined : parseDocument(seen.content);
  const pairs = before && seen.active && !seen.unverified ? comparedPairs(before, document) : [];
  const note = retiring.length === 0 ? '' : ` (${retiring.join(', ')} until no mail waits there)`;
  return {
    action: before ? 'update' : 'create',
    summary: `${before ? 'change' : 'write'} ${PMTA_CONFIG}${note}`,
    detail: configurationDiff(seen.content, content),
    journal: { sha256: sha256(content), replaced: seen.origin },
    script: replaceScript({
      content,
      sha256: sha256(content),
      guard: { sha256: seen.content && sha256(seen.content), readFiles: alone ? seen.readFiles : undefined },
      // A virtual MTA on its way out is no reason to stop: it works with what it has.
      needs: expectationsOf(parseDocument(final)),
      readBack: questionsOf(document, pairs),
    }),
    trial: trialOf(
      document,
      before ? goneVirtualMtas(before, document) : [],
      before ? effectiveChanges(before, document, pairs) : [],
    ),
  };
}

function questionsOf(document: Document, pairs: readonly string[]) {
  const { virtualMtas, listeners } = expectationsOf(document);
  return { virtualMtas: virtualMtas.map(({ name }) => name), pairs, listeners };
}

function trialOf(document: Document, gone: readonly string[], changes: readonly SettingChange[]): Trial {
  const changing = new Set(changes.map(({ pair }) => pair));
  return {
    judge: (output) =>
      // Where PowerMTA does not run yet there is nothing to read back; its start is the proof.
      output.split('\n').includes('reloaded')
        ? doubtsOf(parseReadBack(output), { expectations: expectationsOf(document), gone, changing })
        : [],
    keep: KEEP,
    takeBack: TAKE_BACK,
    failure: (code, output) => stopped(code, lastLines(output)),
    doubted: (reasons, left) =>
      left === undefined
        ? new EeError('PMTA_TAKEN_BACK', { reasons })
        : new EeError('PMTA_NOT_TAKEN_BACK', { output: [...reasons, left].join('\n') }),
  };
}

function stopped(code: number, output: string): EeError {
  switch (code) {
    case STOPPED.changed:
      return new EeError('PMTA_CHANGED_MEANWHILE', { path: PMTA_CONFIG });
    case STOPPED.unfit:
      return new EeError('PMTA_HOST_UNFIT', { problems: output.split('\n') });
    case STOPPED.refused:
      return new EeError('PMTA_REFUSED', { output });
    case STOPPED.restored:
      return new EeError('PMTA_RELOAD_REFUSED', { output });
    case STOPPED.lost:
      return new EeError('PMTA_NOT_TAKEN_BACK', { output });
    default:
      return new EeError('PMTA_APPLY_CUT', { status: code, output });
  }
}

/** What the commands said, without steps and without what was for the judge. */
function lastLines(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !/^(step: |@ \d|\| |reloaded$)/.test(line));
  return lines.slice(-15).join('\n');
}

const shown = (document: Document): string => printDocument(document).toString('utf8');

/** Milliseconds after which two configurations are too different to be compared line by line: no two real ones are. */
const COMPARISON_PATIENCE = 20_000;

/** A unified diff without passwords. Where they differ in a password, its line is shown with both values masked. */
export function configurationDiff(
  before: Buffer | undefined,
  after: Buffer,
  from: string = PMTA_CONFIG,
  to: string = PMTA_CONFIG,
  timeout: number = COMPARISON_PATIENCE,
): string {
  const [was, is] = bothWithoutSecrets(parseDocument(before ?? Buffer.alloc(0)), parseDocument(after));
  const [name, old, fresh] = [before ? from : '/dev/null', shown(was), shown(is)];
  const patch = createTwoFilesPatch(name, to, old, fresh, undefined, undefined, { context: 2, timeout });
  const lines = (text: string): number => text.split('\n').length - 1;
  return (
    patch?.replace(/^(Index: .*\n)?=+\n/, '') ??
    `--- ${name}\n+++ ${to}\n(too different to be shown line by line: ${lines(old)} lines become ${lines(fresh)})\n`
  );
}
