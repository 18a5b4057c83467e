import { WEB_USER } from '../../../roles/mailwizz.js';
import { BESIDE } from './places.js';

/** Shell that runs what follows it as the panel's user, in the folder where root is: a user needs no way into it from above. */
export const AS_PANEL_USER = `runuser -u ${WEB_USER} --`;

const NAMES = `${BESIDE.part}.names`;
const ENDED = `${BESIDE.part}.ended`;

/**
 * `ee_bring FROM TO FIND…`: brings what `find FIND…` finds below the folder FROM into the folder TO, which is the panel's user's. Found,
 * read and written as that user: a link, a hard link or another user's file in it gives him no more than he could read anyway. All is
 * readable for the web server afterwards and writable for him alone, as modes in an archive can be no more than that.
 */
export const BRING = `
ee_bring() (
  from=$1; to=$2; shift 2
  umask 022
  cd "$from"
  ${AS_PANEL_USER} find "$@" -print0 > ${NAMES}
  rm -f ${ENDED}
  # A pipe has the status of its last command.
  { ${AS_PANEL_USER} tar --null --no-recursion --sparse --mode=u=rwX,go=rX -T - -cf - < ${NAMES} && : > ${ENDED}; } |
    ( cd "$to" && ${AS_PANEL_USER} tar -xf - )
  [ -e ${ENDED} ] || { echo "$\{from#${BESIDE.former}/} has what ${WEB_USER} cannot read: look whose it is, and give it to that user or move it away"; exit 1; }
  rm ${ENDED} ${NAMES}
)
`.trim();

/** Tenths of a second that a process may take to end after it was killed. */
const PATIENCE = 100;

/**
 * `ee_end_processes`: ends all processes of the panel's user, and fails where one stays. `kill -1` reaches them in one go, so that none can
 * beget another one meanwhile; what begins beside it, as a scheduled command does, is found by looking again.
 */
export const END_PROCESSES = String.raw`
ee_end_processes() {
  ee_uid=$(id -u ${WEB_USER}); ee_left=${PATIENCE}
  while :; do
    ${AS_PANEL_USER} sh -c 'kill -s KILL -- -1' 2>/dev/null || :
    cat /proc/[0-9]*/status 2>/dev/null |
      awk -v u="$ee_uid" '/^State:/ { ended = ($2 == "Z") } /^Uid:/ && !ended && ($2 == u || $3 == u || $4 == u || $5 == u) { found = 1 } END { exit !found }' || return 0
    [ "$ee_left" -gt 0 ] || { echo 'a process of ${WEB_USER} does not end, although it was killed'; return 1; }
    ee_left=$((ee_left - 1)); sleep 0.1
  done
}
`.trim();
