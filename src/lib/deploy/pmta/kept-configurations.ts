import { BACKUPS, JOURNAL } from '../../converge/paths.js';
import { EeError } from '../../errors.js';
import { PMTA_CONFIG } from '../../roles/pmta-configuration/seen.js';
import type { Host } from '../../ssh/host.js';
import { quote } from '../../ssh/shell-quote.js';

/** A configuration that a run replaced, kept on the host under the run's name. */
export interface KeptConfiguration {
  /** The run that replaced it. */
  readonly id: string;
  /** When that was, and who did it, as the journal has it; empty where it has not. */
  readonly replaced: string;
  readonly by: string;
  readonly bytes: number;
  readonly sha256: string;
  /** It is what the host has now. */
  readonly current: boolean;
  /** Why it is not offered to go back to; `null` where it is. */
  readonly refused: Refusal | null;
}

/** The package's own example sends nothing, and neither does what has no virtual MTA. */
export type Refusal = 'package-example' | 'no-virtual-mta';

/** A run's name is made of the time and hexadecimal digits; nothing else becomes a path. */
const RUN_ID = /^[A-Za-z0-9-]{1,64}$/;

/**
 * Prints `current SHA256`, and for each kept file `kept RUN BYTES SHA256 FACTS JOURNAL`. The facts are letters: w, `ee` wrote it, as
 * the journal shows; v, it has a virtual MTA; p, it is the package's own, by dpkg's checksum or as the run noted that replaced it:
 * where that run found none and there is a copy all the same, the package brought it in the same run.
 */
const LIST = `sum=; [ ! -f ${PMTA_CONFIG} ] || sum=$(sha256sum < ${PMTA_CONFIG}); echo "current \${sum%% *}"
shipped=$(dpkg-query -W -f '\${Conffiles}\\n' 2>/dev/null | awk -v p=${PMTA_CONFIG} '$1 == p { print $2; exit }')
j=$(grep -sF '"id":"file:${PMTA_CONFIG}"' ${JOURNAL})
for f in ${BACKUPS}/*${PMTA_CONFIG}; do
  [ -f "$f" ] || continue
  id=\${f#${BACKUPS}/}; id=\${id%%/*}
  sum=$(sha256sum < "$f"); sum=\${sum%% *}; md5=$(md5sum < "$f"); facts=k
  entry=$(printf '%s\\n' "$j" | grep -F "\\"run\\":\\"$id\\"" | tail -n 1)
  ! printf '%s\\n' "$j" | grep -qF "\\"sha256\\":\\"$sum\\"" || facts=\${facts}w
  ! grep -qaiE '^[[:space:]]*<virtual-mta[[:space:]]' "$f" || facts=\${facts}v
  [ "\${md5%% *}" != "$shipped" ] || facts=\${facts}p
  case $entry in *'"replaced":"pristine"'* | *'"replaced":"absent"'*) facts=\${facts}p ;; esac
  printf 'kept %s %s %s %s %s\\n' "$id" "$(stat -c %s "$f")" "$sum" "$facts" "$(grep -sF "\\"run\\":\\"$id\\"" ${JOURNAL} | tail -n 1)"
done`;

/** The kept configurations, the newest first. */
export async function keptConfigurations(host: Host, signal: AbortSignal): Promise<KeptConfiguration[]> {
  const output = await asked(host, LIST, 'listing earlier configurations', signal);
  return parseKept(output.toString('utf8'));
}

export function parseKept(output: string): KeptConfiguration[] {
  const lines = output.split('\n');
  const current = lines.find((line) => line.startsWith('current '))?.slice('current '.length);
  return lines
    .flatMap((line) => {
      const [, id, bytes, sha256, facts = '', journal = ''] =
        /^kept (\S+) (\d+) ([0-9a-f]{64}) (k[wvp]*) ?(.*)$/.exec(line) ?? [];
      if (id === undefined || sha256 === undefined) return [];
      const { at = '', by = '' } = entryOf(journal);
      const refused = refusalOf(new Set(facts));
      return [{ id, replaced: at, by, bytes: Number(bytes), sha256, current: sha256 === current, refused }];
    })
    .sort((a, b) => (a.id < b.id ? 1 : -1));
}

function refusalOf(facts: ReadonlySet<string>): Refusal | null {
  if (facts.has('w')) return null;
  if (facts.has('p')) return 'package-example';
  return facts.has('v') ? null : 'no-virtual-mta';
}

function entryOf(line: string): { at?: string; by?: string } {
  try {
    const entry = JSON.parse(line) as { at?: unknown; by?: unknown };
    return {
      ...(typeof entry.at === 'string' ? { at: entry.at } : {}),
      ...(typeof entry.by === 'string' ? { by: entry.by } : {}),
    };
  } catch {
    return {};
  }
}

/** The one to bring back: the named one, or the newest offered one that is not what the host has now. */
export function chosen(kept: readonly KeptConfiguration[], id: string | undefined): KeptConfiguration {
  const offered = kept.filter(({ refused }) => refused === null);
  const ids = offered.map((one) => one.id);
  const found = id === undefined ? offered.find(({ current }) => !current) : kept.find((one) => one.id === id);
  if (!found) throw new EeError('ROLLBACK_NOTHING', { host: 'vps2', id: id ?? '', ids });
  if (found.refused !== null)
    throw new EeError('ROLLBACK_SENDS_NOTHING', { host: 'vps2', id: found.id, reason: found.refused, ids });
  return found;
}

export async function keptContent(host: Host, { id, sha256 }: KeptConfiguration, signal: AbortSignal): Promise<Buffer> {
  if (!RUN_ID.test(id)) throw new EeError('ROLLBACK_NOTHING', { host: host.name, id, ids: [] });
  const path = quote(`${BACKUPS}/${id}${PMTA_CONFIG}`);
  const output = await asked(
    host,
    `sum=$(sha256sum < ${path}); [ "\${sum%% *}" = ${sha256} ] && base64 ${path}`,
    'reading an earlier configuration',
    signal,
  );
  return Buffer.from(output.toString('latin1'), 'base64');
}

async function asked(host: Host, script: string, step: string, signal: AbortSignal): Promise<Buffer> {
  const { code, stdout, stderr } = await host.run(script, { step, signal });
  if (code === 0) return stdout;
  const output = stderr.toString('utf8').trim();
  throw new EeError('REMOTE_FAILED', { host: host.name, step, status: `exit ${code}`, output });
}
