import type { Expectations, ExpectedVirtualMta } from './expectations.js';

/** An answer of PowerMTA or of the host, with the status of the command. */
export interface ReadBackAnswer {
  readonly status: number;
  readonly text: string;
}

/** What was asked on the host around an application, by label: `vmta vmta-mail1`, `before gmail.com/vmta-mail1`, `listeners`. */
export type ReadBack = ReadonlyMap<string, ReadBackAnswer>;

/** Reads what `ee_ask` of the scripts printed: `@ STATUS LABEL`, and below it the answer, each line behind a `| `. */
export function parseReadBack(output: string): ReadBack {
  const answers = new Map<string, { status: number; lines: string[] }>();
  let open: { status: number; lines: string[] } | undefined;
  for (const line of output.split('\n')) {
    const [, status, label] = /^@ (\d+) (.*)$/.exec(line) ?? [];
    if (label !== undefined) answers.set(label, (open = { status: Number(status), lines: [] }));
    else if (line.startsWith('| ')) open?.lines.push(line.slice(2));
    else if (line !== '|') open = undefined;
  }
  return new Map([...answers].map(([label, { status, lines }]) => [label, { status, text: lines.join('\n') }]));
}

export interface Wanted {
  readonly expectations: Expectations;
  /** Virtual MTAs that the configuration no longer has. */
  readonly gone: readonly string[];
  /** Pairs of a domain and a virtual MTA for which the new configuration says something else than the former one. */
  readonly changing: ReadonlySet<string>;
}

/** Why the configuration in force is not to be trusted; empty when everything read back is as it should be. */
export function doubtsOf(seen: ReadBack, { expectations, gone, changing }: Wanted): string[] {
  return [
    ...running(seen.get('status')),
    ...expectations.virtualMtas.flatMap((virtualMta) =>
      virtualMtaDoubts(seen.get(`vmta ${virtualMta.name}`), virtualMta),
    ),
    ...goneDoubts(seen.get('vmtas'), gone),
    ...listenerDoubts(seen.get('listeners'), expectations.listeners),
    // A setting that is not written follows another, so a pair that changes at all may change in more than what is written.
    ...settingsChanges(seen)
      .filter(({ pair }) => !changing.has(pair))
      .map(
        ({ pair, name, before, after }) =>
          `${pair}: ${name} was ${before} and is ${after} now, though no rule for it changed`,
      ),
  ];
}

function running(answer: ReadBackAnswer | undefined): string[] {
  if (answer && answer.status === 0 && wordsOf(answer.text).has('running')) return [];
  return [`PowerMTA does not say that it is running: ${oneLine(answer)}`];
}

function virtualMtaDoubts(answer: ReadBackAnswer | undefined, { name, sources, keys }: ExpectedVirtualMta): string[] {
  // Older ones have no such command; what they load they do not tell.
  if (answer && isUnknownCommand(answer)) return [];
  if (!answer || answer.status !== 0) return [`${name}: PowerMTA does not show it: ${oneLine(answer)}`];
  const words = wordsOf(answer.text);
  const lacks = (value: string) => !words.has(value.toLowerCase());
  return [
    ...sources
      .filter(({ ip, host }) => lacks(ip) || (host !== '' && lacks(host)))
      .map(({ ip, host }) => `${name}: it does not send from ${ip} as ${host}`),
    ...keys
      .filter(({ selector, domain, file }) => lacks(selector) || lacks(domain) || lacks(file))
      .map(({ selector, domain }) => `${name}: it does not sign for ${domain} with selector ${selector}`),
  ];
}

function goneDoubts(answer: ReadBackAnswer | undefined, gone: readonly string[]): string[] {
  if (!answer || answer.status !== 0) return [`PowerMTA does not list its virtual MTAs: ${oneLine(answer)}`];
  const words = wordsOf(answer.text);
  return gone.filter((name) => words.has(name.toLowerCase())).map((name) => `${name}: it is still there`);
}

function listenerDoubts(answer: ReadBackAnswer | undefined, listeners: Expectations['listeners']): string[] {
  const open = new Set((answer?.text ?? '').split('\n').map((line) => line.trim()));
  const isOpen = (address: string, port: number): boolean =>
    [`${address}:${port}`, `[${address}]:${port}`, `0.0.0.0:${port}`, `*:${port}`].some((one) => open.has(one)) ||
    // A listener on a network is open on whichever addresses of it the host has.
    (address.includes('/') && [...open].some((one) => one.endsWith(`:${port}`)));
  return listeners
    .filter(({ address, port }) => !isOpen(address, port))
    .map(({ address, port }) => `nothing listens on ${address}:${port}`);
}

/** One effective setting that PowerMTA shows differently after an application. */
export interface SettingChange {
  /** Domain and virtual MTA: `gmail.com/vmta-mail1`. */
  readonly pair: string;
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** Compares `show settings` of the pairs that were asked about before and after. */
export function settingsChanges(seen: ReadBack): SettingChange[] {
  return [...seen].flatMap(([label, before]) => {
    if (!label.startsWith('before ') || before.status !== 0) return [];
    const pair = label.slice('before '.length);
    const after = seen.get(`after ${pair}`);
    if (after?.status !== 0) return [{ pair, name: 'settings', before: 'shown', after: 'not shown' }];
    const [was, is] = [settingsOf(before.text), settingsOf(after.text)];
    return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
      const [old = 'not set', fresh = 'not set'] = [was.get(name), is.get(name)];
      return old === fresh ? [] : [{ pair, name, before: old, after: fresh }];
    });
  });
}

function settingsOf(text: string): Map<string, string> {
  const lines = text.split('\n').flatMap((line): [string, string][] => {
    const [, name, value = ''] = /^\s*([\w-]+)[\s=:]*(.*?)\s*$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, value]];
  });
  return new Map(lines);
}

/** The words of an answer in any of its forms: what stands between blanks, commas, quotes and brackets. */
const wordsOf = (text: string): Set<string> =>
  new Set(
    text
      .toLowerCase()
      .split(/[\s,;="'()[\]]+/)
      .flatMap((word) => [word, word.replace(/[.:]$/, '')]),
  );

const isUnknownCommand = ({ text }: ReadBackAnswer): boolean => /(unknown|invalid|unrecognized) command/i.test(text);

const oneLine = (answer: ReadBackAnswer | undefined): string => answer?.text.split('\n')[0]?.trim() || 'no answer';
