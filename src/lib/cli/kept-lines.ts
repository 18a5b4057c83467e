import type { KeptPanel } from '../deploy/mailwizz/panel/kept-panels.js';
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
