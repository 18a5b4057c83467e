/** Seconds that a service has to answer after its start. */
const PATIENCE = 30;

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
