import ipaddr from 'ipaddr.js';
import { unquoted, type Line, type Word } from '../document.js';
import { wordsOf } from '../lines.js';
import { SECRET_DIRECTIVES } from '../redact.js';
import { grouped, type Survey } from '../survey.js';
import type { HostFacts } from './host-facts.js';
import { at, type Finding, type Rule } from './rule.js';

/** Rules about a configuration and the host that it is for; silent where nothing is known of the host. */
export const hostRules: readonly Rule[] = [
  {
    code: 'ip-not-local',
    severity: 'error',
    why: 'PowerMTA cannot send from, or listen on, an address that the host does not have.',
    fix: 'Add the address to the interface, or take it out here.',
    evidence: 'guide',
    applies: (_, { host }) => host?.localAddresses !== undefined,
    check: function* (survey, { host }) {
      const covers = coverageOf((host?.localAddresses ?? []).flatMap((text) => parsed(text) ?? []));
      for (const { line, word, address } of usedAddresses(survey)) {
        if (!covers(address)) yield at(line, word, `${address} is no address of the host`);
      }
    },
  },
  {
    code: 'port-in-use',
    severity: 'error',
    why: 'Another program, often Postfix or Exim, holds the port: PowerMTA does not start.',
    fix: 'Stop and disable the other program, or listen on another port.',
    evidence: 'guide',
    applies: (_, { host }) => host?.portsInUse !== undefined,
    check: function* (survey, { host }) {
      const byPort = grouped(host?.portsInUse ?? [], ({ port }) => port);
      for (const { line, word, address, port } of listeners(survey)) {
        const other = byPort.get(port)?.find((used) => overlap(used.address, address));
        if (other) yield at(line, word, `${other.program ?? 'another program'} listens on port ${port}`);
      }
    },
  },
  {
    code: 'key-missing',
    severity: 'error',
    why: 'Without its key mail leaves unsigned, and no error says so.',
    fix: 'Put the key there, readable for the user pmta alone.',
    evidence: 'guide',
    applies: (_, { host }) => host?.existingKeys !== undefined,
    check: (survey, { host }) => {
      const existing = new Set(host?.existingKeys);
      return keysThat(survey, (file) => !existing.has(file), 'does not exist');
    },
  },
  {
    code: 'key-unreadable',
    severity: 'error',
    why: 'PowerMTA mostly runs as the user pmta: a key that it cannot read signs nothing, and no error says so.',
    fix: 'Give it to root:pmta with mode 640, in a folder with mode 750.',
    evidence: 'configurations in use',
    applies: (_, { host }) => host?.readableKeys !== undefined,
    check: (survey, { host }) => {
      const readable = new Set(host?.readableKeys);
      const existing = host?.existingKeys && new Set(host.existingKeys);
      const fails = (file: string): boolean => !readable.has(file) && existing?.has(file) !== false;
      return keysThat(survey, fails, 'cannot be read by the user of the service');
    },
  },
  {
    code: 'config-world-readable',
    severity: 'error',
    why: 'Passwords are in it, and every user of the machine can read them.',
    fix: 'chmod 640, and chgrp pmta on the host of PowerMTA.',
    evidence: 'configurations in use',
    applies: (_, { host }) => host?.worldReadable !== undefined,
    check: worldReadable,
  },
];

/** The files of DKIM keys that a configuration names. */
export function keyFiles({ all }: Survey): { readonly line: Line; readonly word: Word; readonly file: string }[] {
  return all('domain-key').flatMap(({ directive }) => {
    const { text, column } = directive.value;
    const parts = unquoted(text).split(',');
    const file = unquoted((parts[2] ?? '').trim());
    const from = text.indexOf(file);
    if (parts.length !== 3 || !file.startsWith('/') || from === -1) return [];
    return [{ line: directive.line, word: { text: file, column: column + from }, file }];
  });
}

function* keysThat(survey: Survey, fails: (file: string) => boolean, message: string): Generator<Finding> {
  for (const { line, word, file } of keyFiles(survey)) if (fails(file)) yield at(line, word, `${file} ${message}`);
}

