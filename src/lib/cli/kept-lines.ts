import type { KeptPanel } from '../deploy/mailwizz/panel/kept-panels.js';
import type { PmtaApplyOutcome } from '../deploy/pmta/apply.js';
import type { KeptConfiguration, Refusal } from '../deploy/pmta/kept-configurations.js';

/** A kept configuration of PowerMTA, in a line. */
export function configurationLine({ id, replaced, by, bytes, sha256, current, refused }: KeptConfiguration): string {
  const when = replaced ? `replaced ${replaced} by ${by}` : 'replaced by a run that was interrupted';
  const remark = refused === null ? (current ? '  (current)' : '') : `  (${NOT_OFFERED[refused]})`;
  return `${id}  ${when}  ${bytes} bytes  ${sha256.slice(0, 12)}${remark}`;
}

const NOT_OFFERED: Readonly<Record<Refusal, string>> = {
  'package-example': "not offered: the package's own example",
  'no-virtual-mta': 'not offered: no virtual MTA',
};

const WORK: Readonly<Record<KeptPanel['kind'], string>> = {
  replace: 'a replacement',
  upgrade: 'an upgrade',
  rollback: 'a rollback',
};

/** A kept panel, in a line. */
export function panelLine({ id, kind, kept, by, version, database, tables, bytes }: KeptPanel): string {
  return `${id}  kept ${kept} before ${WORK[kind]} by ${by}  MailWizz ${version ?? '?'}  ${database}: ${tables} tables, dump of ${bytes} bytes`;
}

/** How long a configuration that was brought back stays: nothing to say where the host had it already, which may be that of the settings. */
export function stayNotes(status: PmtaApplyOutcome['status']): readonly string[] {
  if (status === 'unchanged') return [];
  return [
    'This configuration stays until the next `ee deploy vps2` or `ee pmta apply`, which write the one of the settings again: `ee pmta diff` shows what they would change.',
  ];
}
