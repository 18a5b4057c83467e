import { randomBytes } from 'node:crypto';
import { quote } from './shell-quote.js';

/** How commands are started and stopped on a host: pure builders of shell text. */

const ENVIRONMENT =
  'export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; umask 022; cd /';

/**
 * A word without meaning that stands in the argument list of a command, to find its processes by: `ee-RANDOM`, or `ee-FAMILY-RANDOM`
 * for one of several that are found together.
 */
export function newMark(family?: string): string {
  return `ee-${family === undefined ? '' : `${family}-`}${randomBytes(8).toString('hex')}`;
}

/** The command that reads a script on its standard input. Through sudo for a user other than root. */
export function shellReadingStdin(mark: string, sudo: boolean): string {
  return `${prefix(sudo)}sh -s ${mark}`;
}

/** The command that runs `command` with its standard input. */
export function shellRunning(command: string, mark: string, sudo: boolean): string {
  return `${prefix(sudo)}sh -c ${quote(`${ENVIRONMENT}; ${command}`)} ${mark}`;
}

const prefix = (sudo: boolean) => (sudo ? 'sudo -n -H -- ' : '');

/**
 * The text to send to `sh -s`. The braces make the shell read the script to its end before it runs any of it: commands
 * inside cannot swallow the rest, and a script that was cut on the way is a syntax error instead of half a run.
 */
export function scriptText(script: string): string {
  return `shift; ${ENVIRONMENT}\n{\n:\n${script}\n} </dev/null\n`;
}

/**
 * A script that ends all processes with `text` in their argument list, their descendants and what shares a session with
 * them: SIGTERM, and SIGKILL to what is left after 3 s.
 */
export function stopScript(text: string): string {
  // The first character in brackets: grep's own argument list does not match then.
  const pattern = text.replace(/[.*[\]^$\\]/g, '\\$&').replace(/^\w/, '[$&]');
  return `
found=' '
for file in $(grep -ls -e ${quote(pattern)} /proc/[0-9]*/cmdline); do
  pid=\${file#/proc/}; pid=\${pid%/cmdline}
  [ "$pid" = "$$" ] || found="$found$pid "
done
# Fields of /proc/PID/stat after the name in parentheses: state, parent, process group, session.
spread() {
  grown=yes
  while [ "$grown" = yes ]; do
    grown=no
    for file in /proc/[0-9]*/stat; do
      { read -r line <"$file"; } 2>/dev/null || continue
      pid=\${line%% *}
      set -- \${line##*) }
      case $found in *" $pid "*) continue ;; esac
      case $found in *" $2 "* | *" $4 "*) found="$found$pid "; grown=yes ;; esac
    done
  done
}
alive() {
  for pid in $found; do
    { read -r line <"/proc/$pid/stat"; } 2>/dev/null || continue
    case \${line##*) } in Z*) ;; *) return 0 ;; esac
  done
  return 1
}
[ "$found" = ' ' ] && exit 0
spread
kill -TERM $found 2>/dev/null
for wait in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  alive || exit 0
  sleep 0.2
done
spread
kill -KILL $found 2>/dev/null
exit 0
`;
}
