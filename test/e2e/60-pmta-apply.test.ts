import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.js';
import { ee, TestLab, type EeResult } from '../support/lab.js';
import { submit } from '../support/submission.js';

interface Failure {
  readonly error: { readonly code: string; readonly exit: number; readonly message: string; readonly hint: string };
}
interface Applied {
  readonly host: string;
  readonly status: string;
  readonly changes: readonly { readonly id: string; readonly action: string; readonly summary: string }[];
  readonly retiring: readonly string[];
  readonly notes: readonly string[];
}
interface Diff {
  readonly different: boolean;
  readonly origin: string;
  readonly drift: { readonly diff: string } | null;
  readonly pending: { readonly diff: string } | null;
  readonly effective: readonly { pair: string; name: string; before: string; after: string }[];
  readonly retiring: readonly string[];
  readonly unverified: boolean;
}
interface Kept {
  readonly configurations: readonly {
    readonly id: string;
    readonly sha256: string;
    readonly current: boolean;
    readonly refused: string | null;
  }[];
}

const lab = new TestLab('t-apply');
const CONFIG = '/etc/pmta/config';
const failure = (result: EeResult) => result.json<Failure>().error;
const apply = (...args: string[]) => lab.ee('pmta', 'apply', '--yes', '--ignore-dns', '--json', ...args);
const diff = (...args: string[]) => lab.ee('pmta', 'diff', '--json', ...args);
const sum = (path = CONFIG) => lab.sh('vps2', `sha256sum < ${path} | cut -d ' ' -f 1`);
const virtualMtas = async () =>
  (await lab.sh('vps2', 'pmta --dom show vmtas')).match(/(?<=name=")vmta-[^"]+/g)?.sort() ?? [];
const named = (...numbers: number[]) => numbers.map((number) => `vmta-mail${number}`);

/** Applies, and waits for the lock of a run that was killed: the host notices by itself. */
async function applyOnceFree(...args: string[]): Promise<EeResult> {
  for (let tries = 0; ; tries += 1) {
    const result = await apply(...args);
    if (result.exit !== 5 || tries === 45) return result;
    await sleep(2000);
  }
}

