import { ACCOUNTING_SERVICE, DEAD_LETTERS, SHIPPER_STATUS } from '../../roles/accounting.js';
import type { Settings } from '../../settings/settings.js';
import type { Answers, Proof } from './proof.js';

/** Seconds after which a shipper that said nothing is taken for dead, and one that is behind for stuck. */
const SIGN_OF_LIFE = 60;
const MOVES_WITHIN = 300;
/** Days that a loss is told of. */
const LOSS_IS_NEWS = 7;

/** Seconds that a shipper has to say its first word after a start, which on a busy host comes late. */
const FIRST_WORD = 15;

/** Questions to VPS2 about the accounting on its way to the API. */
export const ACCOUNTING_QUESTIONS = [
  `for try in $(seq ${FIRST_WORD}); do`,
  `  [ ! -s ${SHIPPER_STATUS} ] || break`,
  `  case $(systemctl is-system-running):$(systemctl is-active ${ACCOUNTING_SERVICE}) in starting:* | *:active | *:activating) sleep 1 ;; *) break ;; esac`,
  'done',
  `printf 'now\\t%s\\n' "$(date +%s)"`,
  `printf 'accounting\\t%s\\n' "$(cat ${SHIPPER_STATUS} 2>/dev/null)"`,
  `printf 'dead letters\\t%s\\n' "$(grep -c . ${DEAD_LETTERS} 2>/dev/null || :)"`,
].join('\n');

/** What the shipper says of itself. */
interface ShipperStatus {
  readonly updated: string;
  readonly file: string;
  readonly offset: number;
  readonly behind: number;
  readonly delivered: number;
  readonly acknowledged: string;
  readonly lost: { readonly files: number; readonly records: number; readonly last: string };
  readonly failure: string;
}

export function accountingProof(answers: Answers, { engine: { domain } }: Settings): Proof {
  const what = 'accounting';
  const status = parse(answers.one('accounting'));
  if (!status) return { what, seen: 'the shipper says nothing', ok: false };

  const now = Number(answers.one('now'));
  const age = (iso: string): number => (iso === '' ? Infinity : now - Date.parse(iso) / 1000);
  const { updated, file, offset, behind, delivered, acknowledged, lost, failure } = status;
  const dead = Number(answers.one('dead letters'));
  const troubles = [
    ...(age(updated) > SIGN_OF_LIFE ? [`it said nothing since ${updated}`] : []),
    ...(behind > 0 && (failure !== '' || age(acknowledged) > MOVES_WITHIN) ? [failure || 'it does not move'] : []),
    ...(dead > 0 ? [`${dead} dead letters in ${DEAD_LETTERS}`] : []),
    ...(age(lost.last) < LOSS_IS_NEWS * 86_400
      ? [`about ${lost.records} records in ${lost.files} files were lost`]
      : []),
  ];
  const place = file === '' ? 'no file yet' : `${file} up to byte ${offset}`;
  const last = acknowledged === '' ? 'none yet' : `${delivered}, the last at ${acknowledged}`;
  return {
    what,
    seen: [`to ${domain}: ${place}, ${behind} bytes behind`, `records acknowledged: ${last}`, ...troubles].join('; '),
    ok: troubles.length === 0,
  };
}

function parse(text: string): ShipperStatus | undefined {
  try {
    return JSON.parse(text) as ShipperStatus;
  } catch {
    return undefined;
  }
}
