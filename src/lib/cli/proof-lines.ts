import chalk from 'chalk';
import type { Proof } from '../deploy/status/proof.js';
import { printableValue } from '../printable.js';

/** Proofs as people read them, a line each. */
export function proofLines(seen: readonly Proof[]): string[] {
  const proofs = printableValue(seen);
  const width = Math.max(...proofs.map(({ what }) => what.length));
  return proofs.map(
    ({ what, seen, ok }) => `  ${ok ? chalk.green('✔') : chalk.red('✖')} ${what.padEnd(width)}  ${seen}`,
  );
}
