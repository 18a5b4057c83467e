import { describe, expect, it } from 'vitest';
import type { ProblemCode } from '../../../../src/lib/dns/check/codes.js';
import type { Check, Look, Looking } from '../../../../src/lib/dns/check/result.js';
import { isSound, runChecks } from '../../../../src/lib/dns/check/run.js';

/** A check of which each look finds these codes; undefined: nothing. */
function checkWith(...looks: (ProblemCode | undefined)[]): Check & { readonly asked: () => number } {
  let at = 0;
  return {
    ...{ kind: 'ptr', host: 'mail1.example.com', name: '11.2.0.192.in-addr.arpa', type: 'PTR', right: 'all is right' },
    look: () => {
      const code = looks[at++];
      return Promise.resolve<Look>({ findings: code === undefined ? [] : [{ code, message: code }], seen: [] });
    },
    asked: () => at,
  };
}

async function run(...checks: Check[]) {
  const pauses: number[] = [];
  const surveys: number[] = [];
  const report = await runChecks(checks, {
    look: () => (surveys.push(0), {} as Looking),
    pause: () => Promise.resolve(void pauses.push(0)),
  });
  return { report, pauses: pauses.length, surveys: surveys.length };
}
const codes = async (...looks: (ProblemCode | undefined)[]): Promise<string[]> =>
  (await run(checkWith(...looks))).report.checks.map(({ code }) => code);

describe('runChecks', () => {
  it('looks once at what is right', async () => {
    const check = checkWith(undefined);
    const { report, pauses } = await run(check);
    expect([check.asked(), pauses]).toEqual([1, 0]);
    expect(report.checks).toEqual([
      {
        ...{ code: 'ptr', kind: 'ptr', host: 'mail1.example.com', name: '11.2.0.192.in-addr.arpa', type: 'PTR' },
        ...{ severity: 'required', verdict: 'ok', message: 'all is right.', seen: [] },
      },
    ]);
  });

  it('looks twice more at what is not, each time anew, before it says so', async () => {
    const bad = checkWith('ptr-wrong', 'ptr-wrong', 'ptr-wrong');
    const good = checkWith(undefined);
    const { report, pauses, surveys } = await run(bad, good);
    expect([bad.asked(), good.asked(), pauses, surveys]).toEqual([3, 1, 2, 3]);
    expect(report.checks.map(({ code, verdict }) => `${code} ${verdict}`)).toEqual(['ptr-wrong wrong', 'ptr ok']);
  });

  it('raises no alarm for an answer that was wrong once', async () => {
    expect(await codes('ptr-missing', undefined, undefined)).toEqual(['ptr']);
  });

  it.each([
    [['ptr-missing', undefined, 'ptr-missing']],
    [['ptr-missing', 'ptr-missing', undefined]],
    [['ptr-missing', 'ptr-wrong', 'ptr-missing']],
    [['name-server-silent', 'ptr-wrong', 'ptr-wrong']],
  ] as const)('calls what changes from look to look undetermined: %j', async (looks) => {
    const { report } = await run(checkWith(...looks));
    expect(report.checks).toMatchObject([{ code: 'unsteady', verdict: 'undetermined' }]);
    expect(isSound(report)).toBe(false);
  });

  it('[R93] fails for what is required and undetermined, not for what is only recommended', async () => {
    const silent = await run(checkWith('name-server-silent', 'name-server-silent', 'name-server-silent'));
    expect([silent.report.totals, isSound(silent.report)]).toEqual([
      { checks: 1, ok: 0, wrong: 0, missing: 0, undetermined: 1, failed: 1 },
      false,
    ]);
    const generic = await run(checkWith('ptr-generic', 'ptr-generic', 'ptr-generic'));
    expect([generic.report.totals, isSound(generic.report)]).toEqual([
      { checks: 1, ok: 0, wrong: 1, missing: 0, undetermined: 0, failed: 0 },
      true,
    ]);
  });

  it('counts a check once, by the gravest that it found, so that the parts add up', async () => {
    const findings = [
      { code: 'ptr-generic', message: '' },
      { code: 'name-server-silent', message: 'ns1' },
      { code: 'name-server-silent', message: 'ns2' },
    ] as const;
    const several = { ...checkWith(), look: () => Promise.resolve({ findings, seen: [] }) };
    const { report } = await run(several, checkWith(undefined));
    expect(report.checks.map(({ code }) => code)).toEqual([
      'ptr-generic',
      'name-server-silent',
      'name-server-silent',
      'ptr',
    ]);
    expect(report.totals).toEqual({ checks: 2, ok: 1, wrong: 1, missing: 0, undetermined: 0, failed: 1 });
  });

  it('fails when nothing was checked', async () => {
    expect(isSound((await run()).report)).toBe(false);
  });
});
