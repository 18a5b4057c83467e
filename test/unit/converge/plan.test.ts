import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noteHandlers, reload, restart } from '../../../src/lib/converge/handlers.js';
import { PENDING } from '../../../src/lib/converge/paths.js';
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
/** A host of this machine whose markers are in a folder of their own. */
class MarkedHost extends LocalHost {
  constructor(private readonly folder: string) {
    super();
  }

  override run(script: string): ReturnType<LocalHost['run']> {
    return super.run(script.replaceAll(PENDING, this.folder));
  }
}

describe('a handler that a run left behind', () => {
  let folder: string;
  let marked: MarkedHost;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-pending-'));
    await writeFile(join(folder, 'content'), 'before');
    marked = new MarkedHost(folder);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A file that should hold `content`, and whose change restarts PowerMTA. */
  const wanted = (content: string): Resource => ({
    id: "file:/it's",
    probe: `cat '${join(folder, 'content')}'`,
    diff: (seen) =>
      seen.toString() === content
        ? undefined
        : { action: 'update', summary: 'change it', script: `printf ${content} > '${join(folder, 'content')}'` },
    notifies: [restart('pmta')],
  });
  const planned = async (resource: Resource) => {
    const { stages } = await plan(marked, [{ name: 'one', resources: [resource] }]);
    return { changes: stages[0]?.changes ?? [], handlers: (stages[0]?.handlers ?? []).map(({ id }) => id) };
  };
  /** What a run does until it is killed: the marker, and no further or with the change. */
  async function killedRun(resource: Resource, withChange: boolean): Promise<void> {
    const [change] = (await planned(resource)).changes;
    if (!change) throw new Error('nothing to change');
    const script = [...noteHandlers(change), ...(withChange ? [change.difference.script] : [])].join('\n');
    expect((await marked.run(script)).code).toBe(0);
  }

  it('[R19] runs where its change took place', async () => {
    await killedRun(wanted('after'), true);
    expect(await planned(wanted('after'))).toEqual({ changes: [], handlers: ['restart:pmta'] });
  });

  it('does not run where its change never took place, and is not wanted any more', async () => {
    await killedRun(wanted('after'), false);
    expect(await planned(wanted('before'))).toEqual({ changes: [], handlers: [] });
    // Wanted still, it is to be made, and then the handler runs.
    expect((await planned(wanted('after'))).handlers).toEqual(['restart:pmta']);
  });

  it('runs where one of several changes took place', async () => {
    await killedRun(wanted('after'), false);
    await killedRun(wanted('after'), true);
    expect((await planned(wanted('after'))).handlers).toEqual(['restart:pmta']);
  });

  it('runs where nobody can say: the resource is not looked at any more, or the marker says nothing', async () => {
    const other = { ...agrees('other'), notifies: [restart('pmta')] };
    await killedRun(wanted('after'), false);
    expect((await planned(other)).handlers).toEqual(['restart:pmta']);
    await writeFile(join(folder, encodeURIComponent('restart:pmta')), '');
    expect((await planned(wanted('before'))).handlers).toEqual(['restart:pmta']);
  });
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
