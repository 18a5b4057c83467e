import { quote } from '../ssh/shell-quote.js';
import { journalLine, openState, type Run } from './journal.js';
import { PACKAGE_STEP } from './paths.js';
import type { Change } from './resource.js';

/** One at a time: systemd refuses a second unit of this name. */
export const PACKAGE_UNIT = 'ee-packages.service';

/** What the journal notes beside the summary. */
type Facts = Readonly<Record<string, string>>;

/** Seconds that an orderly shutdown leaves a package step to end in. */
const SHUTDOWN_PATIENCE = 300;
/** How often a unit that has just ended may still refuse the next one. */
const REFUSALS = 30;

/** Shell functions: `ee_runs` is true while a package step works on the host; `ee_follow` prints what it writes, until it ends. */
const FUNCTIONS = `
ee_runs() {
  case "$(systemctl show --property=ActiveState --value ${PACKAGE_UNIT} 2>/dev/null)" in
    active | activating | deactivating | reloading) return 0 ;;
  esac
  return 1
}
ee_follow() {
  ee_pid=$(systemctl show --property=MainPID --value ${PACKAGE_UNIT} 2>/dev/null || :)
  case $ee_pid in '' | 0) cat ${PACKAGE_STEP}/output ;; *) tail -s 0.2 -n "$1" -f --pid="$ee_pid" ${PACKAGE_STEP}/output ;; esac 2>/dev/null || :
}`;

/** Shell that prints which package step works on the host, whose and since when; nothing where none does. */
export const PACKAGE_STEP_QUESTION = `${FUNCTIONS}
! ee_runs || printf 'packageStep=%s\\n' "$(cat ${PACKAGE_STEP}/about 2>/dev/null || echo 'its name is not known')"`;

/** Shell that prints what the package step writes, until none works any more. Status 124 after \`seconds\` of it. */
export function followPackageStep(seconds: number): string {
  const loop = 'ee_from=1\nwhile ee_runs; do ee_follow "$ee_from"; ee_from=0; sleep 0.2; done';
  return `timeout ${seconds} sh -c ${quote(`${FUNCTIONS}\n${loop}`)}`;
}

/**
 * Shell that runs a change as a unit of systemd and follows it. Whatever ends the run, the connection or the processes that follow,
 * the unit goes on: it makes the change, writes its line of the journal, and the next run waits for it.
 */
export function packageStep(script: string, change: Change, run: Run, facts: Facts = {}): string {
  return [
    FUNCTIONS,
    'ee_tries=0',
    'while :; do',
    '  while ee_runs; do echo "waiting for the end of another package step"; ee_follow 1; sleep 0.2; done',
    prepare(change, run, unitScript(script, change, run, facts)),
    `  if ee_said=$(${START} 2>&1); then break; fi`,
    // One that has just ended is not forgotten at once.
    '  ee_tries=$((ee_tries + 1))',
    `  [ "$ee_tries" -lt ${REFUSALS} ] || { printf '%s\\n' "$ee_said"; exit 1; }`,
    `  systemctl reset-failed ${PACKAGE_UNIT} 2>/dev/null || :`,
    '  sleep 0.5',
    'done',
    'ee_follow +1',
    `if [ ! -e ${PACKAGE_STEP}/status ]; then echo "the package step was stopped on the host before its end"; exit 1; fi`,
    `ee_status=$(cat ${PACKAGE_STEP}/status)`,
    `rm -rf ${PACKAGE_STEP}`,
    'exit "$ee_status"',
  ].join('\n');
}

/** `mixed`: the signal of a shutdown goes to the shell of the step alone, which has no use for it, and not to dpkg. */
const START = [
  `systemd-run --quiet --collect --unit=${PACKAGE_UNIT}`,
  `--property=KillMode=mixed --property=TimeoutStopSec=${SHUTDOWN_PATIENCE}`,
  `/bin/sh ${PACKAGE_STEP}/script`,
].join(' ');

/** Shell that lays out what the unit needs, for root alone. */
function prepare(change: Change, run: Run, script: string): string {
  const about = `${change.summary}, by ${run.by}, run ${run.id}`;
  return [
    `  rm -rf ${PACKAGE_STEP}`,
    `  mkdir -m 0700 ${PACKAGE_STEP}`,
    '  (',
    '    umask 077',
    // Proxies, and whatever else the connection has set.
    `    export -p > ${PACKAGE_STEP}/environment`,
    `    : > ${PACKAGE_STEP}/output`,
    `    printf '%s, since %s\\n' ${quote(about)} "$(date -u '+%Y-%m-%d %H:%M:%S UTC')" > ${PACKAGE_STEP}/about`,
    `    printf '%s\\n' ${quote(script)} > ${PACKAGE_STEP}/script`,
    '  )',
  ].join('\n');
}

/** In braces: the shell reads it to its end before it runs any of it. */
function unitScript(script: string, change: Change, run: Run, facts: Facts): string {
  const work = [
    `. ${PACKAGE_STEP}/environment`,
    // The shell has read it whole, and it may hold what the licence says.
    `rm -f ${PACKAGE_STEP}/script ${PACKAGE_STEP}/environment`,
    'umask 022; cd /',
    // An orderly shutdown waits for the end of what dpkg is at.
    "trap ':' TERM",
    `exec >> ${PACKAGE_STEP}/output 2>&1`,
    ['(', 'set -eu', openState(run), script, journalLine(run, change, facts), ')'].join('\n'),
    `echo $? > ${PACKAGE_STEP}/status.new`,
    `mv ${PACKAGE_STEP}/status.new ${PACKAGE_STEP}/status`,
  ].join('\n');
  return `{\n${work}\n}`;
}
