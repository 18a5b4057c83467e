import { BACKUPS } from '../../converge/paths.js';
import { STEP } from '../../converge/trial.js';
import type { Expectations } from '../../pmta/host/expectations.js';
import { quote } from '../../ssh/shell-quote.js';
import { PATIENCE, PMTA_CONFIG, PMTA_STATE, READ_FILES } from './seen.js';

/** Statuses with which the scripts end; each has a failure of its own. */
export const STOPPED = { changed: 41, unfit: 42, refused: 43, restored: 44, lost: 45 } as const;

/** Configurations that are kept on a host; older copies go. */
export const KEPT_CONFIGURATIONS = 20;

/** root writes, the user of the service reads: there are passwords in it. */
export const CONFIG_MODE = '0640';
export const CONFIG_OWNER = 'root:pmta';

const step = (text: string): string => `echo ${quote(`${STEP}${text}`)}`;

/** Shell functions of all scripts here. `ee_take_back` undoes what \`applying\` says, in the file and in the memory of PowerMTA. */
const FUNCTIONS = `p=${PMTA_CONFIG}; s=${PMTA_STATE}
ee_running() { systemctl is-active --quiet pmta; }
ee_test() { # succeeds unless PowerMTA refuses what is on the disk; prints what it says
  out=$(timeout 60 pmta test config 2>&1) && rc=0 || rc=$?
  case $out in
    *[Uu]nknown\\ command* | *[Ii]nvalid\\ command* | *[Uu]nrecognized\\ command*) echo 'note: this PowerMTA has no "pmta test config"'; return 0 ;;
  esac
  [ "$rc" -eq 0 ] || { printf '%s\\n' "$out"; return 1; }
}
ee_reload() { # its status alone is no proof
  out=$(timeout 60 pmta reload 2>&1) && rc=0 || rc=$?
  [ "$rc" -ne 0 ] || case $out in *'onfiguration reloaded'*) return 0 ;; esac
  printf '%s\\n' "$out"; return 1
}
ee_take_back() {
  [ -d "$s/applying" ] || return 0
  if [ -e "$s/applying/previous" ]; then cp -p "$s/applying/previous" /etc/pmta/.ee-previous && sync /etc/pmta/.ee-previous && mv -fT /etc/pmta/.ee-previous "$p" || return 1
  else rm -f "$p"; fi
  if ee_running && [ -e "$p" ]; then ee_reload || return 1; fi
  rm -rf "$s/applying"
}
ee_stop() { # $1: the status
  if ee_take_back; then exit "$1"; else exit ${STOPPED.lost}; fi
}
ee_ask() { # $1: a label; the rest: a command
  label=$1; shift
  out=$(timeout ${PATIENCE} "$@" 2>&1) && rc=0 || rc=$?
  printf '@ %s %s\\n' "$rc" "$label"; printf '%s\\n' "$out" | sed 's/^/| /'
}`;

/** What must still be so when a configuration is replaced. */
export interface Guard {
  /** Checksum of the configuration that the change was planned for; nothing where there was none. */
  readonly sha256: string | undefined;
  /** Checksum of everything that PowerMTA reads, where nothing else of it changes in the same run. */
  readonly readFiles?: string | undefined;
}

export interface Replacement {
  readonly content: Buffer;
  readonly sha256: string;
  readonly guard: Guard;
  readonly needs: Pick<Expectations, 'addresses' | 'readable'>;
  readonly readBack: ReadBackQuestions;
}

export interface ReadBackQuestions {
  readonly virtualMtas: readonly string[];
  /** Domain and virtual MTA, for settings before and after. */
  readonly pairs: readonly string[];
  readonly listeners: Expectations['listeners'];
}

/** Puts a configuration in the place of another, tests it before and after, reloads PowerMTA, and prints what to judge it by. */
export function replaceScript({ content, sha256, guard, needs, readBack }: Replacement): string {
  return [
    FUNCTIONS,
    step('checking that the host is still as it was'),
    ...guardLines(guard),
    ...needLines(needs),
    `ee_keep "$p"`,
    // What a killed run left; nobody else works here while the lock is held.
    'rm -f /etc/pmta/.ee-*',
    // Beside the running one from its first byte: a killed run leaves no password where nobody looks for it.
    't=$(umask 077; mktemp /etc/pmta/.ee-XXXXXXXX)',
    `trap 'rm -f "$t"' EXIT`,
    `base64 -d > "$t" <<'EE_CONTENT'\n${content.toString('base64').replace(/.{76}/g, '$&\n')}\nEE_CONTENT`,
    `chown ${CONFIG_OWNER} "$t"; chmod ${CONFIG_MODE} "$t"; sync "$t"`,
    step('testing the new configuration beside the running one'),
    TEST_BESIDE,
    ...before(readBack),
    step('noting what is replaced'),
    `mkdir -p -m 0700 "$s"`,
    // One that a cut run left leads back further, to what was last known to be good.
    `if [ -d "$s/applying" ]; then echo ${sha256} >> "$s/applying/next"`,
    `else rm -rf "$s/begun"; mkdir -m 0700 "$s/begun"; echo ${sha256} > "$s/begun/next"; [ ! -e "$p" ] || cp -p "$p" "$s/begun/previous"; sync -f "$s"; mv -T "$s/begun" "$s/applying"; fi`,
    'sync -f "$s"',
    step('putting the new configuration in its place'),
    'mv -fT "$t" "$p"',
    'sync -f "$p"',
    ...inForce(readBack),
  ].join('\n');
}

