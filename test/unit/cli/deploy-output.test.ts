import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { plainView } from '../../../src/lib/cli/deploy/plain.js';
import { deployDocument, deployText, exitOf } from '../../../src/lib/cli/deploy/present.js';
import type { ConvergeEvent } from '../../../src/lib/converge/events.js';
import type { HostOutcome } from '../../../src/lib/deploy/deploy.js';
import { EeError } from '../../../src/lib/errors.js';

const CREATE = { id: 'file:/a', action: 'create', summary: 'write /a', detail: '+one\n' } as const;
const UPDATE = { id: 'file:/b', action: 'update', summary: 'change /b', detail: '-old\n+new\n' } as const;
const locked = new EeError('LOCKED', { host: 'vps2', holder: 'alice@laptop' });
const planned: HostOutcome = { host: 'vps1', status: 'planned', changes: [CREATE, UPDATE], seconds: 1.5 };
const unchanged: HostOutcome = { host: 'vps3', status: 'unchanged', changes: [], seconds: 0.5 };
const failed: HostOutcome = { host: 'vps2', status: 'failed', changes: [CREATE], seconds: 2, error: locked };

describe('the result of a deployment', () => {
  it('[R21] lists what a run would do, with the differences of what is replaced', () => {
    expect(deployText([planned, unchanged], { verbose: false })).toBe(
      [
        'vps1: 2 changes to make',
        '  + write /a  [file:/a]',
        '  ~ change /b  [file:/b]',
        '      -old',
        '      +new',
        'vps3: unchanged, 0 changes (0.5 s)',
      ].join('\n'),
    );
    expect(deployText([planned], { verbose: true })).toContain('  + write /a  [file:/a]\n      +one\n');
  });

  it('[R18] says which host failed, why and what to do next', () => {
    const text = deployText([unchanged, failed], { verbose: false });
    expect(text).toContain('vps2: FAILED after 1 change (2 s)\n');
    expect(text).toContain('Another run is working on vps2: alice@laptop.');
    expect(text).toContain('Wait for it to end.');
  });

  it('[R18] lists what is made before a host stops, and why it stops', () => {
    const drift = new EeError('PMTA_DRIFT', { path: '/etc/pmta/config', known: true }, { where: 'vps2' });
    const stops: HostOutcome = { ...planned, host: 'vps2', changes: [CREATE], error: drift };
    const text = deployText([stops], { verbose: false });
    expect(text).toMatch(/^vps2: 1 change to make, then it stops\n {2}\+ write \/a .*\n {2}.*was changed on the host/);
    expect(text).toContain('`ee deploy vps2 --overwrite-drift`');
    expect(exitOf([stops])).toBe(1);
  });

  it('[R18] ends with the status of the first host that failed', () => {
    expect(exitOf([planned, unchanged])).toBe(0);
    expect(exitOf([unchanged, failed])).toBe(5);
    expect(exitOf([{ ...failed, error: new TypeError('a bug') }, failed])).toBe(1);
  });

  it('has the same shape for scripts whether a host failed or not', () => {
    expect(deployDocument([planned])).toEqual({
      hosts: [{ host: 'vps1', status: 'planned', changes: [CREATE, UPDATE], seconds: 1.5 }],
    });
    const error = { code: 'LOCKED', exit: 5, message: locked.message, hint: locked.hint };
    expect(deployDocument([unchanged, failed])).toEqual({
      error: expect.objectContaining(error) as object,
      hosts: [
        { host: 'vps3', status: 'unchanged', changes: [], seconds: 0.5 },
        {
          host: 'vps2',
          status: 'failed',
          changes: [CREATE],
          seconds: 2,
          error: expect.objectContaining(error) as object,
        },
      ],
    });
  });
});

describe('a run in plain lines', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const EVENTS: ConvergeEvent[] = [
    { kind: 'step', host: 'vps1', step: 'connecting' },
    { kind: 'planned', host: 'vps1', changes: [CREATE] },
    { kind: 'planned', host: 'vps3', changes: [] },
    { kind: 'stage', host: 'vps1', stage: 'packages', changes: 1 },
    { kind: 'progress', host: 'vps1', message: 'Unpacking nginx' },
    { kind: 'changed', host: 'vps1', change: CREATE },
    { kind: 'done', host: 'vps1', changes: 1, seconds: 3 },
    { kind: 'failed', host: 'vps2', error: locked },
  ];

  function shown(verbose: boolean): string[] {
    const lines: string[] = [];
    const view = plainView((line) => lines.push(line), verbose);
    for (const event of EVENTS) view.emit(event);
    void view.close();
    return lines;
  }

  it('says each thing once', () => {
    expect(shown(false)).toEqual([
      'vps1: connecting',
      'vps1: 1 to change',
      'vps3: nothing to change',
      'vps1: packages',
      'vps1:   write /a',
    ]);
  });

  it('shows the lines of the commands when asked to', () => {
    expect(shown(true)[4]).toBe('vps1:   | Unpacking nginx');
  });

  it('says every half minute what takes so long, until it is done', async () => {
    const lines: string[] = [];
    const view = plainView((line) => lines.push(line), false);
    view.emit({ kind: 'stage', host: 'vps1', stage: 'packages', changes: 1 });
    view.emit({ kind: 'progress', host: 'vps1', message: 'Unpacking nginx' });
    vi.advanceTimersByTime(61_000);
    expect(lines).toEqual([
      'vps1: packages',
      'vps1: still at it after 30 s: Unpacking nginx',
      'vps1: still at it after 60 s: Unpacking nginx',
    ]);
    view.emit({ kind: 'done', host: 'vps1', changes: 1, seconds: 61 });
    vi.advanceTimersByTime(120_000);
    expect(lines).toHaveLength(3);
    await view.close();
  });
});
