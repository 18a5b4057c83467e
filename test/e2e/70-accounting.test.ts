import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boot, DEFAULT_STORE, labPlace, powerCut } from '../../src/lib/lab/lab.js';
import { TestLab } from '../support/lab.js';
import { submit } from '../support/submission.js';
import { TestWorld } from '../support/world.js';

const lab = new TestLab('t-acct');

/** Writes records as PowerMTA does: in parts, with line breaks in them, moving the file now and then. Arguments: first, last. */
const WRITER = `
import os, random, sys, time
path, first, last = '/var/log/pmta/ee-acct.csv', int(sys.argv[1]), int(sys.argv[2])
os.umask(0o027)
for number in range(first, last):
    line = f'b,{1795500000 + number},r{number}@b.example,5.2.2 (full),quota-issues,"550 no\\r\\n""{number}"", really é"\\r\\n'.encode()
    cut = random.randrange(len(line)) if number % 5 == 0 else len(line)
    new = not os.path.exists(path)
    with open(path, 'ab', buffering=0) as file:
        if new:
            file.write(b'type,timeLogged,rcpt,dsnStatus,bounceCat,dsnDiag\\r\\n')
        file.write(line[:cut])
        time.sleep(0.01)
        file.write(line[cut:])
    if number % 150 == 149:
        os.rename(path, f'/var/log/pmta/ee-acct-2026-11-24-{number // 150:04d}.csv')
`;
const write = (first: number, last: number): Promise<string> =>
  lab.sh(
    'vps2',
    `cat > /tmp/writer.py <<'EE'\n${WRITER}\nEE\nrunuser -u pmta -- python3 /tmp/writer.py ${first} ${last}`,
  );

interface Seen {
  readonly accounting: string;
  readonly ok: boolean;
}

/** What `ee status` says about the accounting. */
async function status(): Promise<Seen> {
  const { json } = await lab.ee('status', '--json');
  const { hosts } = json<{ hosts: { proofs: { what: string; seen: string; ok: boolean }[] }[] }>();
  const proof = hosts.flatMap(({ proofs }) => proofs).find(({ what }) => what === 'accounting');
  return { accounting: proof?.seen ?? '', ok: proof?.ok ?? false };
}

/** Rows in the API's database that are of the writer, and how many recipients they have: each has one of its own. */
async function received(): Promise<string> {
  const sql = "SELECT count(*), count(DISTINCT recipient) FROM accounting_records WHERE recipient LIKE 'r%@b.example'";
  return lab.sh('vps3', `cd /; runuser -u postgres -- psql -At -F ' ' -c "${sql}" email_engine`);
}

