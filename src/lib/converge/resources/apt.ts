import { quote } from '../../ssh/shell-quote.js';
import { STATE } from '../paths.js';

/** Seconds to wait for another process that uses apt or dpkg: unattended upgrades, usually. */
const LOCK_TIMEOUT = 300;

/** Its time is that of the last `apt-get update`. */
const UPDATED = `${STATE}/apt-updated`;

const POLICY = '/usr/sbin/policy-rc.d';
/** In the policy file, so that one that a killed run left behind is recognised. */
const POLICY_MARK = 'written by ee while it installs packages';

/** True (shell) when a killed run left its policy file behind: services would not start after installations by hand. */
export const policyLeftBehind = `grep -qs '${POLICY_MARK}' ${POLICY}`;
export const removePolicy = `rm -f ${POLICY}`;

const APT = [
  `apt-get -q -y -o DPkg::Lock::Timeout=${LOCK_TIMEOUT} -o Acquire::Retries=3 -o APT::Color=0 -o Dpkg::Use-Pty=0`,
  '-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold --no-install-recommends',
].join(' ');

/** Configuration that the operator changed stays, without a question. */
const KEEP_CONFIGURATION = '--force-confdef --force-confold';

/** Shell that prints the packages that are half installed: a line each, of their state and error as `dpkg -l` has them, and the name. */
export const BROKEN_PACKAGES = `dpkg-query -W -f '\${db:Status-Abbrev} \${binary:Package}\\n' 2>/dev/null | sed -n 's/^.\\([HUFWt].\\|.R\\) /\\1 /p'`;

/** A pattern of the shell for the whole state of such a package: `iF `, `hHR`. */
export const BROKEN_STATE = '?[HUFWt]* | ??R';

/**
 * Shell that installs with apt, without questions and without starting services: an unconfigured server must not be reachable
 * for a single second. `what` is the end of an `apt-get install` line, already quoted.
 */
export function aptInstall(what: string): string {
  return [
    PREPARE,
    CONFIGURE_WHAT_WAITS,
    UPDATE,
    REINSTALL_HALF_UNPACKED,
    MEET_DEPENDENCIES,
    `${APT} install ${what} || { ee_status=$?; printf '%s\\n' "\${ee_missed:-}"; exit "$ee_status"; }`,
  ].join('\n');
}

/**
 * Shell that installs the package file `file` (quoted) over a half installed one of the same name. apt-get refuses that where the
 * versions are the same, so dpkg unpacks it, and apt-get brings what it depends on.
 */
export function unpackAgain(file: string): string {
  return [
    PREPARE,
    UPDATE,
    `ee_patiently dpkg ${KEEP_CONFIGURATION} --unpack ${file}`,
    `printf '%s\\n' "$ee_said"`,
    `${APT} -f --no-remove install`,
  ].join('\n');
}

/**
 * Shell that repairs what an interrupted installation left half installed. It fails where something stays so, but for `brought`: no
 * archive has those.
 */
export function repairPackages(brought: readonly string[]): string {
  const others = `${BROKEN_PACKAGES} | sed 's/^.. //; s/:.*//' | grep -vxF ${['', ...brought].map((name) => `-e ${quote(name)}`).join(' ')}`;
  return [
    PREPARE,
    CONFIGURE_WHAT_WAITS,
    `if [ -n "$(${BROKEN_PACKAGES})" ]; then`,
    UPDATE,
    REINSTALL_HALF_UNPACKED,
    `  ${APT} -f --no-remove install || { ee_status=$?; [ -z "$(${others})" ] || exit "$ee_status"; }`,
    'fi',
  ].join('\n');
}

const PREPARE = [
  'export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l UCF_FORCE_CONFFOLD=1',
  `if [ ! -e ${POLICY} ] || ${policyLeftBehind}; then`,
  `  printf '%s\\n' '#!/bin/sh' '# ${POLICY_MARK}' 'exit 101' > ${POLICY}`,
  `  chmod 0755 ${POLICY}`,
  `  trap '${removePolicy}' EXIT`,
  'fi',
  // dpkg, and the lists of apt-get, don't wait for their locks themselves; a fresh server updates itself just now.
  'ee_patiently() {',
  '  ee_tries=0',
  '  until ee_said=$("$@" 2>&1); do',
  `    case $ee_said in *'was locked by'* | *'Could not get lock'*) ;; *) ee_tries=${LOCK_TIMEOUT} ;; esac`,
  '    ee_tries=$((ee_tries + 5))',
  `    [ "$ee_tries" -lt ${LOCK_TIMEOUT} ] || { printf '%s\\n' "$ee_said"; return 1; }`,
  '    sleep 5',
  '  done',
  '}',
].join('\n');

/** What an earlier run or a power cut left unconfigured. One that cannot be is no failure yet: what comes next may be what it lacks. */
const CONFIGURE_WHAT_WAITS = `[ -z "$(dpkg --audit)" ] || ee_patiently dpkg ${KEEP_CONFIGURATION} --configure -a || :`;

/** Lists older than a day, or none at all. (The lists' own times are those of the archive, not of the download.) */
const UPDATE = [
  `mkdir -p -m 0700 ${STATE}`,
  `if [ -z "$(find ${UPDATED} -mmin -1440 2>/dev/null)" ] || ! ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1; then`,
  // apt-get succeeds without an archive that does not answer, and then says only that a package has no candidate.
  `  ee_patiently ${APT} update`,
  `  ee_missed=$(printf '%s\\n' "$ee_said" | grep -E '^(W|E|Err[^ ]*) ?' || :)`,
  `  [ -n "$ee_missed" ] || : > ${UPDATED}`,
  'fi',
].join('\n');

/** dpkg was killed while it unpacked: it never configures such a package, and apt-get keeps or removes it unless it is named. */
const REINSTALL_HALF_UNPACKED = [
  `for ee_package in $(${BROKEN_PACKAGES} | sed -n 's/^\\(.R\\|H.\\) //p'); do`,
  `  ${APT} --no-remove --reinstall install "$ee_package" || :`,
  'done',
].join('\n');

/** apt-get installs nothing on a host where an installed package lacks what it depends on. */
const MEET_DEPENDENCIES = `apt-get -q check >/dev/null 2>&1 || ${APT} -f --no-remove install || :`;
