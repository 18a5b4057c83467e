import { quote } from '../../ssh/shell-quote.js';
import type { NetworkManager } from '../network-manager.js';

/** How the manager of an interface is told of more addresses: in a file of our own that it reads beside its others. */
export interface AddressFile {
  readonly path: string;
  readonly mode: string;
  /** Folder that must be there for it; those that come with the manager are not named. */
  readonly folder?: string;
  readonly content: (addresses: readonly string[]) => string;
  /** Shell with which the manager itself checks the file, and takes it up for the next boot. */
  readonly check?: string;
  /** Shell that succeeds while the manager reads the file. */
  readonly isRead?: string;
  /** Shell for the way back, after the file itself is back or gone. */
  readonly undo?: string;
  /** Shell that has the running manager read the file, so that it does not take the addresses away when it next configures the interface. */
  readonly reload?: string;
  /** What is said of an address beside its value when it is added at once, as the manager will say it at boot. */
  readonly scope?: 'link';
}

const HEADER = '# Sending addresses of PowerMTA; written by ee.';

export function addressFile(manager: NetworkManager, device: string): AddressFile {
  switch (manager.kind) {
    case 'networkd':
      return networkd(manager.file);
    case 'netplan':
      return netplan(manager.type, manager.id);
    case 'ifupdown':
      return ifupdown(device);
    case 'other':
      return bootUnit(device);
  }
}

/** The addresses that such a file holds, of whatever manager. */
export const addressesIn = (content: string): string[] => [
  ...new Set([...content.matchAll(/(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})\/32\b/g)].map(([, ip = '']) => ip)),
];

/** Shell that succeeds while an address is on an interface, with whatever prefix length. */
export const isOn = (ip: string, device: string): string =>
  `ip -o -4 address show dev ${quote(device)} to ${ip}/32 | grep -q .`;

/** What systemd-networkd read last of our file, by its checksum: a tmpfs forgets with the reboot, which has it read again. */
const READ_MARK = '/run/ee-networkd';

/** systemd-networkd was told of the file, or was started after it was written. */
function toldNetworkd(path: string): Pick<AddressFile, 'reload' | 'isRead'> {
  return {
    reload: `networkctl reload\nsha256sum < ${quote(path)} > ${READ_MARK}`,
    isRead: `{ [ "$(cat ${READ_MARK})" = "$(sha256sum < ${quote(path)})" ] || [ "$(date -d "$(systemctl show -P ActiveEnterTimestamp systemd-networkd)" +%s)" -gt "$(stat -c %Y ${quote(path)})" ]; }`,
  };
}

const FORGET = `rm -f ${READ_MARK}; networkctl reload || :`;

/** Drop-ins in /etc count for .network files anywhere. */
function networkd(file: string): AddressFile {
  const folder = `/etc/systemd/network/${file.slice(file.lastIndexOf('/') + 1)}.d`;
  const path = `${folder}/50-ee-sending.conf`;
  return {
    path,
    mode: '0644',
    folder,
    content: (addresses) => lines(HEADER, '[Network]', ...addresses.map((ip) => `Address=${ip}/32`)),
    ...toldNetworkd(path),
    undo: FORGET,
  };
}

/** netplan puts the lists of all files together, in the order of their names: the host's own address stays the first. */
function netplan(type: string, id: string): AddressFile {
  const path = '/etc/netplan/90-ee-sending.yaml';
  return {
    path,
    // netplan warns about files that others can read.
    mode: '0600',
    content: (addresses) =>
      lines(
        HEADER,
        'network:',
        '  version: 2',
        `  ${type}:`,
        `    ${JSON.stringify(id)}:`,
        `      addresses:${addresses.length === 0 ? ' []' : ''}`,
        ...addresses.map((ip) => `        - ${ip}/32`),
      ),
    // It writes what networkd reads. `netplan apply` would take the interface down.
    check: 'netplan generate',
    ...toldNetworkd(path),
    undo: `netplan generate || :\n${FORGET}`,
  };
}

const INTERFACES = '/etc/network/interfaces';
const STANZAS = '/etc/network/interfaces.d/60-ee-sending';

/**
 * Several stanzas of one interface add up (interfaces(5)). They may come before the host's own, where `source` stands at the top; of
 * scope link none of them then becomes the address that the host's own connections leave from. Not `static`, with which ifupdown
 * gives each a broadcast address that is the address itself.
 */
function ifupdown(device: string): AddressFile {
  const isRead = `grep -Eqs '^[[:space:]]*source(-directory)?[[:space:]].*interfaces\\.d(/\\*|/60-ee-sending|/?[[:space:]]*$)' ${INTERFACES}`;
  return {
    path: STANZAS,
    mode: '0644',
    folder: '/etc/network/interfaces.d',
    content: (addresses) =>
      lines(
        HEADER,
        `iface ${device} inet manual`,
        ...addresses.map(
          (ip) => `    up ${isOn(ip, device)} || ip address replace ${ip}/32 dev ${quote(device)} scope link`,
        ),
      ),
    check: [
      `{ ${isRead} || {`,
      `  ee_keep ${INTERFACES}`,
      `  cp -p ${INTERFACES} ${INTERFACES}.ee`,
      `  printf '\\n${HEADER}\\nsource ${STANZAS}\\n' >> ${INTERFACES}.ee`,
      `  mv -f ${INTERFACES}.ee ${INTERFACES}`,
      '}; } &&',
      `ifquery ${quote(device)} >/dev/null`,
    ].join('\n'),
    isRead,
    undo: `[ ! -e "$EE_BACKUP"${INTERFACES} ] || cp -a "$EE_BACKUP"${INTERFACES} ${INTERFACES}`,
    scope: 'link',
  };
}

/** Where nobody that is known manages the interface, a small unit adds them at boot. */
function bootUnit(device: string): AddressFile {
  return {
    path: '/etc/systemd/system/ee-addresses.service',
    mode: '0644',
    content: (addresses) =>
      lines(
        HEADER,
        '[Unit]',
        'Description=Sending addresses of PowerMTA',
        'After=network-online.target',
        'Wants=network-online.target',
        'Before=pmta.service',
        '[Service]',
        'Type=oneshot',
        'RemainAfterExit=yes',
        ...addresses.map(
          (ip) => `ExecStart=/bin/sh -c "${isOn(ip, device)} || ip address replace ${ip}/32 dev ${quote(device)}"`,
        ),
        '[Install]',
        'WantedBy=multi-user.target',
      ),
    check: 'systemctl daemon-reload && systemctl enable ee-addresses',
    isRead: 'systemctl is-enabled --quiet ee-addresses',
  };
}

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;
