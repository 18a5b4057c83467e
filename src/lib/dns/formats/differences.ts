import type { Difference } from '../diff.js';

/** What is to be done, for people: each value on a line of its own, so that it can be copied, and what is as it should be counted. */
export function showDifferences(found: readonly Difference[]): string {
  const open = found.filter(({ action }) => action !== 'none');
  const right = `${found.length - open.length} records are as they should be`;
  const sum = open.length === 0 ? `All ${right}.` : `${right}.`;
  return [...open.flatMap(linesOf), sum].join('\n');
}

function linesOf(one: Difference): string[] {
  const title = `${one.action} ${one.type} ${one.name}`;
  switch (one.action) {
    case 'none':
      return [];
    case 'add':
      return [title, `    ${one.wanted}`];
    case 'change':
      return [
        title,
        `    ${one.wanted}`,
        `  at ${one.servers.join(', ')} there is ${one.found.length === 0 ? 'nothing' : ''}`.trimEnd(),
        ...one.found.map((value) => `    ${value}`),
      ];
    case 'remove':
      return [`${title}: ${one.reason}`, ...one.found.map((value) => `    ${value}`)];
    case 'unknown':
      return [`${title}: ${one.reason}`];
  }
}