describe('the configuration of PowerMTA', () => {
  beforeAll(async () => {
    await lab.up('packages', { hosts: ['vps1', 'vps2'] });
    const deployed = await lab.ee('deploy', 'vps2', '--yes', '--json');
    expect(deployed.exit, deployed.stdout).toBe(0);
  });
  afterAll(() => lab.down());

  it('is as it should be after a deployment: no difference, and nothing to apply', async () => {
    const compared = await diff();
    expect(compared.exit, compared.stdout).toBe(0);
    expect(compared.json<Diff>()).toMatchObject({
      host: 'vps2',
      different: false,
      origin: 'ours',
      drift: null,
      pending: null,
      retiring: [],
      unverified: false,
    });
    const before = await sum('/var/lib/ee/journal.jsonl');
    const applied = await apply();
    expect(applied.exit, applied.stdout).toBe(0);
    expect(applied.json<Applied>()).toEqual({
      host: 'vps2',
      status: 'unchanged',
      changes: [],
      retiring: [],
      loaded: true,
      notes: [],
    });
    expect(await sum('/var/lib/ee/journal.jsonl')).toBe(before);
    expect(await lab.sh('vps2', 'stat -c %a:%U /var/lib/ee/pmta/applied')).toBe('600:root');
  });

  // Before the others: a host keeps twenty copies.
  it('[R23] is never the example of the package again', async () => {
    const listed = (await lab.ee('rollback', 'vps2', '--list', '--json')).json<Kept>().configurations;
    const example = listed.at(-1);
    expect(example?.refused).toBe('package-example');
    // The package of another version has another example: what the run noted tells it apart.
    expect(await lab.sh('vps2', `grep -c '"replaced":"absent"' /var/lib/ee/journal.jsonl`)).toBe('1');
    const refused = await lab.ee('rollback', 'vps2', '--to', example?.id ?? '', '--yes', '--json');
    expect(failure(refused)).toMatchObject({ code: 'ROLLBACK_SENDS_NOTHING', exit: 2 });
  });

  it('[R103] is shown as pending, changed by a dry run not at all, and read back once it is in force', async () => {
    const pending = await diff('--ips', '2');
    expect(pending.exit).toBe(3);
    expect(pending.json<Diff>()).toMatchObject({ different: true, origin: 'ours', drift: null });
    expect(pending.json<Diff>().pending?.diff).toContain('-<virtual-mta vmta-mail3>');
    expect(pending.stdout).not.toContain(lab.setting('PMTA_SMTP_PASSWORD'));

    const before = await sum();
    const dry = await lab.ee('pmta', 'apply', '--dry-run', '--ignore-dns', '--ips', '2', '--json');
    expect(dry.json<Applied>()).toMatchObject({ status: 'planned', changes: [{ action: 'update' }] });
    expect(await sum()).toBe(before);

    const applied = await apply('--ips', '2');
    expect(applied.exit, applied.stdout).toBe(0);
    expect(applied.json<Applied>().status).toBe('changed');
    expect(await virtualMtas()).toEqual(named(1, 2));
    expect((await diff('--ips', '2')).exit).toBe(0);
  });

  it('is not replaced while DNS does not answer', async () => {
    const before = await sum();
    const asked = await lab.ee('pmta', 'apply', '--yes', '--json');
    expect(asked.exit, asked.stdout).toBe(3);
    expect(failure(asked).code).toMatch(/^PMTA_DNS_(UNKNOWN|WRONG)$/);
    expect(failure(asked).message).toContain('mail1.lab.example');
    expect(await sum()).toBe(before);
  });

  it('[R63] [R74] is not replaced while a key cannot be read or an address is missing', async () => {
    const before = await sum();
    const ip = lab.sendingIp(5);
    const device = await lab.sh('vps2', `ip -o -4 address show to ${ip} | awk '{ print $2 }'`);
    await lab.sh('vps2', `chown root:root /etc/pmta/dkim/mail4.pem; chmod 600 /etc/pmta/dkim/mail4.pem`);
    await lab.sh('vps2', `ip address del ${ip}/32 dev ${device}`);
    const refused = await apply();
    await lab.sh('vps2', `chown root:pmta /etc/pmta/dkim/mail4.pem; chmod 640 /etc/pmta/dkim/mail4.pem`);
    await lab.sh('vps2', `ip address add ${ip}/32 dev ${device}`);
    expect(refused.exit).toBe(3);
    expect(failure(refused)).toMatchObject({ code: 'PMTA_HOST_UNFIT' });
    expect(failure(refused).message).toContain('the user pmta cannot read /etc/pmta/dkim/mail4.pem');
    expect(failure(refused).message).toContain(`the address ${ip} is not on this host`);
    expect(await sum()).toBe(before);
  });

  it('[R75] [R103] stays as it is when PowerMTA refuses the new one, and is restored when it does not load it', async () => {
    const before = await sum();
    await plant('pmta', 'case "$*" in "test config") echo "line 7: refused by the test"; exit 1 ;; esac');
    const refused = await apply();
    expect(failure(refused)).toMatchObject({ code: 'PMTA_REFUSED', exit: 1 });
    expect(failure(refused).message).toContain('refused by the test');
    expect(await sum()).toBe(before);

    // It says nothing of success, and its status is 0 all the same: once only, so that the way back works.
    await plant(
      'pmta',
      'case "$*" in reload) [ -e /run/ee-once ] || { : > /run/ee-once; echo "Nothing to do."; exit 0; } ;; esac',
    );
    const silent = await apply();
    expect(failure(silent)).toMatchObject({ code: 'PMTA_RELOAD_REFUSED' });
    expect(await sum()).toBe(before);

    await plant(
      'pmta',
      'case "$*" in "show vmta-settings vmta-mail5") echo "smtp-source-host 192.0.2.1 other.example"; exit 0 ;; esac',
    );
    const doubted = await apply();
    expect(failure(doubted)).toMatchObject({ code: 'PMTA_TAKEN_BACK' });
    expect(failure(doubted).message).toContain('vmta-mail5: it does not send from');
    expect(await sum()).toBe(before);
    await lab.sh('vps2', 'rm -f /usr/local/sbin/pmta /run/ee-once; test ! -e /var/lib/ee/pmta/applying');
    expect(await virtualMtas()).toEqual(named(1, 2));
  });

  it('[R66] is never overwritten unasked after somebody changed it; a copy stays', async () => {
    await lab.sh('vps2', `echo '# by hand' >> ${CONFIG}`);
    const changed = await sum();
    const shown = await diff('--ips', '2');
    expect(shown.exit).toBe(3);
    expect(shown.json<Diff>()).toMatchObject({ origin: 'changed', pending: null });
    expect(shown.json<Diff>().drift?.diff).toContain('+# by hand');

    const refused = await apply('--ips', '2');
    expect(refused.exit).toBe(1);
    expect(failure(refused)).toMatchObject({ code: 'PMTA_DRIFT' });
    expect(failure(await lab.ee('deploy', 'vps2', '--yes', '--json')).code).toBe('PMTA_DRIFT');
    expect(await sum()).toBe(changed);

    expect((await apply('--ips', '2', '--overwrite-drift')).json<Applied>().status).toBe('changed');
    expect(await lab.sh('vps2', `grep -l '# by hand' /var/lib/ee/backups/*${CONFIG}`)).toMatch(
      /^\/var\/lib\/ee\/backups\/\S+$/,
    );
    expect((await diff('--ips', '2')).exit).toBe(0);
  });

  it('keeps running when it is broken by hand, and the broken one is not loaded', async () => {
    await lab.sh('vps2', `echo '<virtual-mta broken' >> ${CONFIG}`);
    expect((await lab.try('vps2', 'pmta reload')).exit).not.toBe(0);
    expect(await virtualMtas()).toEqual(named(1, 2));
    const mended = await apply('--ips', '2', '--overwrite-drift');
    expect(mended.exit, mended.stdout).toBe(0);
    expect(await lab.sh('vps2', 'systemctl restart pmta; systemctl is-active pmta')).toBe('active');
  });

  // Each of them is a command of the scripts, and how many times it is let through before the run is killed in it.
  const DEATHS = [
    ['cp', '/var/lib/ee/backups', 0],
    ['chown', '/etc/pmta/.ee-', 0],
    ['unshare', '', 0],
    ['cp', 'begun/previous', 0],
    ['mv', 'begun', 0],
    ['sync', '/var/lib/ee/pmta', 1],
    ['mv', CONFIG, 0],
    ['sync', CONFIG, 0],
    ['pmta', 'test config', 1],
    ['pmta', 'reload', 0],
    ['pmta', 'show vmtas', 0],
    ['mv', 'applied.new', 0],
    ['rm', '/var/lib/ee/pmta/applying', 0],
  ] as const;

  it.each(DEATHS)(
    '[R19] survives a kill in %s %s: PowerMTA starts, and the next run comes to the same end',
    async (command, args, passes) => {
      const wanted = await otherNumber();
      await killedIn({ command, args, passes }, wanted);
      await comesToItsEnd(wanted);
    },
  );

  // The same on the way back, which begins where PowerMTA does not take the new one up.
  const DEATHS_ON_THE_WAY_BACK = [
    ['cp', '/etc/pmta/.ee-previous', 0],
    ['mv', '/etc/pmta/.ee-previous', 0],
    ['pmta', 'reload', 1],
    ['rm', '/var/lib/ee/pmta/applying', 0],
  ] as const;
  const REFUSES_ONCE = `case "$*" in reload) [ -e /run/ee-once ] || { : > /run/ee-once; echo "Nothing to do."; exit 0; } ;; esac`;

  it.each(DEATHS_ON_THE_WAY_BACK)(
    '[R19] survives a kill in %s %s on its way back: PowerMTA starts, and the next run comes to the same end',
    async (command, args, passes) => {
      const wanted = await otherNumber();
      await lab.sh('vps2', 'rm -f /run/ee-once');
      if (command !== 'pmta') await plant('pmta', REFUSES_ONCE);
      await killedIn({ command, args, passes, otherwise: command === 'pmta' ? REFUSES_ONCE : '' }, wanted);
      await lab.sh('vps2', 'test -e /run/ee-once; rm -f /usr/local/sbin/pmta');
      await comesToItsEnd(wanted);
    },
  );

  it('[R19] survives two kills on the way to different ends: what was last good is what it goes back to', async () => {
    expect((await apply('--ips', '2')).exit).toBe(0);
    const good = await sum();
    await killedIn({ command: 'sync', args: CONFIG, passes: 0 }, 5);
    await lab.until('vps2', 'flock -n /run/ee.lock true', 90);
    await killedIn({ command: 'pmta', args: 'reload', passes: 0 }, 3);
    expect(await sum('/var/lib/ee/pmta/applying/previous')).toBe(good);
    await lab.until('vps2', 'flock -n /run/ee.lock true', 90);

    await plant('pmta', `case "$*" in "test config") echo "line 7: refused by the test"; exit 1 ;; esac`);
    expect(failure(await applyOnceFree('--ips', '4')).code).toBe('PMTA_REFUSED');
    await lab.sh('vps2', 'rm -f /usr/local/sbin/pmta');
    await comesToItsEnd(2);
    expect(await sum()).toBe(good);
  });

  it('[R23] is brought back from an earlier run, and is pending then', async () => {
    expect((await apply('--ips', '2')).exit).toBe(0);
    const two = await sum();
    expect((await apply('--ips', '3')).json<Applied>().status).toBe('changed');
    const listed = (await lab.ee('rollback', 'vps2', '--list', '--json')).json<Kept>().configurations;
    expect(listed[0]?.sha256).toBe(two);

    const back = await lab.ee('rollback', 'vps2', '--yes', '--json');
    expect(back.exit, back.stdout).toBe(0);
    expect(back.json<Applied & { to: string }>()).toMatchObject({ host: 'vps2', to: listed[0]?.id, status: 'changed' });
    expect(back.json<Applied>().notes.join()).toContain('ee pmta diff');
    expect(await sum()).toBe(two);
    expect(await virtualMtas()).toEqual(named(1, 2));
    expect((await diff('--ips', '3')).json<Diff>()).toMatchObject({ origin: 'ours', drift: null, different: true });

    expect(failure(await lab.ee('rollback', 'vps2', '--to', 'never', '--yes', '--json')).code).toBe('ROLLBACK_NOTHING');
    expect(failure(await lab.ee('rollback', 'vps3', '--yes', '--json')).code).toBe('ROLLBACK_UNSUPPORTED');
  });

  it('[R23] is not brought back where nobody could hand over mail, or a key of it is gone', async () => {
    // What the next run replaces has the port and the password of before.
    expect((await apply()).exit).toBe(0);
    const before = await sum();
    const old = lab.setting('PMTA_SMTP_PASSWORD');
    const settings = join(lab.folder, 'other.env');
    await execa('sh', [
      '-c',
      `umask 077; sed -e 's/^PMTA_SMTP_PORT=.*//' -e "s/^PMTA_SMTP_PASSWORD=.*/PMTA_SMTP_PASSWORD=a-password-of-another-day/" "$1" > "$2" && echo PMTA_SMTP_PORT=2587 >> "$2"`,
      'sh',
      lab.settingsFile,
      settings,
    ]);
    const other = (...args: string[]) => ee(...args, '--yes', '--json', '--env-file', settings);
    expect((await other('deploy', 'vps2')).exit).toBe(0);
    const changed = await sum();
    const back = await other('rollback', 'vps2');
    expect(failure(back)).toMatchObject({ code: 'ROLLBACK_UNMATCHED', exit: 3 });
    expect(failure(back).message).toContain('port 2525');
    expect(failure(back).hint).toContain('--with-firewall --with-login');
    expect(back.stdout).not.toContain(old);
    expect(await sum()).toBe(changed);

    const dry = await other('rollback', 'vps2', '--with-firewall', '--with-login', '--dry-run');
    expect(dry.json<Applied>().changes.map(({ id }) => id)).toEqual(['file:/etc/nftables.conf', `file:${CONFIG}`]);
    expect(await sum()).toBe(changed);
    const returned = await other('rollback', 'vps2', '--with-firewall', '--with-login');
    expect(returned.exit, returned.stdout).toBe(0);
    expect(await lab.sh('vps2', 'nft list chain inet ee input')).toMatch(/dport 2587 accept[\s\S]*dport 2525 accept/);
    expect(await lab.sh('vps2', `grep -c 'password a-password-of-another-day' ${CONFIG}`)).toBe('1');
    // The settings of before make it whole again: one change of the password, and the port of another day is closed.
    expect((await lab.ee('deploy', 'vps2', '--yes', '--json')).exit).toBe(0);
    expect(await sum()).toBe(before);
    expect(await lab.sh('vps2', 'nft list chain inet ee input')).not.toContain('2587');

    // A key of it that was taken away since.
    await lab.sh('vps2', `sed -i 's,/etc/pmta/dkim/mail1.pem,/etc/pmta/dkim/mail1.old.pem,' ${CONFIG}`);
    await lab.sh('vps2', 'cp -p /etc/pmta/dkim/mail1.pem /etc/pmta/dkim/mail1.old.pem; pmta reload');
    expect((await apply('--overwrite-drift')).exit).toBe(0);
    await lab.sh('vps2', `echo '# by hand' >> ${CONFIG}`);
    const drifted = await lab.ee('rollback', 'vps2', '--yes', '--json');
    expect(failure(drifted).hint).toMatch(/`ee rollback vps2 --to \S+ --overwrite-drift`/);
    await lab.sh('vps2', `sed -i '$d' ${CONFIG}`);
    await lab.sh('vps2', 'rm /etc/pmta/dkim/mail1.old.pem');
    const keyless = await lab.ee('rollback', 'vps2', '--yes', '--json');
    expect(failure(keyless)).toMatchObject({ code: 'ROLLBACK_KEY_GONE', exit: 3 });
    expect(failure(keyless).message).toContain('/etc/pmta/dkim/mail1.old.pem');
    expect(await sum()).toBe(before);
  });

  it('keeps a virtual MTA with mail in its queue until it is empty', async () => {
    expect((await apply()).exit).toBe(0);
    await lab.sh('vps2', `pmta pause queue '*/*'`);
    const auth = { user: lab.setting('PMTA_SMTP_USER'), pass: lab.setting('PMTA_SMTP_PASSWORD') };
    const from = 'info@mail4.lab.example';
    expect(await submit(lab, 'vps1', { from, ip: lab.sendingIp(4), auth })).toMatch(/^250 /);

    const waits = await apply('--ips', '2', '--drain-timeout', '0');
    expect(waits.exit).toBe(1);
    expect(failure(waits)).toMatchObject({ code: 'PMTA_STILL_DRAINING' });
    expect(failure(waits).message).toContain('vmta-mail4 (1 recipients)');
    expect(await virtualMtas()).toEqual(named(1, 2, 4));
    expect(await lab.sh('vps2', `sed -n '/<virtual-mta-pool/,/<\\/virtual-mta-pool/p' ${CONFIG}`)).not.toContain(
      'vmta-mail4',
    );
    expect((await diff('--ips', '2')).json<Diff>()).toMatchObject({ different: false, retiring: ['vmta-mail4'] });

    const draining = apply('--ips', '2', '--drain-timeout', '5m');
    await sleep(3000);
    await lab.sh('vps2', `pmta delete --queue='*/vmta-mail4'; pmta resume queue '*/*'`);
    const done = await draining;
    expect(done.exit, done.stdout).toBe(0);
    expect(await virtualMtas()).toEqual(named(1, 2));
  });

  interface Death {
    readonly command: string;
    /** Part of its arguments; empty for any. */
    readonly args: string;
    /** How often it is let through before the run is killed in it. */
    readonly passes: number;
    /** Shell for when it is let through. */
    readonly otherwise?: string;
  }

  /** Starts an application, and kills it on both sides while it is in a command. */
  async function killedIn({ command, args, passes, otherwise = '' }: Death, wanted: number): Promise<void> {
    const real = await lab.sh('vps2', `PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v ${command}`);
    await lab.sh('vps2', 'rm -f /run/ee-reached /run/ee-passes');
    await plant(
      command,
      `case "$*" in *${args ? `"${args}"` : ''}*)
  n=$(cat /run/ee-passes 2>/dev/null || echo 0); echo $((n + 1)) > /run/ee-passes
  [ "$n" -ne ${passes} ] || { : > /run/ee-reached; exec sleep 300; } ;;
esac
${otherwise}`,
      real,
    );
    const words = ['pmta', 'apply', '--yes', '--ignore-dns', '--ips', String(wanted), '--env-file', lab.settingsFile];
    const run = execa(process.execPath, ['--', join(packageRoot(), 'bin', 'run.js'), ...words], {
      reject: false,
      stdin: 'ignore',
    });
    for (let tries = 0; tries < 120 && (await lab.try('vps2', 'test -e /run/ee-reached')).exit !== 0; tries += 1)
      await sleep(500);
    await lab.sh('vps2', `test -e /run/ee-reached; rm -f /usr/local/sbin/${command}`);
    // Both at once, as in a power cut: a run that is alive would take the change back, and the host ends what a dead one did.
    run.kill('SIGSTOP');
    await lab.sh(
      'vps2',
      `pid=$(pgrep -o -f '^sh -s ee-run-'); set -- $(sed 's/.*) //' "/proc/$pid/stat"); kill -KILL "-$3"`,
    );
    run.kill('SIGKILL');
    await run;
  }

  /** A number of IPs that is not the one in force. */
  const otherNumber = async (): Promise<number> => ((await virtualMtas()).length === 2 ? 5 : 2);

  /** PowerMTA starts with what the kill left, and the next run leaves no trace of it. */
  async function comesToItsEnd(wanted: number): Promise<void> {
    expect(await lab.sh('vps2', 'systemctl restart pmta; systemctl is-active pmta')).toBe('active');
    const next = await applyOnceFree('--ips', String(wanted));
    expect(next.exit, next.stdout).toBe(0);
    expect(await virtualMtas()).toEqual(named(...Array.from({ length: wanted }, (_, at) => at + 1)));
    await lab.sh('vps2', 'test ! -e /var/lib/ee/pmta/applying && ! ls /etc/pmta/.ee-* 2>/dev/null');
    expect((await diff('--ips', String(wanted))).exit).toBe(0);
    const secret = lab.setting('PMTA_SMTP_PASSWORD');
    expect(await lab.sh('vps2', `grep -rlsF ${secret} /tmp /var/tmp /run /root || :`)).toBe('');
  }

  /** Puts a shell in front of a command: it runs `before`, and goes on to the real one. */
  async function plant(command: string, before: string, real = `/usr/sbin/${command}`): Promise<void> {
    await lab.sh(
      'vps2',
      `cat > /usr/local/sbin/${command} <<'EOF'\n#!/bin/sh\n${before}\nexec ${real} "$@"\nEOF\nchmod 755 /usr/local/sbin/${command}`,
    );
  }
});
