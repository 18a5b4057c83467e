/** One thing that is wrong in a settings file. `line` counts from 1; what is missing has none. */
export interface Problem {
  readonly line?: number;
  readonly name?: string;
  /** What is wrong and, after a dash, how to mend it. Never the value of a secret. */
  readonly message: string;
  /** Nothing contradicts: a value is still to be given. */
  readonly missing?: true;
}

/** `line 3: VPS1_IP: what is wrong — what to do`. */
export function renderProblem({ line, name, message }: Problem): string {
  return [...(line === undefined ? [] : [`line ${line}`]), ...(name === undefined ? [] : [name]), message].join(': ');
}

/** `VPS2_IP repeats VPS1_IP: …`, for values that stand in no file yet, and so on no line. */
export function renderWithoutLine({ name, message }: Problem): string {
  return [...(name === undefined ? [] : [name]), message.replaceAll(/ \(line \d+\)/g, '')].join(' ');
}

/** In the order of the file; what is missing from it last. */
export function inFileOrder(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || 0);
}
