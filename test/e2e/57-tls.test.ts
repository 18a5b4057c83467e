import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killedAt, onceFree } from '../support/killed-run.js';
import { TestLab, type EeResult } from '../support/lab.js';
import { TestWorld } from '../support/world.js';

interface Deployment {
  readonly hosts: readonly { readonly status: string; readonly changes: readonly { readonly id: string }[] }[];
  readonly warnings?: readonly string[];
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}
interface Status {
  readonly hosts: readonly {
    readonly proofs: readonly { readonly what: string; readonly seen: string; readonly ok: boolean }[];
  }[];
}

const PANEL = 'panel.lab.example';
const LIVE = `/etc/letsencrypt/live/${PANEL}`;
const STEPS = [`certificate:${PANEL}`, `https:${PANEL}`, `renewal:${PANEL}`];

const lab = new TestLab('t-tls');
let world: TestWorld;

const deploy = (...args: string[]) => lab.ee('deploy', 'vps1', '--yes', '--json', ...args);
const changes = (result: EeResult) =>
  result.json<Deployment>().hosts.flatMap((host) => host.changes.map(({ id }) => id));
const panelLeadsTo = (address: string) => world.publish(`${PANEL}. 60 IN A ${address}\n`);
const proof = async (what: string) =>
  (await lab.ee('status', '--json')).json<Status>().hosts[0]?.proofs.find((one) => one.what === what);

/** How often the authority was asked for a certificate since it started. */
const orders = async () => Number(await lab.sh('world', `journalctl -q -u world-acme | grep -c 'Added order' || :`));

/** What a browser gets from the panel: one that trusts the lab's authority alone, or one that trusts anybody. */
const visit = (trusting: 'the authority' | 'anybody', path = '/') =>
  lab.sh(
    'world',
    `python3 -c "
import http.client, ssl, socket
trusted = ssl.create_default_context(cafile='/var/lib/world/acme/root.crt')
context = ${trusting === 'anybody' ? 'ssl._create_unverified_context()' : 'trusted'}
raw = socket.create_connection(('${lab.setting('VPS1_IP')}', 443), 20)
connection = http.client.HTTPSConnection('${PANEL}')
connection.sock = context.wrap_socket(raw, server_hostname='${PANEL}')
connection.request('GET', '${path}')
answer = connection.getresponse()
print(answer.status, answer.getheader('Strict-Transport-Security'), connection.sock.version())"`,
  );

/** The same without TLS. */
const visitPlain = (path: string) =>
  lab.sh(
    'world',
    `python3 -c "
import http.client
connection = http.client.HTTPConnection('${lab.setting('VPS1_IP')}', timeout=20)
connection.request('GET', '${path}', headers={'Host': '${PANEL}'})
answer = connection.getresponse()
print(answer.status, answer.getheader('Location'))"`,
  );

/** The authority cannot reach the panel, as with a firewall between the two. */
const closeTheWay = () =>
  lab.sh(
    'world',
    `nft -f - <<'NFT'
table ip fault {
  chain out {
    type filter hook output priority 0;
    ip daddr ${lab.setting('VPS1_IP')} tcp dport 80 ct state new reject with tcp reset
  }
}
NFT`,
  );
const openTheWay = () => lab.sh('world', 'nft delete table ip fault 2>/dev/null || :');

