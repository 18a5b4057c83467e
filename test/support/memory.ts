import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** How many bytes are still held, once all that nobody holds was collected, after a piece of work that gives what is to be kept. */
export function heldBy(work: () => unknown): number {
  const before = held();
  const kept = work();
  const bytes = held() - before;
  return kept === undefined ? NaN : bytes;
}

function held(): number {
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
