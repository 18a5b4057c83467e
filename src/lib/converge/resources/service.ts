import { quote } from '../../ssh/shell-quote.js';
import { answersInTime, waitUntil } from '../ready.js';
import type { Resource } from '../resource.js';

/** A systemd unit, and how it shows that it works. */
export interface Service {
  readonly name: string;
  /** Shell that prints the unit that does the work, where `name` stays active without it; nothing while it is not known. */
  readonly worker?: string;
  /**
   * Shell that succeeds once the service answers, be it with a refusal: of a healthy one it always does, within seconds. One that
   * runs and does not answer is restarted.
   */
  readonly answers?: string;
  /** Shell that succeeds once a started service is ready for what comes after it; without it, once it answers. */
  readonly ready?: string;
}

/** Shell that prints, a line each, what is known of a unit: `STATE`, `worker UNIT STATE`, `silent`. */
export function serviceQuestion({ name, worker, answers }: Service): string {
  return [
    `ee_state=$(systemctl is-active ${quote(name)} 2>/dev/null | head -n 1); printf '%s\\n' "$ee_state"`,
    ...(worker === undefined
      ? []
      : [
          `ee_worker=$( ${worker} )`,
          'if [ -n "$ee_worker" ]; then',
          '  ee_works=$(systemctl is-active "$ee_worker" 2>/dev/null | head -n 1); printf \'worker %s %s\\n\' "$ee_worker" "$ee_works"',
          '  [ "$ee_works" = active ] || ee_state=$ee_works',
          'fi',
        ]),
    ...(answers === undefined ? [] : [`[ "$ee_state" != active ] || ${answersInTime(answers)} || echo silent`]),
  ].join('\n');
}

/** What a unit was seen to be. */
export interface ServiceSeen {
  /** As systemd says it: `active`, `failed`; empty for a unit that is not there. */
  readonly state: string;
  readonly worker: { readonly name: string; readonly state: string } | undefined;
  /** It runs, and does not answer. */
  readonly silent: boolean;
}

export function serviceSeen(lines: readonly string[]): ServiceSeen {
  const [, name = '', state = ''] = lines.find((line) => line.startsWith('worker '))?.split(' ') ?? [];
  return {
    state: lines[0] ?? '',
    worker: name === '' ? undefined : { name, state },
    silent: lines.includes('silent'),
  };
}

/** A service that is enabled, runs and answers. A failed start shows the unit's own last lines. */
export function service(wanted: string | Service): Resource {
  const it: Service = typeof wanted === 'string' ? { name: wanted } : wanted;
  const unit = quote(it.name);
  return {
    id: `service:${it.name}`,
    probe: [`printf '%s ' "$(systemctl is-enabled ${unit} 2>/dev/null | tail -n 1)"`, serviceQuestion(it), ':'].join(
      '\n',
    ),
    diff(output) {
      const [first = '', ...more] = output.toString('utf8').trimEnd().split('\n');
      const [enabled = '', active = ''] = first.split(' ');
      const { worker, silent } = serviceSeen([active, ...more]);
      const isEnabled = ['enabled', 'static', 'indirect', 'alias', 'generated'].includes(enabled);
      const dead = worker !== undefined && worker.state !== 'active';
      const runs = active === 'active' && !dead;
      if (isEnabled && runs && !silent) return undefined;
      const parts = [...(isEnabled ? [] : ['enable']), ...(runs ? [] : ['start']), ...(silent ? ['restart'] : [])];
      const why = dead && active === 'active' ? ` (${worker.name} is ${worker.state || 'inactive'})` : '';
      return {
        action: 'update',
        summary: `${parts.join(' and ')} ${it.name}${why}${silent ? ', which runs and does not answer' : ''}`,
        script: startScript(it, silent),
      };
    },
  };
}

function startScript({ name, worker, answers, ready = answers }: Service, silent: boolean): string {
  const unit = quote(name);
  return [
    'systemctl daemon-reload',
    `systemctl enable ${unit}`,
    start(unit, silent ? 'restart' : 'start'),
    ...(worker === undefined
      ? []
      : [`ee_worker=$( ${worker} )`, 'if [ -n "$ee_worker" ]; then', start('"$ee_worker"', 'start'), 'fi']),
    // A unit of Type=simple counts as started before it has had time to fail.
    'sleep 1',
    `if ! systemctl is-active --quiet ${unit}; then ${lastLines(unit)}; exit 1; fi`,
    ...(ready ? [waitUntil(ready)] : []),
  ].join('\n');
}

const start = (unit: string, verb: 'start' | 'restart'): string =>
  `systemctl reset-failed ${unit} 2>/dev/null || :\nif ! systemctl ${verb} ${unit}; then ${lastLines(unit)}; exit 1; fi`;

const lastLines = (unit: string): string => `journalctl -q --no-pager -o cat -u ${unit} -n 12`;
