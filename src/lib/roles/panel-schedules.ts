import type { Resource } from '../converge/resource.js';
import { quote } from '../ssh/shell-quote.js';

/** Whom cron and at ask: a name in the first list may; else, where there is no such list, a name in the second one may not. */
const LISTS = [
  { allow: '/etc/cron.allow', deny: '/etc/cron.deny', deniedWithoutLists: false },
  { allow: '/etc/at.allow', deny: '/etc/at.deny', deniedWithoutLists: true },
] as const;

/**
 * Schedules of a user's own that begin processes whenever he likes: his crontab, jobs of at, and units that linger. He gets none, and what is
 * there is set aside. Files of root's in /etc/cron.d, which run commands as him, are none of them.
 */
export function noSchedules(user: string): Resource {
  return {
    id: `schedules:${user}`,
    probe: [FUNCTIONS(user), 'ee_schedules | sed "s/^/found /"', 'ee_lists'].join('\n'),
    diff(output) {
      const lines = output
        .toString('utf8')
        .split('\n')
        .map((line) => line.trim());
      const found = lines.filter((line) => line.startsWith('found ')).map((line) => line.slice('found '.length));
      if (found.length === 0 && !lines.some((line) => line.startsWith('may '))) return undefined;
      const aside = found.length === 0 ? '' : `, and set aside what is there: ${found.join(', ')}`;
      return {
        action: found.length === 0 ? 'update' : 'remove',
        summary: `give ${user} no crontab, at jobs or lingering units of its own${aside}`,
        script: [FUNCTIONS(user), REFUSE].join('\n'),
      };
    },
  };
}

/**
 * `ee_schedules`: prints the files of the user's schedules. `ee_lists`: prints `may LIST` for each list that would have to change.
 * The folders are those of Debian, and of Red Hat, as an administrator knows them.
 */
const FUNCTIONS = (user: string): string =>
  `
ee_user=${quote(user)}
ee_schedules() {
  for file in /var/spool/cron/crontabs/"$ee_user" /var/lib/systemd/linger/"$ee_user"; do
    if [ -e "$file" ] || [ -L "$file" ]; then printf '%s\\n' "$file"; fi
  done
  ! id -u "$ee_user" >/dev/null 2>&1 || for folder in /var/spool/cron/atjobs /var/spool/at; do
    [ ! -d "$folder" ] || find "$folder" -maxdepth 1 -type f -user "$ee_user"
  done
}
ee_lists() {
${LISTS.map(
  ({
    allow,
    deny,
    deniedWithoutLists,
  }) => `  if [ -e ${allow} ]; then ! grep -qxF "$ee_user" ${allow} || echo 'may ${allow}'
  elif ${deniedWithoutLists ? `[ -e ${deny} ] && ` : ''}! grep -qsxF "$ee_user" ${deny}; then echo 'may ${deny}'; fi`,
).join('\n')}
}`.trim();

/** First nothing new may come, then what is there goes, and then what it began. */
const REFUSE = `
ee_lists | while read -r _ list; do
  ee_keep "$list"
  rm -f "$list.ee-new"
  case $list in
    *.deny) { if [ -e "$list" ]; then sed '$a\\' "$list"; fi; printf '%s\\n' "$ee_user"; } > "$list.ee-new" ;;
    *) grep -vxF "$ee_user" "$list" > "$list.ee-new" || : ;;
  esac
  if [ -e "$list" ]; then chown --reference="$list" "$list.ee-new"; chmod --reference="$list" "$list.ee-new"; else chmod 0644 "$list.ee-new"; fi
  mv -fT "$list.ee-new" "$list"
done
ee_schedules | while IFS= read -r file; do ee_keep "$file"; rm -f "$file"; done
if id -u "$ee_user" >/dev/null 2>&1; then systemctl stop "user@$(id -u "$ee_user").service" 2>/dev/null || :; fi
`.trim();
