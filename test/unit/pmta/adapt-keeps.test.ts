import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adapt, type Adaptation } from '../../../src/lib/pmta/adapt.js';
import { refusalOf } from '../../../src/lib/pmta/adapt/complete.js';
import type { AdaptationPlan } from '../../../src/lib/pmta/adapt/plan.js';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import { printText, type Document } from '../../../src/lib/pmta/document.js';
import { effectiveSettings, virtualMtaSettings } from '../../../src/lib/pmta/effective.js';
import { lint } from '../../../src/lib/pmta/lint.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { survey } from '../../../src/lib/pmta/survey.js';
import { DOMAINS, oldConfigurations, RECIPIENTS, type OldConfiguration } from '../../support/old-configurations.js';
import { routeOf } from '../../support/pmta-routes.js';
import { planFor } from './two-ips.js';

const catalogue = loadCatalogue();
const NAMES = { nameOf: String, unknown: [] };
const errorsIn = (document: Document): number =>
  lint(document, catalogue).filter(({ severity }) => severity === 'error').length;

/** An adaptation that may be used, with the lines left out that would be lost, and with a model where one is asked for. */
interface Usable {
  readonly original: Document;
  readonly adaptation: Adaptation;
  readonly plan: AdaptationPlan;
}

/** Does what each refusal says, as often as it takes. */
function usable({ text, sending }: OldConfiguration, count: number): Usable {
  const lines = text.split('\n');
  let plan: AdaptationPlan = planFor(count);
  for (let turn = 0; turn < 12; turn++) {
    const adaptation = adapt(parseText(text), plan);
    const refusal = refusalOf(adaptation, catalogue, NAMES);
    if (refusal === undefined) {
      const left = lines.map((line, at) => (wholeBlocks(lines, plan.drop ?? []).includes(at + 1) ? '' : line));
      return { original: parseText(left.join('\n')), adaptation, plan };
    }
    if (refusal.code === 'PMTA_DROP_MISNAMED') {
      plan = { ...plan, drop: (plan.drop ?? []).filter((line) => !adaptation.misnamed.includes(line)) };
      continue;
    }
    expect(refusal.exit).toBe(3);
    if (refusal.code === 'PMTA_UNDECIDED') plan = { ...plan, like: sending[0] ?? '' };
    else if (refusal.code === 'PMTA_UNPLACED') {
      const lost = adaptation.unplaced.map(({ line, text: shown }) => {
        expect(shown).toBe(lines[line - 1]?.trim().replace(/^(auth-password) .*/, '$1 [redacted]'));
        return line;
      });
      plan = { ...plan, drop: [...(plan.drop ?? []), ...lost] };
    } else throw refusal;
  }
  throw new Error('the refusals do not end');
}

/** With each line that opens a block, those of the block. */
function wholeBlocks(lines: readonly string[], numbers: readonly number[]): number[] {
  return numbers.flatMap((number) => {
    const [, tag] = /^\s*<(domain) /.exec(lines[number - 1] ?? '') ?? [];
    if (tag === undefined) return [number];
    const end = lines.findIndex((line, at) => at >= number && line.trim() === `</${tag}>`);
    return Array.from({ length: end + 2 - number }, (_, at) => number + at);
  });
}

/** Whether a value asks for no less: the same, or a smaller limit. */
function holds(name: string, before: string | undefined, after: string | undefined): boolean {
  if (before === after) return true;
  if (name === 'dkim-sign') return after === 'yes';
  if (!/^max-/.test(name) || after === undefined) return false;
  const number = (value: string): number => (value === 'unlimited' ? Infinity : Number.parseInt(value, 10));
  return before === undefined ? /rate$/.test(name) : number(after) <= number(before);
}

const effective = (document: Document, domain: string, virtualMta: string): Map<string, string> =>
  new Map(effectiveSettings(document, domain, virtualMta).settings.map(({ name, value }) => [name, value]));
const own = (document: Document, virtualMta: string): Map<string, string> =>
  new Map(
    virtualMtaSettings(survey(document), virtualMta)
      .filter(({ name }) => !['smtp-source-host', 'domain-key'].includes(name))
      .map(({ name, value }) => [name, value]),
  );

function expectHeld(before: Map<string, string>, after: Map<string, string>, where: string): void {
  for (const name of new Set([...before.keys(), ...after.keys()]))
    if (!holds(name, before.get(name), after.get(name)))
      expect.fail(`${where}: ${name} was ${before.get(name) ?? 'not set'} and is ${after.get(name) ?? 'not set'}`);
}

/** Every old virtual MTA and the new one that has its blocks. */
const pairs = ({ adaptation: { mapping } }: Usable): [string, string][] => [
  ...mapping.virtualMtas.flatMap(({ name, from, stands }): [string, string][] =>
    stands ? [[from[0] ?? '', name]] : [],
  ),
  ...mapping.kept.map((name): [string, string] => [name, name]),
];

const runs = { numRuns: 500 };
const property = (check: (found: Usable, config: OldConfiguration) => void): void =>
  fc.assert(
    fc.property(oldConfigurations, fc.integer({ min: 1, max: 5 }), (config, count) => {
      fc.pre(errorsIn(parseText(config.text)) === 0);
      check(usable(config, count), config);
    }),
    runs,
  );

describe('an adaptation of any configuration', () => {
  it('limits and sends what goes through each virtual MTA as before, or says which lines it cannot', () => {
    property((found) => {
      for (const [old, now] of pairs(found)) {
        expectHeld(own(found.original, old), own(found.adaptation.document, now), `${old} → ${now}`);
        for (const domain of DOMAINS)
          expectHeld(
            effective(found.original, domain, old),
            effective(found.adaptation.document, domain, now),
            `${domain} through ${old} → ${now}`,
          );
      }
    });
  });

  it('leads every recipient where the patterns led him, and discards what was discarded', () => {
    property(({ original, adaptation, plan }, { discarding, pools }) => {
      const nowOf = new Map(
        adaptation.mapping.virtualMtas.flatMap(({ name, from, stands }) => (stands ? [[from[0], name] as const] : [])),
      );
      for (const [at, identity] of plan.identities.entries())
        for (const recipient of RECIPIENTS)
          for (const kind of ['one', 'two', 'three']) {
            const message = {
              mailFrom: identity.sender,
              recipient,
              headers: { 'x-class': kind, from: identity.sender },
            };
            const was = routeOf(original, 'main', message);
            const is = routeOf(adaptation.document, 'sender-to-vmta', message);
            const wanted =
              was === undefined || discarding.includes(was) || pools.includes(was) ? was : (nowOf.get(was) ?? was);
            expect(is).toBe(wanted ?? `vmta-mail${at + 1}`);
          }
    });
  });

  it('signs all mail of the senders that was signed, and ends in nothing that check refuses', () => {
    property(({ adaptation: { document, mapping } }) => {
      expect(errorsIn(document)).toBe(0);
      for (const { name } of mapping.virtualMtas)
        expect(effective(document, 'other.example', name).get('dkim-sign')).toBe('yes');
    });
  });

  it('is the same when it is adapted again', () => {
    property(({ adaptation: { document }, plan: { drop: _, like: __, ...plan } }) => {
      const again = adapt(document, plan);
      expect([printText(again.document), again.unplaced, again.undecided]).toEqual([
        printText(document),
        [],
        undefined,
      ]);
    });
  });
});
