import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Interrupt } from '../../../src/lib/cli/interrupt.js';

/** An Interrupt that listens, the exits that it asked for, and a way to send it a signal. */
function listening(): { interrupt: Interrupt; exits: number[]; send: (name: 'SIGINT' | 'SIGTERM') => void } {
  const exits: number[] = [];
  const before = new Set(process.listeners('SIGINT'));
  const interrupt = new Interrupt('ee deploy all', (exit) => exits.push(exit));
  interrupt.listen();
  const [receive] = process.listeners('SIGINT').filter((listener) => !before.has(listener));
  return { interrupt, exits, send: (name) => receive?.(name) };
}

describe('an interruption', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('aborts the signal that a command asked for and leaves it the time to stop', () => {
    const { interrupt, exits, send } = listening();
    const { signal } = interrupt;
    send('SIGTERM');
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ code: 'INTERRUPTED', exit: 130 });
    expect(interrupt.failure.message).toBe('Interrupted during ee deploy all.');
    expect(exits).toEqual([]);
    interrupt.ignore();
  });

  it('lets as many listen to its signal as are at work, without a warning of Node', async () => {
    vi.useRealTimers();
    const warnings: string[] = [];
    const note = ({ name }: Error) => void warnings.push(name);
    process.on('warning', note);
    const { interrupt } = listening();
    for (let one = 0; one < 50; one += 1) interrupt.signal.addEventListener('abort', () => one);
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
    process.off('warning', note);
    interrupt.ignore();
  });

  it('says that nothing was written where everything is written at the end', () => {
    const { message, hint } = new Interrupt('ee init', () => undefined, 'unwritten').failure;
    expect([message, hint]).toEqual(['Interrupted during ee init. Nothing was written.', 'Run it again.']);
  });

  it('says of what was sent that the same command sends it again', () => {
    expect(new Interrupt('ee send-test', () => undefined, 'repeats').failure.hint).toBe(
      'What was handed over is on its way. The same command again does all of it once more.',
    );
  });

  it('does not wait at the second time', () => {
    const { interrupt, exits, send } = listening();
    expect(interrupt.signal.aborted).toBe(false);
    send('SIGINT');
    send('SIGINT');
    expect(exits).toEqual([130]);
    interrupt.ignore();
  });

  it('ends a command that is stuck within two seconds', () => {
    const { interrupt, exits, send } = listening();
    expect(interrupt.signal.aborted).toBe(false);
    send('SIGTERM');
    vi.advanceTimersByTime(1_500);
    expect(exits).toEqual([]);
    vi.advanceTimersByTime(400);
    expect(exits).toEqual([130]);
    interrupt.ignore();
  });

  it('ends nothing any more once the command has stopped in good order', () => {
    const { interrupt, exits, send } = listening();
    expect(interrupt.signal.aborted).toBe(false);
    send('SIGTERM');
    interrupt.ignore();
    vi.advanceTimersByTime(60_000);
    expect(exits).toEqual([]);
  });

  it('ends at once where nobody asked for the signal', () => {
    const { interrupt, exits, send } = listening();
    send('SIGINT');
    expect(exits).toEqual([130]);
    interrupt.ignore();
  });

  it('stops what asked for the signal where nobody reads the result, and leaves it its time', () => {
    const { interrupt, exits, send } = listening();
    const { signal } = interrupt;
    interrupt.abandon();
    expect([signal.aborted, interrupt.happened, exits]).toEqual([true, false, []]);
    vi.advanceTimersByTime(60_000);
    expect(exits).toEqual([130]);
    send('SIGINT');
    expect(interrupt.happened).toBe(true);
    interrupt.ignore();
  });

  it('stops what asks for the signal after its reader has gone', () => {
    const { interrupt } = listening();
    interrupt.abandon();
    expect(interrupt.signal.aborted).toBe(true);
    interrupt.ignore();
  });

  it('lets a command that does not heed it go on to its end, which nobody reads', () => {
    const { interrupt, exits } = listening();
    interrupt.abandon();
    vi.advanceTimersByTime(60_000);
    expect(exits).toEqual([]);
    interrupt.ignore();
  });

  it('knows what the work was stopped with from a failure of its own', () => {
    const { interrupt } = listening();
    const abort = Object.assign(new Error('aborted'), { name: 'AbortError' });
    expect(interrupt.stopped(abort)).toBe(false);
    interrupt.abandon();
    expect(interrupt.stopped(abort)).toBe(true);
    expect(interrupt.stopped(new Error('vps2 did not answer', { cause: interrupt.signal.reason }))).toBe(true);
    expect(interrupt.stopped(new Error('the disk is full'))).toBe(false);
    interrupt.ignore();
  });

  it('stops listening when told to', () => {
    const before = process.listenerCount('SIGINT');
    const { interrupt } = listening();
    expect(process.listenerCount('SIGINT')).toBe(before + 1);
    interrupt.ignore();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
