import { DomOutput, firstOf, listed, saysNone } from './dom-output.js';
import { count, isRefusal, printable, type Said, words } from './said.js';

/** A virtual MTA that PowerMTA runs with. */
export interface LiveVirtualMta {
  readonly name: string;
  readonly recipients: number | null;
}

/** Address and host name of an `smtp-source-host`. */
export interface LiveSource {
  readonly ip: string;
  readonly host: string | null;
}

export interface DisabledSource {
  readonly ip: string;
  /** The queue that it is disabled for. */
  readonly queue: string | null;
  /** The rest of what was said of it. */
  readonly note: string | null;
}

/** The virtual MTAs of `pmta --dom show vmtas`. Null when they could not be read. */
export function virtualMtasOf(said: Said): LiveVirtualMta[] | null {
  const records = listed(said, 'vmta');
  return (
    records?.flatMap((record) => {
      const name = words(record.get('name'));
      return name === null ? [] : [{ name, recipients: count(firstOf(record, 'rcp', 'rcpt')) }];
    }) ?? null
  );
}

const ADDRESS = /(?<![\w.:])(\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})(?![\w.:])/i;
const SOURCE_HOST = /smtp-?source-?host/i;

/**
 * The addresses that a virtual MTA sends from, by `pmta show vmta-settings`. Its form is documented nowhere: a line or a key
 * that names the directive, with the address and then the host name. Null when there is none to be found.
 */
export function sourcesOf(said: Said): LiveSource[] | null {
  if (isRefusal(said)) return null;
  const groups = new Map<string, string>();
  for (const line of said.text.split('\n').filter((one) => SOURCE_HOST.test(one))) {
    const [, key, value] = /^([\w[\].-]+)\s*=\s*"(.*)"\s*$/.exec(line) ?? [];
    if (key === undefined || value === undefined) groups.set(line, line.replace(/^.*?smtp-?source-?host/i, ''));
    // smtpSourceHost[0].ip and smtpSourceHost[0].host belong together.
    else if (!SOURCE_HOST.test(key.split('.').at(-1) ?? '')) {
      const owner = key.split('.').slice(0, -1).join('.');
      groups.set(owner, `${groups.get(owner) ?? ''} ${value}`);
    } else groups.set(key, value);
  }
  const sources = [...groups.values()].flatMap((text) => sourceIn(text) ?? []);
  return sources.length > 0 ? sources : null;
}

function sourceIn(text: string): LiveSource | undefined {
  const [, ip] = ADDRESS.exec(text) ?? [];
  if (ip === undefined) return undefined;
  const host = text
    .split(/[\s,="]+/)
    .find((word) => /^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/i.test(word) && !ADDRESS.test(word));
  return { ip, host: host ?? null };
}

/** The sources of `pmta --dom show disabled sources`. Null when they could not be read. */
export function disabledSourcesOf(said: Said): DisabledSource[] | null {
  if (isRefusal(said)) return null;
  const output = new DomOutput(said.text);
  if (output.isEmpty) return saysNone(said.text) ? [] : inLines(said.text);
  const records = new Map<string, string[]>();
  for (const [key, value] of output.entries()) {
    const owner = /^(.*\[\d+\])/.exec(key)?.[1] ?? '';
    records.set(owner, [...(records.get(owner) ?? []), value]);
  }
  const found = [...records.values()].flatMap((values) => disabledIn(values) ?? []);
  return found.length > 0 ? found : null;
}

/** A table for people: every line with an address in it. What has none at all is not understood. */
function inLines(text: string): DisabledSource[] | null {
  const found = text.split('\n').flatMap((line) => disabledIn(line.trim().split(/\s+/)) ?? []);
  return found.length > 0 ? found : null;
}

function disabledIn(values: readonly string[]): DisabledSource | undefined {
  const at = values.findIndex((value) => ADDRESS.test(value));
  const [, ip] = ADDRESS.exec(values[at] ?? '') ?? [];
  if (ip === undefined) return undefined;
  const rest = values.filter((_, index) => index !== at);
  const queue = rest.find((value) => /^[\w*.[\]-]+(\/[\w*.-]+)?$/.test(value) && /[./*]/.test(value)) ?? null;
  return { ip, queue, note: printable(rest.filter((value) => value !== queue).join(' ')) || null };
}
