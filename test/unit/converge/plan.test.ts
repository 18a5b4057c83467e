import { describe, expect, it } from 'vitest';
import { reload, restart } from '../../../src/lib/converge/handlers.js';
import { changesOf, plan } from '../../../src/lib/converge/plan.js';
import type { Handler, Resource } from '../../../src/lib/converge/resource.js';
import { LocalHost } from '../../support/local-host.js';

const host = new LocalHost();

const differs = (id: string, ...notifies: Handler[]): Resource => ({
  id,
  probe: `echo ${id}`,
  diff: (seen) => ({ action: 'update', summary: `change ${seen.toString().trim()}`, script: 'exit 1' }),
  notifies,
});
const agrees = (id: string, ...notifies: Handler[]): Resource => ({
  id,
  probe: `echo ${id}`,
  diff: (seen) => (seen.toString().trim() === id ? undefined : { action: 'update', summary: 'mixed up', script: '' }),
  notifies,
});
const [nginx, php] = [reload('ee-test-nginx'), restart('ee-test-php')];

describe('a plan', () => {
  it('gives each resource its own answer, over all stages', async () => {
    const stages = [
      { name: 'one', resources: [agrees('a', nginx), differs('b', php, nginx), agrees('c')] },
      { name: 'two', resources: [agrees('d', php), differs('e')] },
    ];
    expect(changesOf(await plan(host, stages))).toEqual([
      { id: 'b', action: 'update', summary: 'change b' },
      { id: 'reload:ee-test-nginx', action: 'run', summary: 'reload ee-test-nginx' },
      { id: 'restart:ee-test-php', action: 'run', summary: 'restart ee-test-php' },
      { id: 'e', action: 'update', summary: 'change e' },
    ]);
  });

  it('runs a handler once for many changes, and not at all for none', async () => {
    const many = { name: 'many', resources: [differs('a', nginx), differs('b', nginx)] };
    expect(changesOf(await plan(host, [many])).map(({ id }) => id)).toEqual(['a', 'b', 'reload:ee-test-nginx']);
    expect(changesOf(await plan(host, [{ name: 'none', resources: [agrees('a', nginx)] }]))).toEqual([]);
  });

  it('asks the host in one round trip', async () => {
    const before = host.scripts;
    await plan(host, [
      { name: 'one', resources: [agrees('a')] },
      { name: 'two', resources: [agrees('b')] },
    ]);
    expect(host.scripts - before).toBe(1);
  });
});