function* worldReadable(survey: Survey, { host }: { host: HostFacts | undefined }): Generator<Finding> {
  const seen = new Set<unknown>();
  const open = new Set(host?.worldReadable);
  for (const { directive, keyword } of survey.statements) {
    if (!SECRET_DIRECTIVES.has(keyword) || directive.value.text === '') continue;
    const file = survey.fileOf(directive.line);
    if (seen.has(file) || !open.has(file.name)) continue;
    seen.add(file);
    // A copy elsewhere, as in a checked-out repository, may be meant to be so.
    const severity = /(^|\/)etc\/pmta\//.test(file.name) ? 'error' : 'warning';
    const message = `every user can read this file, and ${keyword} is in it`;
    yield at(directive.line, directive.keyword, message, { severity });
  }
}

interface Used {
  readonly line: Line;
  readonly word: Word;
  readonly address: string;
}

/** The addresses that PowerMTA must have. */
function* usedAddresses(survey: Survey): Generator<Used> {
  for (const { directive } of survey.all('smtp-source-host')) {
    const ip = wordsOf(directive.value).find(({ text }) => parsed(unquoted(text)) ?? parsedNetwork(unquoted(text)));
    if (ip) yield { line: directive.line, word: ip, address: unquoted(ip.text) };
  }
  yield* listeners(survey);
}

interface Listener extends Used {
  readonly port: number;
}

function* listeners({ all, blocksOf }: Survey): Generator<Listener> {
  const lines = [
    ...all('smtp-listener').map(({ directive }) => ({ line: directive.line, word: wordsOf(directive.value)[0] })),
    ...blocksOf('smtp-listener').map(({ block }) => ({ line: block.open, word: block.name })),
  ];
  for (const { line, word } of lines) {
    const match = word && /^\[?([0-9a-f.:/]+?)\]?:(\d+)$/i.exec(unquoted(word.text));
    if (word && match) yield { line, word, address: match[1] ?? '', port: Number(match[2]) };
  }
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

function parsed(text: string): Address | undefined {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text) ? ipaddr.process(text) : undefined;
}

/** `10/8` and `0/0` are networks as the guide writes them. */
function parsedNetwork(text: string): [Address, number] | undefined {
  const [short = '', bits] = text.split('/');
  if (bits === undefined || !/^\d+$/.test(bits)) return undefined;
  const octets = short.split('.');
  const full = short.includes(':') ? short : [...octets, '0', '0', '0'].slice(0, Math.max(4, octets.length)).join('.');
  const address = parsed(full);
  const most = address?.kind() === 'ipv6' ? 128 : 32;
  return address && Number(bits) <= most ? [address, Number(bits)] : undefined;
}

const isAny = (text: string): boolean => /^(0\.0\.0\.0|::)(\/0)?$|^0\/0$/.test(text);

/** Tells whether the host has an address, or one of a network. What is neither is for another rule. */
function coverageOf(local: readonly Address[]): (text: string) => boolean {
  const addresses = new Set(local.map((one) => one.toNormalizedString()));
  const networks = new Map<string, boolean>();
  const reaches = (text: string, network: [Address, number]): boolean => {
    const known = networks.get(text) ?? local.some((one) => one.kind() === network[0].kind() && one.match(network));
    networks.set(text, known);
    return known;
  };
  return (text) => {
    if (isAny(text)) return true;
    const network = parsedNetwork(text);
    if (network) return reaches(text, network);
    const address = parsed(text);
    if (!address || address.range() === 'loopback') return true;
    return addresses.has(address.toNormalizedString());
  };
}

function overlap(used: string, wanted: string): boolean {
  if (isAny(used) || isAny(wanted)) return true;
  const address = parsed(used);
  return (
    address !== undefined &&
    coverageOf([address])(wanted) &&
    (parsed(wanted)?.range() !== 'loopback' || used === wanted)
  );
}