async function until(wanted: string, ask: () => Promise<string>): Promise<void> {
  const end = Date.now() + 120_000;
  for (let seen = ''; seen !== wanted;) {
    seen = await ask();
    if (Date.now() > end) expect(seen).toBe(wanted);
    if (seen !== wanted) await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

describe('the accounting of PowerMTA on its way to the API', () => {
  beforeAll(() => lab.up('packages', { hosts: ['vps2', 'vps3'], world: true }));
  afterAll(() => lab.down());

  it('is handed over by a service of its own, confined, with a key that only root can read', async () => {
    const runs = await Promise.all(['vps2', 'vps3'].map((host) => lab.ee('deploy', host, '--yes', '--json')));
    for (const { exit, stdout } of runs) expect(exit, stdout).toBe(0);
    const key = lab.setting('ENGINE_ACCOUNTING_KEY');
    const shown = await lab.sh(
      'vps2',
      `pid=$(systemctl show -P MainPID pmta-accounting); tr '\\0' ' ' < /proc/$pid/cmdline; tr '\\0' ' ' < /proc/$pid/environ; journalctl -u pmta-accounting -o cat --no-pager; cat /etc/ee-accounting/config.json; ps -o user= -p $pid; stat -c %a:%U /etc/ee-accounting/accounting-key /var/lib/ee-accounting`,
    );
    expect(shown).not.toContain(key);
    expect(shown.split('\n').slice(-3)).toEqual([expect.stringMatching(/^ee-acco/), '600:root', '700:ee-accounting']);
    const second = 'runuser -u ee-accounting -- flock -n -E 75 /var/lib/ee-accounting/lock true';
    expect((await lab.try('vps2', second)).exit).toBe(75);
  });

  it('[R112] loses and doubles no record while the shipper is killed again and again and the file is moved', async () => {
    const kills = lab.sh('vps2', 'for one in 1 2 3 4 5; do sleep 3; systemctl kill -s KILL pmta-accounting; done');
    await Promise.all([write(0, 1000), kills]);
    await until('1000 1000', received);
  });

  it('[R112] loses and doubles no record while the API is away and the host loses its power', async () => {
    await lab.sh('vps3', 'systemctl stop email-engine');
    await write(1000, 1400);
    await until('yes', () =>
      lab.sh('vps2', `grep -q '"failure":"the API answers 50' /run/ee-accounting/status.json && echo yes || echo no`),
    );
    expect(await status()).toMatchObject({ ok: false });
    await powerCut(labPlace(lab.name, DEFAULT_STORE), 'vps2');
    await boot(labPlace(lab.name, DEFAULT_STORE), 'vps2', () => undefined);
    await lab.sh('vps3', 'systemctl start email-engine');
    await until('1400 1400', received);
  });

  it('[R112] puts what is no record aside with the reason, and says so', async () => {
    expect(await lab.sh('vps2', 'ls /var/lib/ee-accounting')).toBe('lock\nplace.json');
    await until('true', async () => String((await status()).ok));
    await lab.sh('vps2', `printf 'b,torn by a power cut\\r\\n' | runuser -u pmta -- tee -a /var/log/pmta/ee-acct.csv`);
    await write(1400, 1410);
    await until('1410 1410', received);
    const letter = JSON.parse(await lab.sh('vps2', 'cat /var/lib/ee-accounting/dead-letters.jsonl')) as object;
    expect(letter).toMatchObject({
      record: 'b,torn by a power cut\r\n',
      reason: 'it has 2 fields where the header has 6',
    });
    expect((await status()).accounting).toContain('1 dead letters in /var/lib/ee-accounting/dead-letters.jsonl');
  });

  it('shows its figures to Prometheus', async () => {
    const figures = await lab.sh(
      'vps3',
      `curl -fsS http://${lab.setting('VPS2_IP')}:9100/metrics | grep ^ee_accounting`,
    );
    expect(figures.split('\n')).toEqual(
      expect.arrayContaining([
        'ee_accounting_shipper_delivered_total{to="api"} 1410',
        'ee_accounting_shipper_dead_letters_total{to="api"} 1',
        'ee_accounting_shipper_lost_files_total{to="api"} 0',
        'ee_accounting_shipper_lag_bytes{to="api"} 0',
      ]),
    );
  });

  it('[R56] [R82] has the complaint and the late bounce about a message that was sent, and the recipient is suppressed', async () => {
    const world = await TestWorld.of(lab);
    await world.publish();
    // The writer's file has other columns than PowerMTA's, which begins one of its own.
    await lab.sh('vps2', 'pmta rotate acct');
    const auth = { user: lab.setting('PMTA_SMTP_USER'), pass: lab.setting('PMTA_SMTP_PASSWORD') };
    const messageId = '<m1@mail1.lab.example>';
    const message = { from: 'contact@mail1.lab.example', to: 'ann@gmail.com', ip: lab.sendingIp(1), messageId, auth };
    await submit(lab, 'vps3', message);
    const [received] = await world.received({ to: 'ann@gmail.com', count: 1 });

    const told = await lab.ee('lab', 'complain', '--name', lab.name, '--message', received?.id ?? '');
    expect(told.stdout, told.stderr).toMatch(
      /^The complaint went to fbl@mail1\.lab\.example: mail1\.lab\.example answered 250 /,
    );
    expect(await world.bounce(received?.id ?? '', { status: '5.2.2', text: 'mailbox full' })).toMatchObject({
      to: 'contact@mail1.lab.example',
    });

    const sql = `SELECT type, recipient, dsn_action, dsn_status FROM accounting_records WHERE message_id = '${messageId}' ORDER BY type`;
    const records = (): Promise<string> =>
      lab.sh('vps3', `cd /; runuser -u postgres -- psql -At -F ' ' -c "${sql}" email_engine`);
    await until(
      ['d ann@gmail.com relayed 2.0.0', 'f ann@gmail.com  ', 'rb ann@gmail.com failed 5.2.2'].join('\n'),
      records,
    );
    const suppressed = 'SELECT address, reason FROM suppressions WHERE until IS NULL';
    expect(await lab.sh('vps3', `cd /; runuser -u postgres -- psql -At -F ' ' -c "${suppressed}" email_engine`)).toBe(
      'ann@gmail.com complaint',
    );
  });

  it('[R78] has port 25 for nothing else: other mail goes on to the postmaster, and no stranger is relayed', async () => {
    const world = await TestWorld.of(lab);
    const deliver = (to: string): Promise<string> =>
      lab.sh(
        'world',
        `python3 - <<'EE'
import smtplib, ssl
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
client = smtplib.SMTP("${lab.sendingIp(1)}", 25, "mx.inbox.example", timeout=20)
client.starttls(context=context)
try: print(client.sendmail("bob@second.example", ["${to}"], b"Subject: a question\\r\\n\\r\\nHello\\r\\n") or 250)
except smtplib.SMTPRecipientsRefused as error: print(error.recipients["${to}"][0])
EE`,
      );
    expect(await deliver('abuse@mail1.lab.example')).toBe('250');
    const [forwarded] = await world.received({ to: 'postmaster@lab.example', count: 1 });
    expect(forwarded).toMatchObject({ client: lab.sendingIp(1), envelope: { from: 'bob@second.example' } });
    expect(await deliver('someone@mail1.lab.example')).toBe('550');
    expect(await deliver('ann@gmail.com')).toBe('550');
  });
});
