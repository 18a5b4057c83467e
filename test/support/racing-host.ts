import { execa } from 'execa';
import { packageRoot } from '../../src/lib/package-root.js';

/** A user of the host who is not root. */
export const OTHER = { name: 'mailwizz', uid: 64_999 } as const;

/** What only root may read; its folder is open, as /etc is. */
export const CANARY = '/var/etc/shadow';
const WORD = 'CANARY-of-root';

/**
 * Exchanges, as fast as it can, every folder `swap-N` that it finds below the folders which it is given for a link to the canary's
 * folder. It begins with what it can reach by path, and goes on with what it holds open: a rename of a folder above does not shake it off.
 * renameat2(2) with RENAME_EXCHANGE, so that at no moment one of them is missing.
 */
const RACER = String.raw`
use strict;
my $renameat2 = (${'`uname -m`'} =~ /aarch64/) ? 276 : 316;
my @open;
for my $folder (@ARGV) { opendir(my $dir, $folder) or next; push @open, $dir; }
exit 0 unless @open;
while (1) {
  for my $dir (@open) {
    for (1 .. 20) { my $n = 1 + int(rand(20)); syscall($renameat2, fileno($dir), "swap-$n", fileno($dir), "link-$n", 2); }
  }
}
`;

/**
 * In a folder of its own: exchanges a file and a folder for links to what is root's, and puts a link in the place of every new file that
 * root begins there.
 */
const FILE_RACER = String.raw`
use strict;
my $renameat2 = (${'`uname -m`'} =~ /aarch64/) ? 276 : 316;
chdir $ARGV[0] or exit;
symlink '${CANARY}', 'file-link'; symlink '/var/etc', 'folder-link';
while (1) {
  for my $pair (['app.conf', 'file-link'], ['folder', 'folder-link']) {
    my ($name, $link) = @$pair;
    syscall($renameat2, -100, $name, -100, $link, 2);
  }
  opendir my $dir, '.';
  for my $name (grep { /^[.]ee-/ && !-l } readdir $dir) { symlink '${CANARY}', 'other' and rename 'other', $name; }
}
`;

/**
 * Runs shell as root on what looks like a host: /var is its own and empty, /etc is its own, there is a user beside root, and programs that would reach
 * the real system are replaced. `racing NAME…` begins processes of that user which swap folders below each, and begins them again
 * whenever they were ended, as cron would; `calm` ends it. `swappable FOLDER` makes what they swap. `racing_in FOLDER` begins one that has a folder
 * to itself.
 */
export async function onRacingHost(script: string): Promise<string> {
  const setUp = String.raw`
set -eu
mount -t tmpfs tmpfs /var
mkdir -p /var/www /var/lib/ee/backups /var/etc /var/fake /var/tmp /var/spool/cron/crontabs
chmod 0700 /var/lib/ee; chmod 1777 /var/tmp
printf '%s\n' '${WORD}' > ${CANARY}; chmod 0600 ${CANARY}
mkdir /var/fake/etc /var/fake/work
mount -t overlay -o lowerdir=/etc,upperdir=/var/fake/etc,workdir=/var/fake/work overlay /etc
echo '${OTHER.name}:x:${OTHER.uid}:${OTHER.uid}::/var/www/mailwizz:/usr/sbin/nologin' >> /etc/passwd
echo '${OTHER.name}:x:${OTHER.uid}:' >> /etc/group
for name in systemctl mariadb loginctl; do printf '#!/bin/sh\nexit 0\n' > /var/fake/$name; chmod 0755 /var/fake/$name; done
# A busy host, on which others have their turn between two steps.
for name in tar chown chmod; do printf '#!/bin/sh\nsleep 0.02\nexec /usr/bin/%s "$@"\n' $name > /var/fake/$name; chmod 0755 /var/fake/$name; done
cat > /var/fake/racer <<'EE_RACER'
${RACER}
EE_RACER
cat > /var/fake/file-racer <<'EE_RACER'
${FILE_RACER}
EE_RACER
PATH=/var/fake:$PATH
as_other() { setpriv --reuid ${OTHER.uid} --regid ${OTHER.uid} --clear-groups "$@"; }
racing() { begin racer "$@"; }
racing_in() { begin file-racer "$1"; }
begin() {
  : > /var/fake/racing; rm -f /var/fake/ended
  ( set +e; while [ -e /var/fake/racing ]; do as_other perl "/var/fake/$@" >/dev/null 2>&1; sleep 0.2; done; : > /var/fake/ended ) &
  sleep 0.3
  grep -qsa '/var/fake/.*[r]acer' /proc/[0-9]*/cmdline || echo 'nobody races'
}
calm() {
  rm -f /var/fake/racing
  # One may just be beginning.
  until [ -e /var/fake/ended ]; do as_other sh -c 'kill -s KILL -- -1' 2>/dev/null || :; sleep 0.05; done
  wait
}
swappable() {
  for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    mkdir "$1/swap-$n"; echo mine > "$1/swap-$n/shadow"; ln -s /var/etc "$1/link-$n"
  done
  # Work for root, so that it is found in the middle of it.
  ( cd "$1"; seq -f 'file-%g' 400 | xargs touch )
  chown -Rh ${OTHER.uid}:${OTHER.uid} "$1"
}
# What of root became of others: nothing is printed while all is well.
harm() {
  [ "$(stat -c '%a %u %g %h' ${CANARY})" = '600 0 0 1' ] || { echo "the canary is $(stat -c '%a %u:%g, links %h' ${CANARY})"; chmod 0600 ${CANARY}; chown 0:0 ${CANARY}; }
  [ "$(stat -c '%a %u %g' /var/etc)" = '755 0 0' ] || { echo "its folder is $(stat -c '%a %u:%g' /var/etc)"; chmod 0755 /var/etc; chown 0:0 /var/etc; }
  [ "$(ls /var/etc)" = shadow ] || { echo "in its folder: $(ls /var/etc)"; find /var/etc -mindepth 1 ! -name shadow -delete; }
  as_other grep -rls '${WORD}' /var/www /var/lib 2>/dev/null | head -n 1 | sed 's/^/readable for others: /' || :
}
umask 022
`;
  const { stdout, exitCode, stderr } = await execa(
    'unshare',
    ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh'],
    {
      input: `${setUp}\n${script}\n`,
      reject: false,
      cwd: packageRoot(),
      timeout: 240_000,
      env: { LC_ALL: 'C' },
    },
  );
  if (exitCode !== 0) throw new Error(`exit ${exitCode}\n${stdout.slice(-3000)}\n${stderr.slice(-3000)}`);
  return stdout;
}

/** Shell that does something `n` times over, whatever becomes of it. */
export const times = (n: number, steps: readonly string[]): string =>
  `set +e; i=0; while [ "$i" -lt ${n} ]; do i=$((i + 1))\n${steps.join('\n')}\ndone; true`;

/** Shell that runs a script as a change of a run is, and shows the last of what it says where it fails. */
export const attempt = (script: string): string =>
  // A shell that is asked for its status with || forgets about -e.
  `( set -eu\n${script}\n) > /var/fake/said 2>&1\n[ $? -eq 0 ] || { echo failed; tail -n 5 /var/fake/said; }`;

/** Lines of the output that begin with `mark`, without it. */
export const said = (output: string, mark: string): string[] =>
  output.split('\n').flatMap((line) => (line.startsWith(mark) ? [line.slice(mark.length)] : []));

/** Lines that say what should not be. */
export const harms = (output: string): string[] =>
  output.split('\n').filter((line) => line !== '' && !line.startsWith('is: '));
