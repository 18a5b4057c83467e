import { quote } from '../../ssh/shell-quote.js';
import { waitUntil } from '../ready.js';
import type { Resource } from '../resource.js';

/**
 * A systemd unit that is enabled and runs. A failed start shows the unit's own last lines. `ready` is shell that succeeds once
 * the service answers.
 */
export function service(name: string, ready?: string): Resource {
  const unit = quote(name);
  return {
    id: `service:${name}`,
    probe: `printf '%s %s\\n' "$(systemctl is-enabled ${unit} 2>/dev/null | tail -n 1)" "$(systemctl is-active ${unit} 2>/dev/null)"`,
    diff(output) {
      const [enabled = '', active = ''] = output.toString('utf8').trim().split(' ');
      const isEnabled = ['enabled', 'static', 'indirect', 'alias', 'generated'].includes(enabled);
      if (isEnabled && active === 'active') return undefined;
      const parts = [...(isEnabled ? [] : ['enable']), ...(active === 'active' ? [] : ['start'])];
      return { action: 'update', summary: `${parts.join(' and ')} ${name}`, script: startScript(unit, ready) };
    },
  };
}

function startScript(unit: string, ready: string | undefined): string {
  return [
    'systemctl daemon-reload',
    `systemctl enable ${unit}`,
    `systemctl reset-failed ${unit} 2>/dev/null || :`,
    `if ! systemctl start ${unit}; then journalctl -q --no-pager -o cat -u ${unit} -n 12; exit 1; fi`,
    // A unit of Type=simple counts as started before it has had time to fail.
    'sleep 1',
    `if ! systemctl is-active --quiet ${unit}; then journalctl -q --no-pager -o cat -u ${unit} -n 12; exit 1; fi`,
    ...(ready ? [waitUntil(ready)] : []),
  ].join('\n');
}