/** Goes on where a run was cut after it had put the configuration in its place. */
export function finishScript(readBack: ReadBackQuestions): string {
  return [FUNCTIONS, 'rm -f /etc/pmta/.ee-*', ...inForce(readBack)].join('\n');
}

/** Remembers what is in force as the last good configuration, and forgets the oldest copies. */
export const KEEP = `p=${PMTA_CONFIG}; s=${PMTA_STATE}
mkdir -p -m 0700 "$s"
(umask 077; cat "$p" > "$s/applied.new")
sync "$s/applied.new"
mv -fT "$s/applied.new" "$s/applied"
rm -rf "$s/applying"
ls -d ${BACKUPS}/*${PMTA_CONFIG} 2>/dev/null | sort -r | tail -n +${KEPT_CONFIGURATIONS + 1} | while read -r old; do rm -f "$old"; done`;

/** Remembers what stands there already, and makes sure that it is what PowerMTA works with. */
export const TAKE_NOTE = `${FUNCTIONS}\n! ee_running || ee_reload\n${KEEP}`;

export const TAKE_BACK = `${FUNCTIONS}\nee_take_back`;

/**
 * `pmta test config` reads the file at its place alone. In a mount namespace of its own it finds the new one there, so that one that
 * is refused never is on the disk, where the next restart would meet it. Where the kernel does not allow that, the test follows.
 */
const TEST_BESIDE = `if [ -e "$p" ]; then
  out=$(unshare -m sh -c 'mount --bind "$1" "$2" 2>/dev/null || exit 99; exec timeout 60 pmta test config' sh "$t" "$p" 2>&1) && rc=0 || rc=$?
  case $rc:$out in
    0:* | 99:* | *[Uu]nknown\\ command* | *[Ii]nvalid\\ command* | *[Uu]nrecognized\\ command* | *'unshare failed'*) ;;
    *) printf '%s\\n' "$out"; exit ${STOPPED.refused} ;;
  esac
fi`;

function guardLines({ sha256, readFiles }: Guard): string[] {
  return [
    // Where there was none, the package may have brought one meanwhile.
    ...(sha256 === undefined
      ? []
      : [`sum=$(sha256sum < "$p"); [ "\${sum%% *}" = ${sha256} ] || exit ${STOPPED.changed}`]),
    ...(readFiles === undefined ? [] : [`[ "$(${READ_FILES})" = ${quote(readFiles)} ] || exit ${STOPPED.changed}`]),
  ];
}

function needLines({ addresses, readable }: Replacement['needs']): string[] {
  const unfit = (question: string, complaint: string) =>
    `${question} || { echo ${quote(complaint)}; exit ${STOPPED.unfit}; }`;
  return [
    ...addresses.map((ip) =>
      unfit(`ip -o address show to ${quote(ip)} | grep -q .`, `the address ${ip} is not on this host`),
    ),
    ...readable.map((path) => unfit(`runuser -u pmta -- test -r ${quote(path)}`, `the user pmta cannot read ${path}`)),
  ];
}

const before = ({ pairs }: ReadBackQuestions): string[] =>
  pairs.length === 0
    ? []
    : [
        'if ee_running; then',
        step('noting the settings of the providers'),
        ...pairs.map((pair) => `ee_ask ${quote(`before ${pair}`)} pmta show settings ${quote(pair)}`),
        'fi',
      ];

function inForce({ virtualMtas, pairs, listeners }: ReadBackQuestions): string[] {
  const open = listeners
    .filter(({ address }) => /^[\d.]+$/.test(address))
    .map(({ address, port }) => `ss -Hltn | grep -qF ${quote(` ${address}:${port} `)}`);
  return [
    step('testing it in its place'),
    `ee_test || ee_stop ${STOPPED.refused}`,
    'if ee_running; then',
    step('reloading PowerMTA'),
    `ee_reload || ee_stop ${STOPPED.restored}`,
    step('reading back what is in force'),
    'echo reloaded',
    ...(open.length === 0
      ? []
      : [`for try in 1 2 3 4 5 6 7 8 9 10; do { ${open.join(' && ')}; } && break; sleep 0.5; done`]),
    `ee_ask status pmta show status`,
    `ee_ask vmtas pmta show vmtas`,
    `ee_ask listeners sh -c "ss -Hltn | awk '{ print \\$4 }'"`,
    ...virtualMtas.map((name) => `ee_ask ${quote(`vmta ${name}`)} pmta show vmta-settings ${quote(name)}`),
    ...pairs.map((pair) => `ee_ask ${quote(`after ${pair}`)} pmta show settings ${quote(pair)}`),
    'fi',
  ];
}