describe('HTTPS of the panel', () => {
  beforeAll(async () => {
    await lab.up('packages', { hosts: ['vps1'], world: true });
    world = await TestWorld.of(lab);
  });
  afterAll(() => lab.down());

  describe('while DNS leads elsewhere', () => {
    beforeAll(() => panelLeadsTo('203.0.113.9'));

    it('[R51] is there with a certificate of its own; no authority is asked, and the next step is told', async () => {
      const result = await deploy();
      expect(result.exit, result.stdout).toBe(0);
      expect(result.json<Deployment>().warnings).toEqual([
        `No certificate authority is asked about ${PANEL}: ${PANEL} leads to 203.0.113.9, not to ${lab.setting('VPS1_IP')} alone. Next: put DNS right (\`ee dns records\` shows what to publish), then run the same command again.`,
      ]);
      expect(await orders()).toBe(0);
      expect(await visit('anybody')).toBe('503 None TLSv1.3');
      expect((await proof('certificate'))?.seen).toMatch(
        /^self-signed, a browser warns; .*once DNS leads panel\.lab\.example here, `ee deploy vps1` asks for one$/,
      );
    });

    it('[R51] has no page without TLS, so that nobody types a password there', async () => {
      expect(await visitPlain('/backend/index.php/guest/index')).toBe(
        `301 https://${PANEL}/backend/index.php/guest/index`,
      );
      await lab.sh(
        'vps1',
        'mkdir -p /var/www/acme/.well-known/acme-challenge && echo yes > /var/www/acme/.well-known/acme-challenge/here',
      );
      expect(await visitPlain('/.well-known/acme-challenge/here')).toBe('200 None');
    });
  });

  describe('once DNS leads to the host', () => {
    beforeAll(() => panelLeadsTo(lab.setting('VPS1_IP')));

    it('[R51] is planned, and nobody is asked for a plan', async () => {
      const planned = await lab.ee('deploy', 'vps1', '--dry-run', '--exit-code', '--json');
      expect(planned.exit, planned.stdout).toBe(3);
      expect(changes(planned)).toEqual([...STEPS, 'reload:nginx']);
      expect(planned.json<Deployment>().warnings).toBeUndefined();
      expect(await orders()).toBe(0);
    });

    it('[R51] that the authority cannot reach, fails with what the authority says; it is asked once', async () => {
      await closeTheWay();
      const result = await deploy();
      await openTheWay();
      expect(result.exit, result.stdout).toBe(1);
      const { code, message } = result.json<Deployment>().error ?? { code: '', message: '' };
      expect(code).toBe('CERTIFICATE_REFUSED');
      expect(message).toContain(`acme.lab.example:14000 gave no certificate for ${PANEL}`);
      expect(message).toContain('The Certificate Authority reported these problems');
      expect(message).toContain('connection refused');
      expect(await orders()).toBe(1);
      expect(await visit('anybody')).toBe('503 None TLSv1.3');
    });

    it('[R51] shows the certificate of the authority, and has browsers insist on it', async () => {
      const result = await deploy();
      expect(result.exit, result.stdout).toBe(0);
      expect(changes(result)).toEqual(expect.arrayContaining(STEPS));
      expect(await visit('the authority')).toBe('503 max-age=63072000 TLSv1.3');
      expect(await visitPlain('/customer/')).toBe(`301 https://${PANEL}/customer/`);
    });

    it('[R51] has its renewal tried out, and says so', async () => {
      // The certificate, and the renewal that was only tried.
      expect(await orders()).toBe(3);
      expect(await proof('certificate')).toMatchObject({
        seen: expect.stringMatching(/^of Pebble .*; ends on 20/),
        ok: true,
      });
      expect(await proof('renewal')).toEqual({
        what: 'renewal',
        seen: 'was tried out; certbot.timer has not run yet',
        ok: true,
      });
    });

    it('[R20] changes nothing in a second run, also when DNS leads elsewhere again', async () => {
      const again = await deploy();
      expect(again.json<Deployment>().hosts).toMatchObject([{ status: 'unchanged', changes: [] }]);
      await panelLeadsTo('203.0.113.9');
      const elsewhere = await deploy();
      await panelLeadsTo(lab.setting('VPS1_IP'));
      expect(elsewhere.json<Deployment>().hosts).toMatchObject([{ status: 'unchanged', changes: [] }]);
      expect(elsewhere.json<Deployment>().warnings).toHaveLength(1);
      expect(await orders()).toBe(3);
    });

    it('[R51] shows a renewed certificate as soon as certbot has it', async () => {
      const serial = `openssl x509 -noout -serial`;
      const shown = `openssl s_client -connect 127.0.0.1:443 -servername ${PANEL} </dev/null 2>/dev/null | ${serial}`;
      const before = await lab.sh('vps1', shown);
      await lab.sh('vps1', 'certbot renew --force-renewal --no-random-sleep-on-renew');
      const fresh = await lab.sh('vps1', `${serial} -in ${LIVE}/cert.pem`);
      expect(fresh).not.toBe(before);
      await lab.until('vps1', `[ "$(${shown})" = '${fresh}' ]`);
    });

    it('[R51] says when nothing renews it, and puts that right', async () => {
      await lab.sh('vps1', 'systemctl stop certbot.timer');
      expect(await proof('renewal')).toMatchObject({ seen: 'certbot.timer does not run: `ee deploy vps1`', ok: false });
      expect(changes(await deploy())).toEqual(['service:certbot.timer']);
    });

    it('[R51] tells what a renewal that is tried out fails for, and goes on showing the certificate', async () => {
      await lab.sh('vps1', 'rm /var/lib/ee/tls/renewal');
      await closeTheWay();
      const result = await deploy();
      await openTheWay();
      expect(result.exit, result.stdout).toBe(1);
      expect(result.json<Deployment>().error?.code).toBe('RENEWAL_FAILS');
      expect(result.json<Deployment>().error?.message).toContain('connection refused');
      expect(await visit('the authority')).toBe('503 max-age=63072000 TLSv1.3');
    });
  });

  describe('when it was cut', () => {
    it.each([
      [
        'asking for a certificate',
        // As certbot leaves it when it is killed between two of its files.
        `cd /etc/letsencrypt && rm -rf live/* archive/* renewal/* && mkdir -p live/${PANEL} archive/${PANEL} && : > renewal/${PANEL}.conf`,
      ],
      ['trying out the renewal', 'rm /var/lib/ee/tls/renewal'],
    ])('is finished by the next run: %s', async (moment, before) => {
      await lab.sh('vps1', before);
      await killedAt(moment, lab, 'deploy', 'vps1', '--yes', '--verbose');
      const result = await onceFree(deploy);
      expect(result.exit, result.stdout).toBe(0);
      expect(await visit('the authority')).toBe('503 max-age=63072000 TLSv1.3');
      expect(await lab.sh('vps1', 'cd /etc/letsencrypt/live && ls -d */; cat /var/lib/ee/tls/renewal')).toBe(
        `${PANEL}/\nhttps://acme.lab.example:14000/dir ${PANEL}`,
      );
    });

    it('leaves nothing to do', async () => {
      expect((await deploy()).json<Deployment>().hosts).toMatchObject([{ status: 'unchanged', changes: [] }]);
    });
  });
});
