import { type Service, serviceQuestion, serviceSeen } from '../../converge/resources/service.js';
import { sayTable, TABLE_QUESTION, tableDifference } from '../../roles/firewall-table.js';
import { quote } from '../../ssh/shell-quote.js';

/** One thing that a host says of itself, and whether it is as it should be. */
export interface Proof {
  readonly what: string;
  readonly seen: string;
  readonly ok: boolean;
}

/** The answers of a status script: lines `name<TAB>value`; a name may come several times. */
export class Answers {
  readonly #values = new Map<string, string[]>();

  constructor(output: string) {
    for (const line of output.split('\n')) {
      const at = line.indexOf('\t');
      if (at < 0) continue;
      const name = line.slice(0, at);
      const values = this.#values.get(name);
      if (values) values.push(line.slice(at + 1));
      else this.#values.set(name, [line.slice(at + 1)]);
    }
  }

  one(name: string): string {
    return this.#values.get(name)?.[0] ?? '';
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  names(): readonly string[] {
    return [...this.#values.keys()];
  }
}

/**
 * Shell that prints whether each service runs and answers, as `unit<TAB>NAME STATE`, and behind `|` what else is known of it. Names may
 * hold shell patterns of systemctl.
 */
export function unitQuestions(units: readonly (string | Service)[]): string {
  return units
    .map((unit): Service => (typeof unit === 'string' ? { name: unit } : unit))
    .map((unit) =>
      [
        `printf 'unit\\t%s ' ${quote(unit.name)}`,
        `(\n${serviceQuestion(unit)}\n) | tr '\\n' '|' | sed 's/|$//'`,
        'echo',
      ].join('\n'),
    )
    .join('\n');
}

/** One proof for all units: those that run, or those that don't. */
export function unitProof(answers: Answers): Proof {
  const units = answers.all('unit').map((line) => {
    const [, name = '', said = ''] = /^(\S*) ?(.*)$/.exec(line) ?? [];
    return { name, ...serviceSeen(said.split('|')) };
  });
  const down = units.flatMap(({ name, state, worker, silent }) => {
    if (state !== 'active') return [`${name} ${state || 'absent'}`];
    if (worker !== undefined && worker.state !== 'active') return [`${worker.name} ${worker.state || 'inactive'}`];
    return silent ? [`${name} does not answer`] : [];
  });
  const names = units.map(({ name }) => name.replace('*', '').replace('.service', ''));
  return {
    what: 'services',
    seen: down.length > 0 ? down.join(', ') : names.length > 0 ? `${names.join(', ')} run` : 'no answer',
    ok: names.length > 0 && down.length === 0,
  };
}

/** Shell that asks whether the firewall's table is loaded, and whether it is as it was declared. */
export const FIREWALL_QUESTION = [
  `printf 'firewall\\t%s\\n' "$(nft list chain inet ee input 2>/dev/null | grep -c 'policy drop')"`,
  `(\n${TABLE_QUESTION}\n) | sed 's/^/table\\t/'`,
].join('\n');

export function firewallProof(answers: Answers): Proof {
  const what = 'firewall';
  if (answers.one('firewall') !== '1') return { what, seen: 'not loaded', ok: false };
  const difference = tableDifference(answers.all('table').join('\n'));
  if (difference === undefined) return { what, seen: 'drops what is not named', ok: true };
  return { what, seen: `is not as declared; what \`ee deploy\` changes: ${sayTable(difference)}`, ok: false };
}
