import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { converge } from '../../../src/lib/converge/converge.js';
import { changesOf, plan, refusalOf } from '../../../src/lib/converge/plan.js';
import type { Resource, Stage } from '../../../src/lib/converge/resource.js';
import { EeError } from '../../../src/lib/errors.js';
import { lock } from '../../../src/lib/converge/lock.js';
import type { LockedHost } from '../../../src/lib/converge/locked-host.js';
import { ShellHost } from '../../support/shell-host.js';

const RUN = { id: '20260216T031500Z-k3f9', by: 'alice@laptop' };

describe('a resource that refuses', () => {
  let folder = '';
  let host: LockedHost;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-refusal-'));
    host = await lock(new ShellHost(folder), RUN);
  });
  afterEach(async () => {
    await host.release();
    await rm(folder, { recursive: true });
  });

  const written = (name: string): Resource => ({
    id: name,
    probe: `cat ${folder}/${name} 2>/dev/null || :`,
    diff: (seen) =>
      seen.length > 0
        ? undefined
        : { action: 'create', summary: `write ${name}`, script: `echo yes > ${folder}/${name}` },
  });
  const refusing = (more: Partial<Resource> = {}): Resource => ({
    id: 'drifted',
    probe: ':',
    diff: () => {
      throw new EeError('PMTA_DRIFT', { path: '/etc/pmta/config', known: true });
    },
    ...more,
  });
  const stages = (refusal: Resource): Stage[] => [
    { name: 'before', resources: [written('address')] },
    { name: 'refused', resources: [written('beside'), refusal, written('next')] },
    { name: 'after', resources: [written('later')] },
  ];
  const isThere = (name: string): Promise<boolean> =>
    readFile(join(folder, name)).then(
      () => true,
      () => false,
    );

  it('[R18] stops its own stage and those after it where it says so: what comes before is planned and made', async () => {
    const planned = await plan(host, stages(refusing({ refusesItsStageOnly: true })));
    expect(changesOf(planned).map(({ id }) => id)).toEqual(['address']);
    expect(refusalOf(planned)).toMatchObject({
      code: 'PMTA_DRIFT',
      message: expect.stringMatching(/^vps1: /) as string,
    });

    await expect(converge(host, planned, { run: RUN, emit: () => undefined })).rejects.toMatchObject({
      code: 'PMTA_DRIFT',
    });
    const there = await Promise.all(['address', 'beside', 'next', 'later'].map(isThere));
    expect(there).toEqual([true, false, false, false]);

    // The next run has nothing left to make before it, and stops at the same place.
    const again = await plan(host, stages(refusing({ refusesItsStageOnly: true })));
    expect([changesOf(again), refusalOf(again)?.code]).toEqual([[], 'PMTA_DRIFT']);
  });

  it('[R18] stops the host before its first change otherwise', async () => {
    await expect(plan(host, stages(refusing()))).rejects.toMatchObject({ code: 'PMTA_DRIFT' });
  });

  it('stops a run that finds out only after it has changed something', async () => {
    let looks = 0;
    const later = refusing({
      refusesItsStageOnly: true,
      diff: () => {
        if ((looks += 1) > 1) throw new EeError('PMTA_DRIFT', { path: '/etc/pmta/config', known: true });
        return undefined;
      },
    });
    const planned = await plan(host, stages(later));
    expect(refusalOf(planned)).toBeUndefined();
    await expect(converge(host, planned, { run: RUN, emit: () => undefined })).rejects.toMatchObject({
      code: 'PMTA_DRIFT',
    });
    expect(await isThere('beside')).toBe(false);
  });
});
