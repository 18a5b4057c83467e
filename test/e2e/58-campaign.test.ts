import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { status } from '../../src/lib/deploy/status/status.js';
import type { ReceivedMessage } from '../../src/lib/lab/lab.js';
import { WEB_ROOT, WEB_USER } from '../../src/lib/roles/mailwizz.js';
import { loadSettings } from '../../src/lib/settings/load.js';
import { connect } from '../../src/lib/ssh/connect.js';
import { TestLab } from '../support/lab.js';
import { TestWorld } from '../support/world.js';

const lab = new TestLab('t-campaign');
let world: TestWorld;

const KEY = '/etc/email-engine/credentials/mailwizz-key';
const PANEL = 'panel.lab.example';

const sql = (query: string) => lab.sh('vps1', `mariadb -N mailwizz_v2 <<'SQL'\n${query}\nSQL`);
/** Rows of a query as soon as they are these, whatever their order. */
async function rows(query: string, wanted: readonly string[], seconds = 120): Promise<void> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const seen = (await sql(query)).split('\n').filter(Boolean).sort();
    if (seen.join() === [...wanted].sort().join()) return;
    if (Date.now() > end) expect(seen).toEqual([...wanted].sort());
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function succeed(...args: readonly string[]): Promise<string> {
  const { exit, stdout, stderr } = await lab.ee(...args);
  expect(exit, `ee ${args.join(' ')}\n${stdout}\n${stderr}`).toBe(0);
  return stdout;
}

/** A call of MailWizz's API as VPS3 makes it: with its key, over TLS. Gives the status and the document. */
async function api(method: string, path: string, fields: Readonly<Record<string, string>> = {}) {
  const form = Object.entries(fields).map(
    ([name, value]) => `data-urlencode = "${name}=${value.replace(/["\\]/g, '\\$&')}"`,
  );
  const output = await lab.sh(
    'vps3',
    `curl -q -sSk -X ${method} --resolve ${PANEL}:443:${lab.setting('VPS1_IP')} -w '\\n%{http_code}' -K - <<EE
url = "https://${PANEL}/api/index.php${path}"
header = "X-Api-Key: $(cat ${KEY})"
${form.join('\n')}
EE`,
  );
  const lines = output.split('\n');
  return { status: Number(lines.pop()), document: JSON.parse(lines.join('\n')) as Record<string, unknown> };
}

/** Makes a list with these subscribers and a campaign to it, due at once; gives the campaign's uid. */
async function campaignTo(name: string, subscribers: readonly string[]): Promise<string> {
  const list = await api('POST', '/lists', {
    'general[name]': name,
    'general[description]': name,
    'defaults[from_name]': 'Lab',
    'defaults[from_email]': 'contact@mail1.lab.example',
    'defaults[reply_to]': 'contact@mail1.lab.example',
  });
  expect(list.status).toBe(201);
  const listUid = String(list.document['list_uid']);
  for (const address of subscribers) {
    expect((await api('POST', `/lists/${listUid}/subscribers`, { EMAIL: address, FNAME: 'Ann' })).status).toBe(201);
  }
  const content = `<p>Hello [FNAME], <a href="[UNSUBSCRIBE_URL]">unsubscribe</a></p>`;
  const made = await api('POST', '/campaigns', {
    'campaign[name]': name,
    'campaign[type]': 'regular',
    'campaign[from_name]': 'Lab',
    'campaign[from_email]': 'contact@mail1.lab.example',
    'campaign[subject]': `${name} for [FNAME]`,
    'campaign[reply_to]': 'contact@mail1.lab.example',
    'campaign[send_at]': '2026-01-01 00:00:00',
    'campaign[list_uid]': listUid,
    'campaign[template][content]': Buffer.from(content).toString('base64'),
  });
  expect(made.status, JSON.stringify(made.document)).toBe(201);
  return String(made.document['campaign_uid']);
}

