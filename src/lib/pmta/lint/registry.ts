import { accessRules } from './access-rules.js';
import { deliveryRules } from './delivery-rules.js';
import { fleetRules } from './fleet-rules.js';
import { hostRules } from './host-rules.js';
import { includeRules } from './include-rules.js';
import { macroRules } from './macro-rules.js';
import { patternRules } from './pattern-rules.js';
import { referenceRules } from './reference-rules.js';
import type { Rule } from './rule.js';
import { structureRules } from './structure-rules.js';
import { suppressionRules } from './suppression-rules.js';
import { valueFormRules } from './value-form-rules.js';
import { valueRules } from './value-rules.js';
import { versionRules } from './version-rules.js';

/** The rules by what they are about; the documentation has them in this order. */
export const RULE_GROUPS: readonly { readonly title: string; readonly rules: readonly Rule[] }[] = [
  { title: 'Blocks and names', rules: structureRules },
  { title: 'Values', rules: [...valueRules, ...valueFormRules] },
  { title: 'Regular expressions', rules: patternRules },
  { title: 'What is named and defined', rules: referenceRules },
  { title: 'Macros', rules: macroRules },
  { title: 'Included files', rules: includeRules },
  { title: 'Access', rules: accessRules },
  { title: 'Delivery', rules: deliveryRules },
  { title: 'Virtual MTAs together', rules: fleetRules },
  { title: 'Versions', rules: versionRules },
  { title: 'The host', rules: hostRules },
  { title: 'Suppressions', rules: suppressionRules },
];

/** All rules; their codes are part of the interface. */
export const RULES: readonly Rule[] = RULE_GROUPS.flatMap(({ rules }) => rules);

const BY_CODE: ReadonlyMap<string, Rule> = new Map(RULES.map((rule) => [rule.code, rule]));

export function ruleOf(code: string): Rule {
  const rule = BY_CODE.get(code);
  if (!rule) throw new Error(`no rule is called ${code}`);
  return rule;
}
