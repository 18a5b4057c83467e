import { unquoted, type Document, type Word } from '../document.js';
import { firstWord } from '../lines.js';
import { survey, type Statement } from '../survey.js';

/** A virtual MTA as PowerMTA must show it once the configuration is in force. */
export interface ExpectedVirtualMta {
  readonly name: string;
  readonly sources: readonly { readonly ip: string; readonly host: string }[];
  readonly keys: readonly { readonly selector: string; readonly domain: string; readonly file: string }[];
}

/** What a configuration needs of its host, and what must be seen there once it is in force. */
export interface Expectations {
  readonly virtualMtas: readonly ExpectedVirtualMta[];
  /** Addresses that the host must have: it sends from them or listens on them. */
  readonly addresses: readonly string[];
  /** Files that the user of the service must be able to read: keys and certificates. */
  readonly readable: readonly string[];
  readonly listeners: readonly { readonly address: string; readonly port: number }[];
}

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/** Reads from a configuration what it needs. What is in a form that is not understood is left to PowerMTA's own test. */
export function expectationsOf(document: Document): Expectations {
  const found = survey(document);
  const sources = found
    .all('smtp-source-host')
    .map((statement) => ({ owner: ownerOf(statement), ...sourceOf(statement) }));
  const keys = found.all('domain-key').flatMap((statement) => {
    const key = keyOf(statement);
    return key ? [{ owner: ownerOf(statement), key }] : [];
  });
  const listeners = [
    ...found.all('smtp-listener').map(({ directive }) => firstWord(directive.value).first),
    ...found.blocksOf('smtp-listener').map(({ block }) => block.name),
  ].flatMap(listenerOf);
  const certificates = found.all('smtp-server-tls-certificate').map(({ directive }) => firstOf(directive.value));
  return {
    virtualMtas: found.blocksOf('virtual-mta').map(({ name }) => ({
      name,
      sources: sources.filter(({ owner }) => owner === name).map(({ ip, host }) => ({ ip, host })),
      keys: keys.filter(({ owner }) => owner === name).map(({ key }) => key),
    })),
    addresses: distinct([...sources.map(({ ip }) => ip), ...listeners.map(({ address }) => address)]).filter(
      (address) => IPV4.test(address) && address !== '0.0.0.0',
    ),
    readable: distinct([...keys.map(({ key }) => key.file), ...certificates]).filter((path) => path.startsWith('/')),
    listeners,
  };
}

/** The virtual MTA that a directive stands in; nothing for one of the whole configuration. */
function ownerOf({ path }: Statement): string | undefined {
  const block = path.find(({ tag }) => tag.text.toLowerCase() === 'virtual-mta');
  return block && unquoted(block.name.text);
}

function sourceOf({ directive }: Statement): { ip: string; host: string } {
  const { first, rest } = firstWord(directive.value);
  return { ip: unquoted(first.text), host: firstOf(rest) };
}

function keyOf({ directive }: Statement): { selector: string; domain: string; file: string } | undefined {
  const [selector, domain, file] = directive.value.text.split(',').map((part) => unquoted(part.trim()));
  return selector && domain && file ? { selector, domain, file } : undefined;
}

function listenerOf(word: Word): { address: string; port: number }[] {
  const [, address, port] = /^\[?(.*?)\]?:(\d+)$/.exec(unquoted(word.text)) ?? [];
  return address === undefined || port === undefined ? [] : [{ address, port: Number(port) }];
}

const firstOf = (value: Word): string => unquoted(firstWord(value).first.text);

const distinct = (values: readonly string[]): string[] => [...new Set(values)];