/** What cron does each minute, without the wait. */
async function sent(campaign: string): Promise<void> {
  await lab.sh(
    'vps1',
    `runuser -u ${WEB_USER} -- php8.2 -q ${WEB_ROOT}/apps/console/console.php send-campaigns </dev/null`,
  );
  await rows(`SELECT status FROM mw_campaign WHERE campaign_uid = '${campaign}'`, ['sent']);
}

/** A header field of a message, unfolded. */
async function field(message: ReceivedMessage, name: string): Promise<string> {
  const [head = ''] = (await world.raw(message.id)).toString('latin1').split('\r\n\r\n');
  const unfolded = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const found = unfolded.find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return found?.slice(name.length + 1).trim() ?? '';
}

/** Asks the panel from the world, as a mailbox provider does: without a cookie, following nothing. */
const fromOutside = (method: string, path: string, body = '', header = "'Accept': '*/*'") =>
  lab.sh(
    'world',
    `python3 -c "
import http.client, ssl
connection = http.client.HTTPSConnection('${lab.setting('VPS1_IP')}', context=ssl._create_unverified_context(), timeout=20)
headers = {'Host': '${PANEL}', 'Content-Type': 'application/x-www-form-urlencoded', ${header}}
connection.request('${method}', '${path}', body='${body}', headers=headers)
print(connection.getresponse().status)"`,
  );

interface Proven {
  readonly hosts: readonly { readonly proofs: readonly { what: string; seen: string; ok: boolean }[] }[];
}
/** What ee status says of something. */
async function proof(what: string): Promise<{ seen: string; ok: boolean } | undefined> {
  const { hosts } = (await lab.ee('status', '--json')).json<Proven>();
  return hosts.flatMap(({ proofs }) => proofs).find((one) => one.what === what);
}
/** The same of something on VPS2, without the other hosts, one of which is cut off. */
async function proofOnVps2(what: string): Promise<{ seen: string; ok: boolean } | undefined> {
  const [vps2] = await status(await loadSettings(lab.settingsFile), ['vps2'], connect);
  return vps2?.proofs.find((one) => one.what === what);
}
const statusOf = (address: string) => `SELECT status FROM mw_list_subscriber WHERE email = '${address}'`;
const bounces = (type: string) =>
  `SELECT s.email, l.bounce_type FROM mw_campaign_bounce_log l JOIN mw_list_subscriber s USING (subscriber_id) WHERE bounce_type = '${type}'`;

