import type { Difference, Resource } from './resource.js';

const MARK = '\n@ee rest\n';

/**
 * A resource that asks the host something before it looks: `question` is shell, whose failure fails the probe, and `diff` gets its
 * answer beside what the resource's own probe printed.
 */
export function asking(
  resource: Resource,
  question: string,
  diff: (answer: Buffer, seen: Buffer) => Difference | undefined,
): Resource {
  return {
    ...resource,
    probe: `(\n${question}\n) || exit\nprintf '\\n@ee rest\\n'\n${resource.probe}`,
    diff(output) {
      const at = output.indexOf(MARK);
      return at < 0 ? diff(Buffer.alloc(0), output) : diff(output.subarray(0, at), output.subarray(at + MARK.length));
    },
  };
}
