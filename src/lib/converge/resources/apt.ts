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

/**
 * Shell that installs with apt, without questions and without starting services: an unconfigured server must not be reachable
 * for a single second. `what` is the end of an `apt-get install` line, already quoted.
 */
export function aptInstall(what: string): string {
  const apt = `apt-get -q -y -o DPkg::Lock::Timeout=${LOCK_TIMEOUT} -o Acquire::Retries=3 -o APT::Color=0 -o Dpkg::Use-Pty=0`;
  return [
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
    // What an earlier run or a power cut left half installed.
    '[ -z "$(dpkg --audit)" ] || ee_patiently dpkg --configure -a',
    // Lists older than a day, or none at all. (The lists' own times are those of the archive, not of the download.)
    `mkdir -p -m 0700 ${STATE}`,
    `if [ -z "$(find ${UPDATED} -mmin -1440 2>/dev/null)" ] || ! ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1; then`,
    // apt-get succeeds without an archive that does not answer, and then says only that a package has no candidate.
    `  ee_patiently ${apt} update`,
    `  ee_missed=$(printf '%s\\n' "$ee_said" | grep -E '^(W|E|Err[^ ]*) ?' || :)`,
    `  [ -n "$ee_missed" ] || : > ${UPDATED}`,
    'fi',
    `${apt} -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold --no-install-recommends install ${what} ||`,
    `  { ee_status=$?; printf '%s\\n' "\${ee_missed:-}"; exit "$ee_status"; }`,
  ].join('\n');
}
