import { quote } from '../../ssh/shell-quote.js';
import type { NetworkManager } from '../network-manager.js';
import { STATE } from '../paths.js';
import type { Resource } from '../resource.js';
import { addressesIn, addressFile, type AddressFile } from './address-file.js';
import { directory } from './directory.js';
import { file } from './file.js';

/** Sending addresses, and the interface that must carry them. */
export interface AddressesWanted {
  readonly interface: string;
  readonly manager: NetworkManager;
  /** IPv4 addresses without a prefix length. */
  readonly addresses: readonly string[];
}

/** The addresses that were not there before, one a line: those alone are ever taken off again. */
const LEDGER = `${STATE}/addresses`;

/**
 * Addresses on an interface, now and after a reboot. The interface is not reconfigured, only what is missing is added; and what cuts
 * the host off (an address that somebody else has) is taken back. Addresses of an earlier run stay: `retiredAddresses` takes them.
 */
export function addresses(wanted: AddressesWanted): Resource[] {
  const { manager, interface: device } = wanted;
  const where = addressFile(manager, device);
  const withAll = (list: readonly string[]) =>
    file({
      ...place(where, list),
      activate: wanted.addresses.map((ip) => add(ip, device, where)).join('\n') || ':',
      activated: inForce(wanted, where),
      // Those that the previous file did not have. An address of the host's own is not in the ledger.
      guard: [
        ...(where.undo ? [where.undo] : []),
        ...wanted.addresses.map((ip) => `grep -qsF '${ip}/32' ${quote(where.path)} || { ${remove(ip, device)}; }`),
      ].join('\n'),
    });
  const exact = withAll(wanted.addresses);
  return [
    ...(where.folder === undefined ? [] : [directory(where.folder, '0755')]),
    {
      ...exact,
      diff: (seen) => {
        const present = presentIn(seen);
        const missing = wanted.addresses.filter((ip) => !present.includes(ip));
        // In the order in which they stand, so that a file that lacks none is not written anew.
        return (present.some(isRetired(wanted.addresses)) ? withAll([...present, ...missing]) : exact).diff(seen);
      },
    },
  ];
}

/**
 * Takes the addresses that no longer send from the file and off the interface: those that a run of ours put there, and only once
 * nothing that runs needs them any more, so it comes after the configuration that does without them.
 */
export function retiredAddresses(wanted: AddressesWanted): Resource {
  const { manager, interface: device, addresses: kept } = wanted;
  const where = addressFile(manager, device);
  const left =
    kept.length === 0 ? `grep -v '^$' ${LEDGER}` : `grep -vxF ${kept.map((ip) => `-e ${ip}`).join(' ')} ${LEDGER}`;
  const without = file({
    ...place(where, kept),
    activate: [
      `for ip in $(${left} 2>/dev/null); do`,
      // Without promotion the kernel takes a network's other addresses away with its first; a /32 has no others.
      `  ${remove('$ip', device)}`,
      'done',
    ].join('\n'),
    activated: `[ -z "$(${left} 2>/dev/null)" ]`,
    guard: [
      ...(where.undo ? [where.undo] : []),
      `for ip in $(grep -oE '[0-9.]+/32' ${quote(where.path)}); do`,
      `  ${add('${ip%/32}', device, where)}`,
      'done',
    ].join('\n'),
  });
  return {
    id: 'addresses:retired',
    probe: without.probe,
    diff(seen) {
      const retired = presentIn(seen).filter(isRetired(kept));
      const onInterface = seen.toString('utf8').split('\n').includes('inactive');
      if (retired.length === 0 && !onInterface) return undefined;
      const change = without.diff(seen);
      if (change === undefined) return undefined;
      const summary = `take ${retired.length > 0 ? retired.join(', ') : 'the addresses that no longer send'} off ${device}`;
      return { ...change, action: 'remove', summary };
    },
  };
}

const place = ({ path, mode, content, check }: AddressFile, list: readonly string[]) => ({
  path,
  mode,
  content: content(list),
  ...(check === undefined ? {} : { verify: check }),
});

/** What the file on the host has. The probe shows it only where it differs from what is wanted. */
const presentIn = (seen: Buffer): string[] => addressesIn(seen.toString('utf8'));

const isRetired =
  (wanted: readonly string[]) =>
  (ip: string): boolean =>
    !wanted.includes(ip);

const onInterface = (ip: string, device: string): string =>
  `ip -o -4 address show dev ${quote(device)} to "${ip}/32" | grep -q .`;

const add = (ip: string, device: string, { scope }: AddressFile): string =>
  `${onInterface(ip, device)} || { echo "${ip}" >> ${LEDGER}; ip address replace "${ip}/32" dev ${quote(device)}${scope ? ` scope ${scope}` : ''}; }`;

/** Takes an address of ours off, and out of the ledger last, so that a cut run is continued. */
const remove = (ip: string, device: string): string =>
  [
    `if grep -qsxF "${ip}" ${LEDGER}; then`,
    `ip address del "${ip}/32" dev ${quote(device)} 2>/dev/null || :;`,
    `grep -vxF "${ip}" ${LEDGER} > ${LEDGER}.new || :; mv -f ${LEDGER}.new ${LEDGER};`,
    'fi',
  ].join(' ');

function inForce({ interface: device, addresses: list }: AddressesWanted, { isRead }: AddressFile): string {
  const all = [...(isRead === undefined ? [] : [isRead]), ...list.map((ip) => onInterface(ip, device))];
  return all.join(' && ') || ':';
}
