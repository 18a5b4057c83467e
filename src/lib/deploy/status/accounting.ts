import { deadLettersOf, SHIPPER_USER, shipperStatusOf, TO_API, TO_PANEL } from '../../roles/accounting.js';
import type { Settings } from '../../settings/settings.js';
import type { Answers, Proof } from './proof.js';

/** Seconds after which a shipper that said nothing is taken for dead, and one whose place does not move for stuck. */
const SIGN_OF_LIFE = 60;
const MOVES_WITHIN = 300;
/** Days that a loss is told of. */
const LOSS_IS_NEWS = 7;

/** Seconds that a shipper has to say its first word after a start, which on a busy host comes late. */
const FIRST_WORD = 15;

/** Both shippers, and the name under which each one's figures come. */
const SHIPPERS = [
  { it: TO_API, name: 'accounting' },
  { it: TO_PANEL, name: 'bounces' },
] as const;

/** In its own folders a shipper can put anything in the place of a file: it is read as that user, and has an end. */
const AS_SHIPPER = `runuser -u ${SHIPPER_USER} -- timeout 10`;

/** Questions to VPS2 about the accounting on its way to the API and to MailWizz. */
export const ACCOUNTING_QUESTIONS = [
  ...SHIPPERS.flatMap(({ it, name }) => [
    `for try in $(seq ${FIRST_WORD}); do`,
    `  [ ! -s ${shipperStatusOf(it)} ] || break`,
    `  case $(systemctl is-system-running):$(systemctl is-active ${it.service}) in starting:* | *:active | *:activating) sleep 1 ;; *) break ;; esac`,
    'done',
    `printf '${name}\\t%s\\n' "$(${AS_SHIPPER} head -c 65536 ${shipperStatusOf(it)} 2>/dev/null)"`,
    `printf 'dead letters of ${name}\\t%s\\n' "$(${AS_SHIPPER} grep -c . ${deadLettersOf(it)} 2>/dev/null || :)"`,
  ]),
  `printf 'now\\t%s\\n' "$(date +%s)"`,
].join('\n');

/** What the shipper says of itself. */
interface ShipperStatus {
  readonly updated: string;
  readonly file: string;
  readonly offset: number;
  readonly behind: number;
  /** Since when nothing of what is there was handed over; empty while nothing waits. */
  readonly waiting: string;
  readonly delivered: number;
  readonly acknowledged: string;
  readonly lost: { readonly files: number; readonly records: number; readonly last: string };
  readonly failure: string;
}

export function accountingProofs(answers: Answers, { engine, mailwizz }: Settings): Proof[] {
  const to = { accounting: engine.domain, bounces: mailwizz.panelDomain };
  return SHIPPERS.map(({ it, name }) => shipperProof(answers, name, deadLettersOf(it), to[name]));
}

function shipperProof(answers: Answers, what: string, deadLetters: string, receiver: string): Proof {
  const status = parse(answers.one(what));
  if (!status) return { what, seen: 'the shipper says nothing', ok: false };

  const now = Number(answers.one('now'));
  const age = (iso: string): number => (iso === '' ? Infinity : now - Date.parse(iso) / 1000);
  const { updated, file, offset, behind, waiting, delivered, acknowledged, lost, failure } = status;
  const dead = Number(answers.one(`dead letters of ${what}`));
  const stuck = waiting !== '' && age(waiting) > MOVES_WITHIN;
  const troubles = [
    ...(age(updated) > SIGN_OF_LIFE ? [`it said nothing since ${updated}`] : []),
    ...(behind > 0 && (failure !== '' || stuck) ? [failure || 'it does not move'] : []),
    ...(dead > 0 ? [`${dead} dead letters in ${deadLetters}`] : []),
    ...(age(lost.last) < LOSS_IS_NEWS * 86_400
      ? [`about ${lost.records} records in ${lost.files} files were lost`]
      : []),
  ];
  const place = file === '' ? 'no file yet' : `${file} up to byte ${offset}`;
  const last = acknowledged === '' ? 'none yet' : `${delivered}, the last at ${acknowledged}`;
  return {
    what,
    seen: [`to ${receiver}: ${place}, ${behind} bytes behind`, `records acknowledged: ${last}`, ...troubles].join('; '),
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
