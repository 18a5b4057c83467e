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
 * file, so that it does not take them away as foreign; elsewhere a small unit adds them at boot. The interface is never
 * reconfigured: only what is missing is added, so the operator's connection is not at risk.
 */
export function addresses(wanted: AddressesWanted): Resource[] {
  const device = quote(wanted.interface);
  const add = wanted.addresses.map((address) => `ip address replace ${address}/32 dev ${device}`);
  const present = wanted.addresses
    .map((address) => `ip -o -4 address show dev ${device} to ${address}/32 | grep -q .`)
    .join(' && ');
  return [
    ...(wanted.networkFile ? [directory(dropInFolder(wanted.networkFile), '0755')] : []),
    file({
      ...(wanted.networkFile ? networkdDropIn(wanted.networkFile, wanted.addresses) : bootUnit(add)),
      mode: '0644',
      activate: [
        ...(wanted.networkFile ? [] : ['systemctl daemon-reload', 'systemctl enable ee-addresses']),
        ...add,
      ].join('\n'),
      activated: present,
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
