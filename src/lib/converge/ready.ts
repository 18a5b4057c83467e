/** Seconds that a service has to answer after its start. */
const PATIENCE = 30;
/** Seconds for which a service that runs is asked before it counts as silent: it may be busy, or have just been started. */
const SILENT_AFTER = 10;

/** Shell that waits until `question` succeeds; gives up loudly. */
export function waitUntil(question: string): string {
  return [
    'ee_tries=0',
    `until ( ${question} ) >/dev/null 2>&1; do`,
    '  ee_tries=$((ee_tries + 1))',
    `  [ "$ee_tries" -lt ${PATIENCE} ] || { echo "no answer after ${PATIENCE} s:"; ( ${question} ) || :; exit 1; }`,
    '  sleep 1',
    'done',
  ].join('\n');
}

/** Shell, one command, that succeeds if `question` does, asked again each second for a while. */
export function answersInTime(question: string): string {
  return `{ ee_end=$(($(date +%s) + ${SILENT_AFTER})); until ( ${question} ) >/dev/null 2>&1; do [ "$(date +%s)" -lt "$ee_end" ] || { ee_end=; break; }; sleep 1; done; [ -n "$ee_end" ]; }`;
}
