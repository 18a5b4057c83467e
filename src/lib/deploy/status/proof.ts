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

/** Shell that prints whether each systemd unit runs, as `unit<TAB>NAME STATE`. Names may hold shell patterns of systemctl. */
export function unitQuestions(units: readonly string[]): string {
  return units
    .map((unit) => `printf 'unit\\t%s %s\\n' '${unit}' "$(systemctl is-active '${unit}' 2>/dev/null | head -n 1)"`)
    .join('\n');
}

/** One proof for all units: those that run, or those that don't. */
export function unitProof(answers: Answers): Proof {
  const states = answers.all('unit').map((line) => line.split(' '));
  const down = states.filter(([, state]) => state !== 'active').map(([name, state]) => `${name} ${state || 'absent'}`);
  const names = states.map(([name = '']) => name.replace('*', '').replace('.service', ''));
  return {
    what: 'services',
    seen: down.length > 0 ? down.join(', ') : names.length > 0 ? `${names.join(', ')} run` : 'no answer',
    ok: names.length > 0 && down.length === 0,
  };
}

/** Shell that asks whether the firewall's table is loaded. */
export const FIREWALL_QUESTION = `printf 'firewall\\t%s\\n' "$(nft list chain inet ee input 2>/dev/null | grep -c 'policy drop')"`;

export function firewallProof(answers: Answers): Proof {
  const ok = answers.one('firewall') === '1';
  return { what: 'firewall', seen: ok ? 'drops what is not named' : 'not loaded', ok };
}