describe('a campaign of MailWizz', () => {
  const one = (prefix: string) => `${prefix}@gmail.com`;
  let summer = '';

  beforeAll(async () => {
    await lab.up('packages', { world: true });
    world = await TestWorld.of(lab);
    await succeed('dkim', 'generate');
    await world.publish();
    await succeed('deploy', 'all', '--yes');
    await succeed('mailwizz', 'install', '--yes');
    await succeed('mailwizz', 'servers', '--yes');
    await succeed('mailwizz', 'key', '--yes');
    await world.answer(one('gone'), '550 5.1.1 no such user');
    await world.answer(one('full'), '552 5.2.2 mailbox full');
  });
  afterAll(() => lab.down());

  it('[R54] [R64] [R73] that is made through its API arrives, signed, each message from the IP of its sender', async () => {
    const readers = ['ann', 'bob', 'cleo', 'dan', 'eve'].map(one);
    summer = await campaignTo('Summer', [...readers, one('gone'), one('full')]);
    await sent(summer);

    const messages = await world.received({ to: 'gmail.com', count: readers.length });
    expect(messages.flatMap(({ envelope }) => envelope.to).sort()).toEqual(readers);
    const { identities } = (await loadSettings(lab.settingsFile)).sending;
    for (const message of messages) {
      const identity = identities.find(({ sender }) => message.headers.from?.includes(`<${sender}>`));
      expect(message, message.headers.from ?? '').toMatchObject({
        client: identity?.ip,
        helo: identity?.domain,
        verdicts: { spf: { result: 'pass' }, dkim: [{ result: 'pass' }], dmarc: { result: 'pass', dkimAligned: true } },
      });
      expect(message.tls).not.toBeNull();
      expect(await world.signatures(message.id)).toEqual([`${identity?.domain} pass`]);
    }
    // The servers take turns, so more than one sender was proven.
    expect(new Set(messages.map(({ client }) => client)).size).toBe(5);
    const [first] = messages;
    if (!first) throw new Error('there is no message');
    expect(await field(first, 'X-Campaign-Uid')).toBe(summer);
    expect(await field(first, 'X-Virtual-MTA')).toBe('');
  });

  it('[R131] can be left with one click, which the signature covers, and with no look at it', async () => {
    const [message] = await world.received({ to: one('ann'), count: 1 });
    if (!message) throw new Error('there is no message');
    const url = /^<https:\/\/panel\.lab\.example(\/[^>]+)>$/.exec(await field(message, 'List-Unsubscribe'))?.[1] ?? '';
    expect(await field(message, 'List-Unsubscribe-Post')).toBe('List-Unsubscribe=One-Click');
    const signed = /\bh=([^;]+)/
      .exec(await field(message, 'DKIM-Signature'))?.[1]
      ?.toLowerCase()
      .replace(/\s/g, '');
    expect(signed?.split(':')).toEqual(expect.arrayContaining(['list-unsubscribe', 'list-unsubscribe-post']));

    expect(await fromOutside('GET', url)).toBe('200');
    expect(await sql(statusOf(one('ann')))).toBe('confirmed');
    expect(await fromOutside('POST', url, 'List-Unsubscribe=One-Click')).toBe('200');
    expect(await sql(statusOf(one('ann')))).toBe('unsubscribed');
    expect(await fromOutside('POST', url, 'List-Unsubscribe=One-Click')).toBe('200');
  });

  it('[R56] [R113] has its bounces back in MailWizz, once each: a hard one blacklists, a soft one does not', async () => {
    await rows(bounces('hard'), [`${one('gone')}\thard`]);
    await rows(bounces('soft'), [`${one('full')}\tsoft`]);
    expect(await sql(statusOf(one('gone')))).toBe('blacklisted');
    expect(await sql(statusOf(one('full')))).toBe('confirmed');
    expect((await api('GET', `/campaigns/${summer}/bounces`)).document).toMatchObject({ data: { count: '2' } });
    const told = await proof('bounces');
    expect(told).toMatchObject({ ok: true });
    expect(told?.seen).toContain('to panel.lab.example: ee-acct.csv up to byte ');
    expect(told?.seen).toContain(' 0 bytes behind; records acknowledged: 2, ');
  });

  it('[R56] [R130] has a complaint and a late bounce of a provider back too', async () => {
    const [complained] = await world.received({ to: one('bob'), count: 1 });
    const [returned] = await world.received({ to: one('cleo'), count: 1 });
    await world.complain(complained?.id ?? '');
    await world.bounce(returned?.id ?? '', { status: '5.1.1', text: 'no such user' });
    await rows(statusOf(one('bob')), ['unsubscribed']);
    await rows(statusOf(one('cleo')), ['blacklisted']);
    await rows('SELECT COUNT(*) FROM mw_campaign_complain_log', ['1']);
  });

  it('[R112] loses no bounce while MailWizz is away, the file is moved and the shipper is killed, and says how far it is', async () => {
    await world.answer(one('moved'), '550 5.1.1 no such user');
    const autumn = await campaignTo('Autumn', ['ann', 'gone', 'cleo', 'dan', 'moved'].map(one));
    await lab.sh('vps1', 'systemctl stop nginx');
    await sent(autumn);
    // Who is on the blacklist gets nothing from another list either.
    await rows(
      `SELECT s.email FROM mw_campaign_delivery_log l JOIN mw_list_subscriber s USING (subscriber_id) JOIN mw_campaign c USING (campaign_id) WHERE c.campaign_uid = '${autumn}'`,
      ['ann', 'dan', 'moved'].map(one),
    );
    await lab.until('vps2', `grep -q '"failure":"[^"]' /run/ee-bounces/status.json`, 120);
    const waiting = await proofOnVps2('bounces');
    expect(waiting?.ok).toBe(false);
    expect(waiting?.seen).toMatch(/[1-9]\d* bytes behind; .*ECONNREFUSED/);
    await lab.sh('vps2', 'pmta rotate acct; systemctl kill -s KILL pmta-bounces');
    expect(await sql(bounces('hard'))).not.toContain(one('moved'));
    // The API heard of it all the same.
    expect(await proofOnVps2('accounting')).toMatchObject({ ok: true });

    await lab.sh('vps1', 'systemctl start nginx');

    await rows(
      bounces('hard'),
      ['gone', 'cleo', 'moved'].map((prefix) => `${one(prefix)}\thard`),
    );
    await lab.until('vps2', `grep -q '"behind":0,.*"failure":""' /run/ee-bounces/status.json`);
    expect(await proofOnVps2('bounces')).toMatchObject({ ok: true });
  });

  it('[R97] takes events from VPS2 alone, whatever the address looks like', async () => {
    const paths = ['/dswh/pmta', '/index.php/dswh/pmta', '/index.php/dswh//%70mta', '/dswh%2fpmta/'];
    for (const path of paths) expect([path, await fromOutside('POST', path, '{}')]).toEqual([path, '403']);
    // The application reads the address as it was sent, and its framework two more places than that.
    const aside = ['/dswh/pmta/../x', '/dswh/pmta/%2e%2e/x', '/x/%2E/dswh/pmta', '//x/dswh/pmta', '/?r=dswh/pmta'];
    const disguised = [...aside, '/index.php?a=1&+%72=dswh%2fpmta'];
    for (const path of disguised) expect([path, await fromOutside('POST', path, '{}')]).toEqual([path, '400']);
    const rewritten = "'X-Rewrite-Url': '/index.php/dswh/pmta'";
    expect(await fromOutside('POST', '/no-such-page', '{}', rewritten)).toBe('404');
    expect(await fromOutside('GET', '/?u=https://a.example/../b&for=a/b')).toBe('200');
    const here = `curl -sk -o /dev/null -w '%{http_code}' -H 'Host: ${PANEL}' -d '{}' https://${lab.setting('VPS1_IP')}/dswh/pmta`;
    expect(await lab.sh('vps3', here)).toBe('403');
    expect(await lab.sh('vps2', here)).toBe('200');
  });

  it('[R17] [R55] leaves only where the panel and the running PowerMTA agree, in both directions', async () => {
    interface Panel {
      readonly healthy: boolean;
      readonly proofs: Proven['hosts'][number]['proofs'];
    }
    const panel = async () => (await lab.ee('mailwizz', 'status', '--json')).json<Panel>();
    const mapIn = ({ proofs }: Panel) => proofs.find(({ what }) => what === 'PowerMTA');
    const map = async () => mapIn(await panel());
    const agreed = await panel();
    expect(agreed.proofs.filter(({ ok }) => !ok)).toEqual([]);
    expect(mapIn(agreed)?.seen).toBe('runs the 5 virtual MTAs that they ask for, each for its sender');

    await sql(`UPDATE mw_delivery_server SET status = 'inactive' WHERE name = 'vmta-mail5'`);
    await lab.sh(
      'vps2',
      `cp -p /etc/pmta/config /root/config
      sed -i -e '/mail-from .*mail2/s/vmta-mail2/vmta-mail1/' -e 's/<virtual-mta vmta-mail3>/<virtual-mta vmta-other>/; s/vmta-mail3$/vmta-other/' /etc/pmta/config
      pmta reload`,
    );
    const asks = (sender: string, name: string) => `the delivery server of ${sender} asks for ${name}, `;
    expect((await map())?.seen.split('; ')).toEqual([
      `${asks('support@mail2.lab.example', 'vmta-mail2')}and PowerMTA's list of senders gives it to vmta-mail1`,
      `${asks('hello@mail3.lab.example', 'vmta-mail3')}which PowerMTA does not run`,
      `${asks('hello@mail3.lab.example', 'vmta-mail3')}and PowerMTA's list of senders gives it to vmta-other`,
      'PowerMTA runs vmta-other for a sender, and no active delivery server asks for it',
      'PowerMTA runs vmta-mail5 for a sender, and no active delivery server asks for it',
    ]);

    // What is only written, and not loaded, routes nothing.
    await lab.sh('vps2', `sed -i 's/vmta-other/vmta-later/' /etc/pmta/config`);
    expect(await map()).toEqual({
      what: 'PowerMTA',
      seen: 'vmta-later of /etc/pmta/config does not run: `ee deploy vps2` loads what is there',
      ok: false,
    });
    await lab.sh('vps2', 'cp -p /root/config /etc/pmta/config; pmta reload');
    await succeed('mailwizz', 'servers', '--yes');
    expect(await map()).toMatchObject({ ok: true });
  });

  describe('and the API on VPS3', () => {
    const health = async () =>
      JSON.parse(await lab.sh('vps3', 'curl -sS http://127.0.0.1:8000/health')) as { status: string; mailwizz: string };

    it('[R54] [R125] reads its key of MailWizz as a credential, shows it nowhere, and says that the panel takes it', async () => {
      // It asks the panel by itself, now and then; a slow answer of a busy panel is one of before.
      await lab.until('vps3', `curl -sS http://127.0.0.1:8000/health | grep -q '"mailwizz":"ok"'`);
      expect(await health()).toMatchObject({ status: 'ok', mailwizz: 'ok' });
      expect(await proof('MailWizz')).toEqual({
        what: 'MailWizz',
        seen: 'panel.lab.example takes the key of the API',
        ok: true,
      });
      const key = await lab.sh('vps3', `cat ${KEY}`);
      const shown = await lab.sh(
        'vps3',
        `pid=$(systemctl show -P MainPID email-engine); cat /proc/$pid/cmdline /proc/$pid/environ /etc/email-engine/config.json | tr '\\0' ' '; journalctl -o cat --no-pager; curl -sS http://127.0.0.1:8000/metrics; ls -lR /run/credentials/email-engine.service`,
      );
      expect(shown).not.toContain(key);
      expect(shown).toContain('ee_mailwizz_up 1');
      expect(shown).toContain('mailwizz-key');
    });

    it('[R20] keeps it over a deployment, and is not restarted by a key that it has', async () => {
      const before = await lab.sh('vps3', `cat ${KEY}; systemctl show -P MainPID email-engine`);
      const deployed = await lab.ee('deploy', 'vps3', '--yes', '--json');
      expect(deployed.exit, deployed.stdout).toBe(0);
      expect(deployed.json<{ hosts: { status: string }[] }>().hosts[0]?.status).toBe('unchanged');
      await succeed('mailwizz', 'key', '--yes');
      expect(await lab.sh('vps3', `cat ${KEY}; systemctl show -P MainPID email-engine`)).toBe(before);
    });

    it('[R101] says of another key that it is refused, and works without one', async () => {
      await lab.sh('vps3', `printf %s ${'0'.repeat(40)} > ${KEY}; systemctl restart email-engine`);
      await lab.until('vps3', `curl -sS http://127.0.0.1:8000/health | grep -q '"mailwizz":"refused"'`);
      await lab.sh('vps3', `rm ${KEY}; systemctl restart email-engine`);
      await lab.until('vps3', `curl -sS http://127.0.0.1:8000/health | grep -q '"mailwizz":"no key"'`);
      const before = await lab.sh('vps3', 'systemctl show -P MainPID email-engine');
      await succeed('mailwizz', 'key', '--yes');
      await lab.until('vps3', `curl -sS http://127.0.0.1:8000/health | grep -q '"mailwizz":"ok"'`);
      expect(await lab.sh('vps3', 'systemctl show -P MainPID email-engine')).not.toBe(before);
    });
  });
});
