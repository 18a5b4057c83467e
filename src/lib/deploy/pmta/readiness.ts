import type { Expectations } from '../../pmta/host/expectations.js';
import { PATIENCE } from '../../roles/pmta-configuration/seen.js';
import { quote } from '../../ssh/shell-quote.js';

/** Shell that asks a host whether it is ready for a configuration; `parseReadiness` reads the answers. */
export function readinessQuestions({ readable }: Expectations): string {
  return [
    `ip -o address show | awk '{ split($4, a, "/"); print "address " a[1] }'`,
    ...readable.map(
      (path) => `runuser -u pmta -- test -r ${quote(path)} 2>/dev/null || echo ${quote(`unreadable ${path}`)}`,
    ),
    `for d in /etc/pmta /var/spool/pmta /var/lib/ee; do df -kP "$d" 2>/dev/null | awk 'NR == 2 { print "free " $4 }'; done`,
    `ss -Hltnp | awk '{ print "listening " $4 " " $6 }'`,
    `timeout ${PATIENCE} pmta --dom show status 2>/dev/null | sed -n 's/^status\\.status="\\(.*\\)"$/status \\1/p' || :`,
  ].join('\n');
}
