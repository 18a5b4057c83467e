import { createHash } from 'node:crypto';
import { JOURNAL, STATE } from '../../converge/paths.js';
import { isDrift, originOf, type Origin } from '../../pmta/host/origin.js';
import { waitingByVirtualMta } from '../../pmta/host/queues.js';

export const PMTA_CONFIG = '/etc/pmta/config';

/** What `ee` remembers of the configuration on a host. */
export const PMTA_STATE = `${STATE}/pmta`;

/** Seconds that a command of PowerMTA may take: what it does while pmtad is down is not documented. */
export const PATIENCE = 15;

/**
 * Shell that prints one checksum of everything that PowerMTA reads beside its keys, its licence and its certificates: the
 * configuration, its defaults and what it includes from its own folder.
 */
export const READ_FILES = `find -L /etc/pmta -type f ! -name '.ee-*' ! -path '*/dkim/*' ! -path '*/tls/*' ! -name 'license*' -exec sha256sum {} + 2>/dev/null | sort | sha256sum | cut -d ' ' -f 1`;

/** Shell that prints what is there, a `name value` a line; contents in base64. It changes nothing, and works on a bare host. */
export const PROBE = `p=${PMTA_CONFIG}; s=${PMTA_STATE}
if [ -L "$p" ] || { [ -e "$p" ] && [ ! -f "$p" ]; }; then echo "other $(stat -c %F "$p")"
elif [ -e "$p" ]; then
  echo "mode $(stat -c '%a %U:%G' "$p")"
  echo "content $(base64 -w 0 "$p")"
  shipped=$(dpkg-query -W -f '\${Conffiles}\\n' 2>/dev/null | awk -v p="$p" '$1 == p { print $2; exit }')
  sum=$(md5sum < "$p")
  [ "\${sum%% *}" != "$shipped" ] || echo pristine yes
  at=$(grep -sF '"id":"file:${PMTA_CONFIG}"' ${JOURNAL} | tail -n 1 | sed -n 's/.*"at":"\\([^"]*\\)".*/\\1/p')
  [ -z "$at" ] || [ "$(stat -c %Y "$p")" -gt "$(date -d "$at" +%s)" ] || echo journalled yes
fi
[ ! -e "$s/applied" ] || echo "applied $(base64 -w 0 "$s/applied")"
if [ -d "$s/applying" ]; then
  echo "applying $(tr '\\n' ' ' < "$s/applying/next")"
  if [ -e "$s/applying/previous" ]; then sum=$(sha256sum < "$s/applying/previous"); echo "previous \${sum%% *}"; fi
fi
echo "readFiles $(${READ_FILES})"
if systemctl is-active --quiet pmta; then
  echo active yes
  if queues=$(timeout ${PATIENCE} pmta --dom show queues 2>/dev/null); then echo "queues $(printf '%s' "$queues" | base64 -w 0)"; fi
else
  # A pipe in the place of the file would be waited for without end.
  spool=$([ ! -f "$p" ] || sed -n 's/^[[:space:]]*<\\{0,1\\}spool[[:space:]]\\{1,\\}"\\{0,1\\}\\(\\/[^">[:space:]]*\\).*/\\1/Ip' "$p" 2>/dev/null)
  if printf '%s\\n' "$spool" | while read -r folder; do find "\${folder:-/var/spool/pmta}" -type f 2>/dev/null; done | grep -q .; then echo spooled yes; fi
fi`;

/** The configuration on a host, and what is known of it. */
export interface SeenConfiguration {
  /** What kind of thing stands there instead of a file. */
  readonly other: string | undefined;
  readonly content: Buffer | undefined;
  readonly mode: string;
  readonly owner: string;
  /** What `ee` put into force last. */
  readonly applied: Buffer | undefined;
  /** A run was cut after it began to replace the configuration and before it had verified it. */
  readonly unverified: boolean;
  readonly origin: Origin;
  /** Somebody else wrote what is there. */
  readonly drift: boolean;
  readonly readFiles: string;
  readonly active: boolean;
  /** The service does not run, and there are files in its spool: mail may wait in them. */
  readonly spooled: boolean;
  /** Recipients by virtual MTA; nothing where PowerMTA did not tell. */
  readonly waiting: ReadonlyMap<string, number> | undefined;
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

export function parseSeen(output: Buffer): SeenConfiguration {
  const values = new Map<string, string>();
  for (const line of output.toString('latin1').split('\n')) {
    const at = line.indexOf(' ');
    if (at > 0) values.set(line.slice(0, at), line.slice(at + 1));
  }
  const bytes = (name: string): Buffer | undefined => {
    const value = values.get(name);
    return value === undefined ? undefined : Buffer.from(value, 'base64');
  };
  const [content, applied, queues] = [bytes('content'), bytes('applied'), bytes('queues')];
  const [mode = '', owner = ''] = (values.get('mode') ?? '').split(' ');
  const next = (values.get('applying') ?? '').split(' ').filter((sum) => sum !== '');
  const previous = values.get('previous');
  const origin = originOf({
    ...(content === undefined ? {} : { current: sha256(content) }),
    ...(applied === undefined ? {} : { applied: sha256(applied) }),
    ...(values.has('applying') ? { applying: { next, ...(previous === undefined ? {} : { previous }) } } : {}),
    pristine: values.has('pristine'),
    journalled: values.has('journalled'),
  });
  return {
    other: values.get('other'),
    content,
    mode: mode.padStart(4, '0'),
    owner,
    applied,
    unverified: values.has('applying'),
    origin,
    drift: isDrift(origin),
    readFiles: values.get('readFiles') ?? '',
    active: values.has('active'),
    spooled: values.has('spooled'),
    waiting: queues === undefined ? undefined : waitingByVirtualMta(queues.toString('latin1')),
  };
}
