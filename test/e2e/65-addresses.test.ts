import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { converge } from '../../src/lib/converge/converge.js';
import { underLock } from '../../src/lib/converge/lock.js';
import { hostFacts } from '../../src/lib/converge/host-facts.js';
import type { NetworkManager } from '../../src/lib/converge/network-manager.js';
import { changesOf, plan } from '../../src/lib/converge/plan.js';
import type { Resource, Stage } from '../../src/lib/converge/resource.js';
import { addressFile } from '../../src/lib/converge/resources/address-file.js';
import { addresses, retiredAddresses } from '../../src/lib/converge/resources/addresses.js';
import { boot, DEFAULT_STORE, labPlace, powerCut } from '../../src/lib/lab/lab.js';
import { loadSettings } from '../../src/lib/settings/load.js';
import { HOST_NAMES, type HostName } from '../../src/lib/settings/settings.js';
import { connect } from '../../src/lib/ssh/connect.js';
import type { Host } from '../../src/lib/ssh/host.js';
import { TestLab } from '../support/lab.js';
import { accepts } from '../support/submission.js';

const lab = new TestLab('t-addr');
const place = labPlace(lab.name, DEFAULT_STORE);

const install = (name: string): string =>
  `apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install ${name} >/dev/null 2>&1`;
const WITHOUT_NETWORKD =
  'systemctl -q mask systemd-networkd.service systemd-networkd.socket; rm /etc/systemd/network/10-host0.network';

/** A host of a provider: who gives its interface its addresses, how the lab's own image becomes one, and who it is found to be. */
interface Provider {
  readonly host: HostName;
  readonly manager: NetworkManager['kind'];
  readonly become: (address: string, gateway: string, provided: string) => string;
  /** Has the manager configure the interface again, as a provider's agent or an upgrade does. */
  readonly configureAgain?: string;
}

const PROVIDERS: readonly Provider[] = [
  {
    host: 'vps1',
    manager: 'ifupdown',
    // As an old image has it: one file, which reads in no folder.
    become: (address, gateway, provided) => `${install('ifupdown')}
cat > /etc/network/interfaces <<'EOF'
auto lo
iface lo inet loopback

auto host0
iface host0 inet static
    address ${address}/24
    gateway ${gateway}

auto host0:0
iface host0:0 inet static
    address ${provided}/32
EOF
${WITHOUT_NETWORKD}
systemctl -q enable networking`,
  },
  {
    host: 'vps2',
    manager: 'netplan',
    configureAgain: 'networkctl reconfigure host0',
    become: (address, gateway, provided) => `${install('netplan.io')}
(umask 077; cat > /etc/netplan/50-cloud-init.yaml) <<'EOF'
network:
  version: 2
  ethernets:
    host0:
      addresses: [${address}/24, ${provided}/32]
      routes: [{to: default, via: ${gateway}}]
EOF
rm /etc/systemd/network/10-host0.network`,
  },
  {
    host: 'vps3',
    manager: 'other',
    become: (address, gateway, provided) => `cat > /etc/systemd/system/provider-agent.service <<'EOF'
[Unit]
Before=network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=ip address replace ${address}/24 dev host0
ExecStart=ip address replace ${provided}/32 dev host0
ExecStart=ip link set host0 up
ExecStart=ip route replace default via ${gateway}
[Install]
WantedBy=multi-user.target
EOF
${WITHOUT_NETWORKD}
systemctl -q enable provider-agent`,
  },
];

