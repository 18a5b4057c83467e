import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostFacts } from '../../src/lib/converge/host-facts.js';
import { addresses } from '../../src/lib/converge/resources/addresses.js';
import { baseline } from '../../src/lib/roles/baseline.js';
import { loadSettings } from '../../src/lib/settings/load.js';
import { converged, onHost } from '../support/converging.js';
import { TestLab } from '../support/lab.js';

const lab = new TestLab('t-drift');

describe('what somebody changed on a host by hand', () => {
  beforeAll(() => lab.up('packages', { hosts: ['vps1', 'vps3'] }));
  afterAll(() => lab.down());

  const sh = (script: string) => lab.sh('vps1', script);
  /** What a run changes in one stage of the baseline. */
  const stageMade = (name: string): Promise<string[]> =>
    onHost(lab.settingsFile, 'vps1', async (host) => {
      const stages = baseline('vps1', await loadSettings(lab.settingsFile), await hostFacts(host), { ports: [] });
      return converged(host, stages.find((stage) => stage.name === name)?.resources ?? []);
    });

  describe('in our table of nftables', () => {
    const rules = 'nft -s -t list table inet ee';

    it('[R20] goes, and is named and kept; other tables stay', async () => {
      await stageMade('firewall');
      expect(await stageMade('firewall')).toEqual([]);
      const before = await sh(rules);
      await sh(`nft add rule inet ee input tcp dport 4444 accept
nft insert rule inet ee ssh accept
nft add table inet theirs; nft add chain inet theirs input; nft add rule inet theirs input tcp dport 5555 accept`);
      expect(await stageMade('firewall')).toEqual([
        'put /etc/nftables.conf into force (goes, as it is not declared: tcp dport 4444 accept in chain input, accept in chain ssh)',
      ]);
      expect(await sh(rules)).toBe(before);
      expect(await sh('nft list table inet theirs')).toContain('tcp dport 5555 accept');
      expect(await sh('cat /var/lib/ee/backups/*/table-inet-ee.nft')).toContain('tcp dport 4444 accept');
      expect(await stageMade('firewall')).toEqual([]);
    });

    it('comes back where a rule or everything of it is gone', async () => {
      const before = await sh(rules);
      for (const harm of [
        `nft delete rule inet ee input handle $(nft -a list chain inet ee input | sed -n 's/.*dport 9100 .*# handle //p' | head -n 1)`,
        'nft delete table inet ee; nft add table inet ee',
        'nft flush ruleset',
      ]) {
        await sh(harm);
        expect(await stageMade('firewall'), harm).toHaveLength(1);
        expect(await sh(rules)).toBe(before);
        expect(await stageMade('firewall')).toEqual([]);
      }
    });

    it('is not what packets leave in it', async () => {
      await sh(`nft add element inet ee ssh_hasty4 '{ 192.0.2.77 limit rate over 120/minute burst 200 packets }'`);
      expect(await stageMade('firewall')).toEqual([]);
    });
  });

  describe('in what sshd is told', () => {
    const effective = () =>
      sh(`sshd -T | grep -E '^(permitrootlogin|maxauthtries|logingracetime|passwordauthentication) ' | sort`);
    const configured = (lines: string) =>
      sh(`[ -e /root/sshd_config ] || cp /etc/ssh/sshd_config /root/sshd_config
{ cat /root/sshd_config; echo '${lines}'; } > /etc/ssh/sshd_config
sshd -t && systemctl reload ssh`);

    it('stays where it is stricter, and never gets looser', async () => {
      const client = (await sh('echo "$SSH_CONNECTION"')).split(' ')[0] ?? '';
      // Root is let in from here alone.
      await configured(
        `PermitRootLogin no\nMaxAuthTries 2\nLoginGraceTime 0\nMatch Address ${client}\nPermitRootLogin prohibit-password`,
      );
      const [change = ''] = await stageMade('SSH');
      expect(change).toContain('LoginGraceTime 0 → 30');
      expect(change).toContain('stricter on the host and kept: PermitRootLogin no, MaxAuthTries 2');
      const strict = 'logingracetime 30\nmaxauthtries 2\npasswordauthentication no\npermitrootlogin no';
      expect(await effective()).toBe(strict);
      expect(await stageMade('SSH')).toEqual([]);
    });

    it('is as strict again as the host where an earlier version of ee loosened it', async () => {
      await sh(
        `printf 'PermitRootLogin prohibit-password\\nMaxAuthTries 4\\n' > /etc/ssh/sshd_config.d/00-ee.conf; systemctl reload ssh`,
      );
      const [change = ''] = await stageMade('SSH');
      expect(change).toContain('PermitRootLogin without-password → no');
      expect(change).toContain('MaxAuthTries 4 → 2');
      expect(await effective()).toContain('permitrootlogin no');
      expect(await stageMade('SSH')).toEqual([]);
    });

    it('lets the run itself in, where only the file of an earlier one does', async () => {
      await sh(
        `printf 'PermitRootLogin prohibit-password\\n' > /etc/ssh/sshd_config.d/00-ee.conf; systemctl reload ssh`,
      );
      await configured('PermitRootLogin no');
      expect(await stageMade('SSH')).toHaveLength(1);
      expect(await effective()).toContain('permitrootlogin without-password');
      expect(await stageMade('SSH')).toEqual([]);
    });
  });

  describe('in what runs', () => {
    interface Deployed {
      readonly hosts: readonly { readonly status: string; readonly changes: readonly { readonly summary: string }[] }[];
    }
    const deployed = async (): Promise<string[]> => {
      const result = await lab.ee('deploy', 'vps3', '--yes', '--json');
      expect(result.exit, result.stdout).toBe(0);
      return result.json<Deployed>().hosts.flatMap(({ changes }) => changes.map(({ summary }) => summary));
    };
    const planned = async (): Promise<string[]> => {
      const result = await lab.ee('deploy', 'vps3', '--dry-run', '--json');
      return result.json<Deployed>().hosts.flatMap(({ changes }) => changes.map(({ summary }) => summary));
    };
    /** What `ee status` says of the services of VPS3. */
    const services = async () => {
      const { stdout, json } = await lab.ee('status', '--json');
      const { hosts } = json<{ hosts: { host: string; proofs: { what: string; seen: string; ok: boolean }[] }[] }>();
      const proof = hosts.find(({ host }) => host === 'vps3')?.proofs.find(({ what }) => what === 'services');
      expect(proof, stdout).toBeDefined();
      return proof;
    };
    const psql = (sql: string) => lab.sh('vps3', `cd / && runuser -u postgres -- psql -qtAd email_engine -c "${sql}"`);

    it('[R20] is found and started where the cluster of PostgreSQL died under its wrapper, and keeps its data', async () => {
      await deployed();
      await psql('CREATE TABLE kept_by_a_test (it int); INSERT INTO kept_by_a_test VALUES (7)');
      expect((await services())?.ok).toBe(true);
      const cluster = await lab.sh('vps3', `pg_lsclusters -h | awk '{ print "postgresql@" $1 "-" $2 }'`);
      await lab.sh('vps3', `systemctl kill -s KILL ${cluster}; sleep 2; systemctl is-active postgresql`);
      expect(await services()).toEqual({ what: 'services', seen: `${cluster} failed`, ok: false });

      expect(await planned()).toEqual([
        `start postgresql (${cluster} is failed)`,
        'see to the database email_engine: PostgreSQL does not answer',
      ]);
      expect(await deployed()).toEqual([`start postgresql (${cluster} is failed)`]);
      expect(await psql('SELECT it FROM kept_by_a_test')).toBe('7');
      expect((await services())?.ok).toBe(true);
      expect(await deployed()).toEqual([]);
    });

    it('is restarted where it runs and does not answer', async () => {
      await lab.sh('vps3', 'systemctl kill -s STOP redis-server');
      expect(await services()).toMatchObject({ seen: 'redis-server does not answer', ok: false });
      expect(await deployed()).toEqual(['restart redis-server, which runs and does not answer']);
      expect((await services())?.ok).toBe(true);
      expect(await deployed()).toEqual([]);
    });
  });

  describe('in the network', () => {
    const device = 'host0';
    const [theirs, ours] = ['192.0.2.21', '192.0.2.22'];
    const folder = '/etc/systemd/network/10-host0.network.d';
    const made = (): Promise<string[]> =>
      onHost(lab.settingsFile, 'vps1', async (host) => {
        const { network: manager } = await hostFacts(host);
        expect(manager.kind).toBe('networkd');
        return converged(host, addresses({ interface: device, manager, addresses: [theirs, ours] }));
      });
    const there = () =>
      sh(`ip -o -4 address show dev ${device} | sed -n 's/.* inet \\(192\\.0\\.2\\.[0-9/]*\\).*/\\1/p' | sort`);

    it('[R74] takes no address away when the interface is configured again, and writes none that the provider gives', async () => {
      await sh(
        `mkdir -p ${folder}; printf '[Network]\\nAddress=${theirs}/24\\n' > ${folder}/provider.conf; networkctl reload; sleep 2`,
      );
      expect(await there()).toBe(`${theirs}/24`);
      expect(await made()).toEqual([`write ${folder}/50-ee-sending.conf`]);
      const both = `${theirs}/24\n${ours}/32`;
      expect(await there()).toBe(both);
      expect(await sh(`cat ${folder}/50-ee-sending.conf`)).not.toContain(theirs);
      for (const again of ['networkctl reconfigure host0', 'networkctl reload', 'systemctl restart systemd-networkd']) {
        await sh(`${again}; sleep 3`);
        expect(await there(), again).toBe(both);
        expect(await made(), again).toEqual([]);
      }
    });

    it('has networkd told of a file that an earlier version of ee wrote without telling', async () => {
      await sh(`rm -f /run/ee-networkd; touch ${folder}/50-ee-sending.conf`);
      expect(await made()).toEqual([`put ${folder}/50-ee-sending.conf into force`]);
      expect(await made()).toEqual([]);
    });

    it('has one put back that somebody took off, without a file of ours where the provider gives it', async () => {
      await sh(`ip address del ${theirs}/24 dev ${device}; ip address del ${ours}/32 dev ${device}`);
      expect(await made()).toHaveLength(1);
      await sh('networkctl reconfigure host0; sleep 3');
      expect(await there()).toBe(`${theirs}/24\n${ours}/32`);
      expect(await made()).toEqual([]);
    });
  });
});
