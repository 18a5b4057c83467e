import { isIP } from 'node:net';
import type { Greeting, SmtpReply } from '../mail-port.js';
import { firstAnswer } from './lookups.js';
import type { Check, Finding, Looking, Seen } from './result.js';

/** Where bounces to a host arrive, as MX and addresses say. */
export interface Exchange {
  /** `mail1.example.com (192.0.2.11)`. */
  readonly label: string;
  readonly name: string;
  readonly address: string;
}

interface Host {
  readonly ip: string;
  readonly domain: string;
}

/** Whether the mail exchanges of each host answer. What one of them does tells whether silence of another means anything. */
export function mailPortChecks(hosts: readonly Host[]): Check[] {
  const names = hosts.map(({ domain }) => domain);
  return hosts.map(({ ip, domain: host }) => {
    const postmaster = `postmaster@${host}`;
    return {
      ...{ kind: 'mx-port', host, name: host, type: 'MX', right: `${host} takes bounces on port 25` },
      look: async (dns) => {
        const exchanges = await exchangesOf({ ip, domain: host }, dns);
        const greetings = await Promise.all(
          exchanges.map(async (at) => ({ at, greeting: await dns.greet(at.address, postmaster) })),
        );
        const silent = greetings.some(({ greeting }) => greeting.kind === 'silence');
        const reached = silent && (await isAnyReached(hosts, dns));
        return {
          findings: greetings.flatMap(({ at, greeting }) =>
            judgeMailPort({ ...at, names, postmaster, reached }, greeting),
          ),
          seen: greetings.map(({ at, greeting }) => seenOf(at, greeting)),
        };
      },
    };
  });
}

/** The exchanges that MX names. Where it names none that leads anywhere, which is a finding of its own, the host itself. */
async function exchangesOf({ ip, domain }: Host, { survey }: Looking): Promise<Exchange[]> {
  const mx = firstAnswer(await survey.mx(domain));
  const own = { label: `${domain} (${ip})`, name: domain, address: ip };
  const exchanges = (mx.kind === 'found' ? mx.values : []).map(async ({ exchange }): Promise<Exchange[]> => {
    // Whether its own name leads to its IP is a check of its own.
    if (exchange === domain) return [own];
    if (exchange === '' || isIP(exchange) !== 0) return [];
    const answer = firstAnswer(await survey.a(exchange));
    const addresses = answer.kind === 'found' ? answer.values : [];
    return addresses.map((address) => ({ label: `${exchange} (${address})`, name: exchange, address }));
  });
  const found = (await Promise.all(exchanges)).flat();
  return found.length > 0 ? found : [own];
}

/** Whether port 25 of any host of ours can be reached from here: many networks let no connection out to it. */
async function isAnyReached(hosts: readonly Host[], { greet }: Looking): Promise<boolean> {
  const greetings = await Promise.all(hosts.map(({ ip, domain }) => greet(ip, `postmaster@${domain}`)));
  return greetings.some(({ kind }) => kind === 'replies');
}

export interface ExpectedExchange extends Exchange {
  /** The names under which servers of ours greet. */
  readonly names: readonly string[];
  readonly postmaster: string;
  /** Another exchange of ours answers, so the way to port 25 is open. */
  readonly reached: boolean;
}

/** What a mail exchange said on port 25. */
export function judgeMailPort(expected: ExpectedExchange, greeting: Greeting): readonly Finding[] {
  const { label, name, names, postmaster, reached } = expected;
  if (greeting.kind === 'silence') return [silence(label, greeting.reason, reached)];
  const [banner, hello, sender, recipient] = greeting.replies;
  const last = greeting.replies.at(-1);
  if (last === undefined || (last.code >= 400 && last.code < 500)) return [later(label, last)];
  if (recipient === undefined) {
    const message = `${label} answers on port 25, and takes no mail from here: ${textOf(sender ?? hello ?? banner)}.`;
    return [{ code: 'mx-port-declines', message }];
  }
  const greeted = (banner?.lines[0] ?? '').split(' ')[0]?.toLowerCase() ?? '';
  const tls = hello?.lines.some((line) => line.trim().toUpperCase() === 'STARTTLS') === true;
  return [
    ...(greeted === name || names.includes(greeted) ? [] : [otherBanner(label, textOf(banner))]),
    ...(tls ? [] : [{ code: 'mx-port-starttls' as const, message: `${label} offers no STARTTLS on port 25.` }]),
    ...(recipient.code < 300 ? [] : [noPostmaster(label, postmaster, recipient)]),
  ];
}

function silence(label: string, reason: string, reached: boolean): Finding {
  if (reached) {
    const message = `${label} does not answer on port 25, while others do: ${reason}.`;
    return { code: 'mx-port-closed', message };
  }
  const cause =
    'no mail exchange answers on port 25: VPS2 is not deployed yet or down, or the network here lets nothing out to that port';
  return { code: 'mx-port-unreached', message: `Whether ${label} takes bounces is not known: ${cause}.`, cause };
}

const later = (label: string, reply: SmtpReply | undefined): Finding => ({
  code: 'mx-port-later',
  message: `${label} asks on port 25 to try later: ${textOf(reply)}.`,
});

const otherBanner = (label: string, banner: string): Finding => ({
  code: 'mx-port-banner',
  message: `${label} greets on port 25 under a name that is not of ours, so it may be another machine: ${banner}.`,
});

const noPostmaster = (label: string, postmaster: string, reply: SmtpReply): Finding => ({
  code: 'mx-port-postmaster',
  message: `${label} refuses mail to ${postmaster} (RFC 5321 §4.5.1): ${textOf(reply)}.`,
});

const textOf = (reply: SmtpReply | undefined): string =>
  reply === undefined ? 'nothing' : `"${reply.code} ${reply.lines.join(' ').slice(0, 120)}"`;

function seenOf({ label }: Exchange, greeting: Greeting): Seen {
  if (greeting.kind === 'silence')
    return { server: label, role: 'exchange', answer: 'unknown', reason: greeting.reason };
  const values = greeting.replies.map(({ code, lines }) => `${code} ${lines.join(' ')}`);
  return { server: label, role: 'exchange', answer: 'found', values };
}
