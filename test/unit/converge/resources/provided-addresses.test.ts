import { execa } from 'execa';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NetworkManager } from '../../../../src/lib/converge/network-manager.js';
import { addressFile } from '../../../../src/lib/converge/resources/address-file.js';
import { providedIn, providedQuestion } from '../../../../src/lib/converge/resources/provided-addresses.js';

describe('the addresses that a provider gives an interface, in a real shell', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ee-provided-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  /** What the host is asked, with files below the folder of the test. */
  async function provided(manager: NetworkManager, files: Readonly<Record<string, string>>): Promise<string[]> {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content, { mode: 0o755 });
    }
    await mkdir(join(root, 'run'), { recursive: true });
    const { path } = addressFile(manager, 'eth0');
    const script = providedQuestion(manager, 'eth0', path).replace(/(?<![\w"}.*])\/(?=(etc|run|usr)\/)/g, `${root}/`);
    const { stdout } = await execa('sh', {
      input: script,
      env: { PATH: [join(root, 'bin'), process.env['PATH']].join(delimiter), EE_ROOT: root },
    });
    return [...providedIn(Buffer.from(stdout))];
  }

  it('are those of its .network file and of drop-ins, but of ours', async () => {
    const network = { kind: 'networkd', file: '/etc/systemd/network/10 eth0.network' } as const;
    expect(
      await provided(network, {
        'etc/systemd/network/10 eth0.network':
          '[Match]\nName=eth0\n[Network]\nAddress=192.0.2.1/24\nGateway=192.0.2.254\nDNS=192.0.2.253\n#Address=192.0.2.9/32\n[Address]\n Address = 192.0.2.2\nPeer=192.0.2.250\n',
        'etc/systemd/network/10 eth0.network.d/50-ee-sending.conf': '[Network]\nAddress=192.0.2.11/32\n',
        'run/systemd/network/10 eth0.network.d/provider.conf': '[Network]\nAddress=192.0.2.12/32\n',
        'etc/systemd/network/20-eth1.network': '[Network]\nAddress=192.0.2.13/32\n',
      }),
    ).toEqual(['192.0.2.1', '192.0.2.12', '192.0.2.2']);
  });

  it('are those of stanzas of the interface and of its aliases, but of ours', async () => {
    expect(
      await provided(
        { kind: 'ifupdown' },
        {
          'etc/network/interfaces':
            'auto eth0\niface eth0 inet static\n  address 192.0.2.1/24\n  gateway 192.0.2.254\n  up ip addr add 192.0.2.2/32 broadcast 192.0.2.255 dev eth0\n  up ip route add 198.51.100.0/24 via 192.0.2.253\n  # address 192.0.2.9\niface eth0:1 inet static\n  address 192.0.2.3\niface eth01 inet static\n  address 192.0.2.4\niface eth1 inet static\n  address 192.0.2.5\n',
          'etc/network/interfaces.d/60-ee-sending':
            'iface eth0 inet manual\n  up ip address replace 192.0.2.11/32 dev eth0\n',
          'etc/network/interfaces.d/50-cloud-init': 'iface eth0 inet static\n  address 192.0.2.12/32\n',
        },
      ),
    ).toEqual(['192.0.2.1', '192.0.2.12', '192.0.2.2', '192.0.2.3']);
  });

  it('are what netplan reads where our file is not', async () => {
    expect(
      await provided(
        { kind: 'netplan', type: 'vlans', id: 'eth0.10' },
        {
          'bin/netplan':
            '#!/bin/sh\n[ "$1 $2 $4" = "get --root-dir vlans.eth0\\\\.10.addresses" ] || exit 1\ncat "$3$EE_ROOT"/etc/netplan/*.yaml\n',
          'etc/netplan/50-cloud-init.yaml': '- "192.0.2.1/24":\n    label: "192.0.2.99"\n- 192.0.2.2/32\n',
          'etc/netplan/90-ee-sending.yaml': '- 192.0.2.11/32\n',
        },
      ),
    ).toEqual(['192.0.2.1', '192.0.2.2']);
  });

  it('are none that is known where another program manages it, or nothing is there', async () => {
    expect(await provided({ kind: 'other' }, {})).toEqual([]);
    expect(await provided({ kind: 'networkd', file: '/etc/systemd/network/none.network' }, {})).toEqual([]);
  });
});
