import { quote } from '../../ssh/shell-quote.js';
import type { Resource } from '../resource.js';
import { directory } from './directory.js';
import { file } from './file.js';

/** Sending addresses, and the interface that must carry them. */
export interface AddressesWanted {
  readonly interface: string;
  /** IPv4 addresses without a prefix length. */
  readonly addresses: readonly string[];
  /** The .network file that systemd-networkd applies to the interface; nothing where another program manages it. */
  readonly networkFile?: string;
}

/**
 * Addresses on an interface, now and after a reboot. Where systemd-networkd manages the interface they are a drop-in of its own
 * file, so that it does not take them away as foreign; elsewhere a small unit adds them at boot. The interface is not
 * reconfigured, only what is missing is added; and what cuts the host off (an address that somebody else has) is taken back.
 */
export function addresses(wanted: AddressesWanted): Resource[] {
  const device = quote(wanted.interface);
  const add = wanted.addresses.map((address) => `ip address replace ${address}/32 dev ${device}`);
  const present = wanted.addresses
    .map((address) => `ip -o -4 address show dev ${device} to ${address}/32 | grep -q .`)
    .join(' && ');
  const where = wanted.networkFile ? networkdDropIn(wanted.networkFile, wanted.addresses) : bootUnit(add);
  return [
    ...(wanted.networkFile ? [directory(dropInFolder(wanted.networkFile), '0755')] : []),
    file({
      ...where,
      mode: '0644',
      activate: [
        ...(wanted.networkFile ? [] : ['systemctl daemon-reload', 'systemctl enable ee-addresses']),
        ...add,
      ].join('\n'),
      activated: present,
      // Those that the previous file did not have. An address of the host's own, with its own prefix length, is another one.
      guard: wanted.addresses
        .map(
          (ip) => `grep -qsF '${ip}/32' ${quote(where.path)} || ip address del ${ip}/32 dev ${device} 2>/dev/null || :`,
        )
        .join('\n'),
    }),
  ];
}

/** Drop-ins in /etc count for .network files anywhere, also for those that netplan writes into /run. */
const dropInFolder = (networkFile: string): string =>
  `/etc/systemd/network/${networkFile.slice(networkFile.lastIndexOf('/') + 1)}.d`;

function networkdDropIn(networkFile: string, list: readonly string[]) {
  return {
    path: `${dropInFolder(networkFile)}/50-ee-sending.conf`,
    content: [
      '# Sending addresses of PowerMTA; written by ee.',
      '[Network]',
      ...list.map((ip) => `Address=${ip}/32`),
      '',
    ].join('\n'),
  };
}

function bootUnit(add: readonly string[]) {
  return {
    path: '/etc/systemd/system/ee-addresses.service',
    content: [
      '# Sending addresses of PowerMTA; written by ee.',
      '[Unit]',
      'Description=Sending addresses of PowerMTA',
      'After=network-online.target',
      'Wants=network-online.target',
      'Before=pmta.service',
      '[Service]',
      'Type=oneshot',
      'RemainAfterExit=yes',
      ...add.map((command) => `ExecStart=/usr/sbin/${command}`),
      '[Install]',
      'WantedBy=multi-user.target',
      '',
    ].join('\n'),
  };
}
