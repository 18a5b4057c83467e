import { quote } from '../../ssh/shell-quote.js';
import type { NetworkManager } from '../network-manager.js';
import { STATE } from '../paths.js';
import { asking } from '../asking.js';
import type { Difference, Resource } from '../resource.js';
import { addressesIn, addressFile, isOn, type AddressFile } from './address-file.js';
import { directory } from './directory.js';
import { file } from './file.js';
import { providedIn, providedQuestion } from './provided-addresses.js';

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
 * Addresses on an interface, now, after a reboot and after its manager configures it again. Only what is missing is added: an address
 * that the provider gives the interface in a file of his is not written a second time. What cuts the host off (an address that
 * somebody else has) is taken back. Addresses of an earlier run stay: `retiredAddresses` takes them.
 */
export function addresses(wanted: AddressesWanted): Resource[] {
  const { manager, interface: device } = wanted;
  const where = addressFile(manager, device);
  const question = [
    providedQuestion(manager, device, where.path),
    ...wanted.addresses.map((ip) => `${isOn(ip, device)} || echo 'missing ${ip}'`),
  ].join('\n');
  return [
    ...(where.folder === undefined ? [] : [directory(where.folder, '0755')]),
    asking(fileWith(wanted, where, wanted.addresses, new Set()), question, (answer, seen) => {
      const provided = providedIn(answer);
      const present = presentIn(seen);
      const ours = wanted.addresses.filter((ip) => !provided.has(ip));
      // In the order in which they stand, so that a file that lacks none is not written anew.
      const all = [...present, ...ours.filter((ip) => !present.includes(ip))].filter((ip) => !provided.has(ip));
      const list = present.some(isRetired(wanted.addresses)) ? all : ours;
      if (list.length > 0 || !isAbsent(seen)) return fileWith(wanted, where, list, provided).diff(seen);
      return addMissing(wanted, where, missingIn(answer));
    }),
  ];
}

/** The file with these addresses, in force once all that are wanted are on the interface. */
function fileWith(
  wanted: AddressesWanted,
  where: AddressFile,
  list: readonly string[],
  provided: ReadonlySet<string>,
): Resource {
  const { interface: device, addresses: all } = wanted;
  return file({
    ...place(where, list),
    activate: [
      ...all.map((ip) => (provided.has(ip) ? addTheirs(ip, device, where) : add(ip, device, where))),
      ...(where.reload === undefined ? [] : [where.reload, settled(all, device)]),
      ':',
    ].join('\n'),
    activated: inForce(wanted, where),
    // Those that the previous file did not have. An address of the host's own is not in the ledger.
    guard: [
      ...(where.undo ? [where.undo] : []),
      ...all.map((ip) => `grep -qsF '${ip}/32' ${quote(where.path)} || { ${remove(ip, device)}; }`),
    ].join('\n'),
  });
}

/** Where the provider gives the interface all of them, no file is needed: somebody took them off by hand. */
function addMissing(wanted: AddressesWanted, where: AddressFile, missing: readonly string[]): Difference | undefined {
  if (missing.length === 0) return undefined;
  const { interface: device } = wanted;
  return {
    action: 'run',
    summary: `put ${missing.join(', ')} back on ${device}`,
    script: missing.map((ip) => addTheirs(ip, device, where)).join('\n'),
  };
}

/** Seconds that a manager has to bring the addresses back, where it takes them off while it configures the interface again. */
const SETTLES_WITHIN = 15;

/** Shell that waits until all are on the interface. */
function settled(list: readonly string[], device: string): string {
  const all = list.map((ip) => isOn(ip, device)).join(' && ') || ':';
  return [
    // It answers before it begins.
    'sleep 1',
    'ee_tries=0',
    `until ${all}; do`,
    '  ee_tries=$((ee_tries + 1))',
    `  [ "$ee_tries" -lt ${SETTLES_WITHIN} ] || { echo 'the addresses are not back on the interface'; ip -o -4 address show dev ${quote(device)}; exit 1; }`,
    '  sleep 1',
    'done',
  ].join('\n');
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
  const withList = (list: readonly string[]) =>
    file({
      ...place(where, list),
      activate: [
        `for ip in $(${left} 2>/dev/null); do`,
        // Without promotion the kernel takes a network's other addresses away with its first; a /32 has no others.
        `  ${remove('$ip', device)}`,
        'done',
        ...(where.reload === undefined ? [] : [where.reload, settled(kept, device)]),
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
    probe: withList(kept).probe,
    diff(seen) {
      const present = presentIn(seen);
      const retired = present.filter(isRetired(kept));
      const onInterface = seen.toString('utf8').split('\n').includes('inactive');
      if (retired.length === 0 && !onInterface) return undefined;
      // What the provider gives the interface is not in the file, and does not come into it.
      const change = withList(isShown(seen) ? present.filter((ip) => kept.includes(ip)) : kept).diff(seen);
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

const isShown = (seen: Buffer): boolean => seen.includes('\ncontent\n');

const isAbsent = (seen: Buffer): boolean => seen.toString('utf8').split('\n').includes('absent');

const missingIn = (answer: Buffer): string[] =>
  [...answer.toString('utf8').matchAll(/^missing (\S+)$/gm)].map(([, ip = '']) => ip);

const put = (ip: string, device: string, { scope }: AddressFile): string =>
  `ip address replace "${ip}/32" dev ${quote(device)}${scope ? ` scope ${scope}` : ''}`;

const add = (ip: string, device: string, where: AddressFile): string =>
  `${isOn(ip, device)} || { echo "${ip}" >> ${LEDGER}; ${put(ip, device, where)}; }`;

/** An address that the provider's own file has: it is not in the ledger, also where a run of ours was there first. */
const addTheirs = (ip: string, device: string, where: AddressFile): string =>
  `{ ! grep -qsxF "${ip}" ${LEDGER} || ${forget(ip)}; }\n${isOn(ip, device)} || ${put(ip, device, where)}`;

const forget = (ip: string): string =>
  `{ grep -vxF "${ip}" ${LEDGER} > ${LEDGER}.new || :; mv -f ${LEDGER}.new ${LEDGER}; }`;

/** Takes an address of ours off, and out of the ledger last, so that a cut run is continued. */
const remove = (ip: string, device: string): string =>
  [
    `if grep -qsxF "${ip}" ${LEDGER}; then`,
    `ip address del "${ip}/32" dev ${quote(device)} 2>/dev/null || :;`,
    `${forget(ip)};`,
    'fi',
  ].join(' ');

function inForce({ interface: device, addresses: list }: AddressesWanted, { isRead }: AddressFile): string {
  const all = [...(isRead === undefined ? [] : [isRead]), ...list.map((ip) => isOn(ip, device))];
  return all.join(' && ') || ':';
}