describe('sending addresses on hosts of several providers', () => {
  let runs = 0;

  beforeAll(async () => {
    await lab.up('bare');
    await Promise.all(
      PROVIDERS.map(async ({ host, become }) => {
        const own = addressOf(host);
        await lab.sh(host, `set -e\n${become(own, own.replace(/\d+$/, '1'), ipFor(host, 4))}`);
        await afterPowerCut(host);
      }),
    );
  });
  afterAll(() => lab.down());

  it.each(PROVIDERS.map(({ manager, host, configureAgain }) => [manager, host, configureAgain] as const))(
    '[R74] stay through a power cut where the interface is one of %s, and go where they no longer send',
    async (manager, host, configureAgain) => {
      const all = [1, 2, 3, 4].map((index) => ipFor(host, index));
      const [first = '', gone = '', last = '', provided = ''] = all;
      const wanted = await onHost(host, async (connected) => {
        const facts = await hostFacts(connected);
        expect(facts.network.kind).toBe(manager);
        return (list: readonly string[]) => ({ interface: facts.interface, manager: facts.network, addresses: list });
      });

      expect((await made(host, addresses(wanted(all)))).length).toBeGreaterThan(0);
      expect(await made(host, addresses(wanted(all)))).toEqual([]);
      expect(await ours(host)).toEqual(all);
      // The provider's own is not written a second time.
      const { path } = addressFile((await onHost(host, hostFacts)).network, 'host0');
      const written = await lab.sh(host, `cat ${path}`);
      expect(written).toContain(`${first}/32`);
      if (manager !== 'other') expect(written).not.toContain(provided);
      if (configureAgain !== undefined) {
        await lab.sh(host, `${configureAgain}; sleep 3`);
        expect(await ours(host)).toEqual(all);
        expect(await made(host, addresses(wanted(all)))).toEqual([]);
      }

      await afterPowerCut(host);
      expect(await ours(host)).toEqual(all);
      expect(await made(host, addresses(wanted(all)))).toEqual([]);
      for (const ip of all) expect(await accepts(ip, 22)).toBe(true);
      // Its own connections still leave from its own address.
      expect(await lab.sh(host, `ip -4 route get 192.0.2.1 | grep -o 'src [0-9.]*'`)).toBe(`src ${addressOf(host)}`);

      const kept = [first, last, provided];
      const rest = [...addresses(wanted(kept)), retiredAddresses(wanted(kept))];
      expect(await made(host, rest)).toEqual([`take ${gone} off host0`]);
      expect(await ours(host)).toEqual(kept);
      await afterPowerCut(host);
      expect(await ours(host)).toEqual(kept);
      expect(await made(host, rest)).toEqual([]);
    },
  );

  const addressOf = (host: HostName): string => lab.setting(`${host.toUpperCase()}_IP`);
  /** Addresses of the lab's network that nobody else has: four for each host, the last of them the provider's. */
  const ipFor = (host: HostName, index: number): string =>
    addressOf(host).replace(/\d+$/, String(200 + 10 * HOST_NAMES.indexOf(host) + index));

  async function afterPowerCut(host: HostName): Promise<void> {
    await powerCut(place, host);
    await boot(place, host, () => undefined);
  }

  /** The addresses on the interface beside the host's own, in the order in which they are there. */
  const ours = async (host: HostName): Promise<string[]> =>
    (await lab.sh(host, `ip -o -4 address show dev host0 | grep -o '[0-9.]*/32' || :`))
      .split('\n')
      .map((line) => line.replace('/32', ''))
      .sort();

  async function onHost<T>(host: HostName, use: (connected: Host) => Promise<T>): Promise<T> {
    const connected = await connect((await loadSettings(lab.settingsFile)).hosts[host]);
    try {
      return await use(connected);
    } finally {
      await connected.close();
    }
  }

  /** What a run of its own changes, as `ee deploy` makes it. */
  const made = (host: HostName, resources: readonly Resource[]): Promise<string[]> =>
    onHost(host, async (connected) => {
      const stage: Stage = { name: 'sending addresses', resources };
      const planned = await plan(connected, [stage]);
      const run = { id: `20260101T000000Z-${String((runs += 1)).padStart(4, '0')}`, by: 'alice@example.com' };
      const changes = await underLock(connected, run, (locked) =>
        converge(locked, planned, { run, emit: () => undefined }),
      );
      expect(changes).toHaveLength(changesOf(planned).length);
      return changes.map(({ summary }) => summary);
    });
});
