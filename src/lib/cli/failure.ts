import { EXIT, EeError, type Exit } from '../errors.js';
import { usageMistake, type ParserError } from './usage-mistake.js';

/** A failure as it is shown: what happened, what it means, and what to type next. */
export interface ShownFailure {
  readonly code: string;
  readonly exit: Exit;
  readonly message: string;
  readonly hint: string;
  /** Only for a bug: an operator's mistake never has one. */
  readonly stack?: string;
}

/** What oclif attaches to its own errors. */
interface OclifError extends ParserError {
  readonly oclif?: { readonly exit?: number };
}

/**
 * Turns anything that was thrown into what the operator is shown. `command` is what was typed (`ee deploy all`), for the
 * hint of a usage error. What is neither an EeError nor a usage error is a bug, and says so.
 */
export function toFailure(error: unknown, command: string): ShownFailure {
  if (error instanceof EeError) {
    return { code: error.code, exit: error.exit, message: error.message, hint: error.hint };
  }
  if (isPromptClosed(error)) return toFailure(new EeError('INTERRUPTED', { during: command }), command);
  if (isUsageError(error)) return { code: 'USAGE', exit: EXIT.usage, ...usageMistake(error, command) };
  const reason = error instanceof Error ? textOf(() => error.message) || textOf(() => error.name) : textOf(() => error);
  const stack = error instanceof Error ? textOf(() => error.stack ?? reason) : reason;
  return {
    code: 'UNEXPECTED',
    exit: EXIT.failed,
    message: `${command} stopped on an unexpected error: ${reason}`,
    hint: 'This is a fault in ee, not in what you typed. Run it again with --verbose and report what it shows.',
    stack,
  };
}

/** What is thrown can be anything, also something that no text can be made of. */
function textOf(value: () => unknown): string {
  try {
    return String(value());
  } catch {
    return 'what was thrown has no text';
  }
}

/** The text for people: sentence, next step, and with `verbose` the stack of a bug. */
export function renderFailure(failure: ShownFailure, options: { verbose: boolean }): string {
  // Who says no is told what came of it; that is no error.
  const sentence = failure.code === 'DECLINED' ? failure.message : `Error: ${failure.message}`;
  const lines = [sentence, ...(failure.hint ? [`Next: ${failure.hint}`] : [])];
  if (options.verbose && failure.stack !== undefined) lines.push(failure.stack);
  return lines.join('\n');
}

/** The document of `--json`. */
export function failureDocument(failure: ShownFailure): { error: Omit<ShownFailure, 'stack'> } {
  const { code, exit, message, hint } = failure;
  return { error: { code, exit, message, hint } };
}

/** oclif's parser errors carry `parse`; its unknown commands exit 127. */
function isUsageError(error: unknown): error is OclifError {
  if (!(error instanceof Error)) return false;
  const { oclif, parse } = error as OclifError;
  return parse !== undefined || oclif?.exit === EXIT.usage || oclif?.exit === 127;
}

/** inquirer's answer to Ctrl-C in a question. */
export function isPromptClosed(error: unknown): boolean {
  return error instanceof Error && error.name === 'ExitPromptError';
}
