import { setTimeout } from 'node:timers/promises';
import { Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { dnsSubject } from '../../lib/deploy/dns-subject.js';
import type { CheckReport } from '../../lib/dns/check/run.js';
import { canonical } from '../../lib/dns/message.js';
import { serverAddress } from '../../lib/dns/name-server.js';
import { EXIT, EeError } from '../../lib/errors.js';
import type { Settings } from '../../lib/settings/settings.js';

/** Milliseconds between two looks at what is not right. */
const PAUSE = 1000;

/** Milliseconds of the tries of a later look: who did not answer before is not waited for as long. */
const AGAIN = [1000, 2000];

export default class DnsCheck extends EeCommand {
  static override summary = 'Check what DNS says, against what the sending needs';
  static override description = `Asks every name server of each zone, and the resolvers of DNS_RESOLVERS, each directly: addresses, reverse names, SPF, DKIM, DMARC, MX and whether it answers on port 25, TLS reporting, CAA, the names of panel and API, and the delegation. Sends no mail, and changes nothing.

Verdicts: ok; wrong; missing; undetermined, where no answer came that counts. What is not right is looked at twice more before it is reported, and comes with the record that repairs it.

The exit status is 3 when something required is not ok, undetermined included, and when nothing was checked. docs/dns.md has all codes.`;
  static override examples = [
    '<%= config.bin %> dns check',
    '<%= config.bin %> dns check --only mail1.example.com --verbose',
    '<%= config.bin %> dns check --server 192.0.2.53 --json',
    '<%= config.bin %> dns check --blocklists',
  ];
  static override flags = {
    server: Flags.string({
      description: 'ask this server alone, address[:port], instead of all others; may be given several times',
      helpValue: 'IP',
      multiple: true,
      multipleNonGreedy: true,
    }),
    only: Flags.string({
      description: 'check this host or name only; may be given several times',
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
    }),
    blocklists: Flags.boolean({
      description: 'ask the blocklists of IP_BLOCKLISTS and NAME_BLOCKLISTS too',
      default: false,
    }),
  };

  async run(): Promise<CheckReport> {
    const { flags } = await this.parse(DnsCheck);
    const settings = await this.settings(flags);
    const [{ planChecks, checksAbout, checksOfServers }, { runChecks, isSound }, { lookingAt }, { presentChecks }] =
      await Promise.all([
        import('../../lib/dns/check/plan.js'),
        import('../../lib/dns/check/run.js'),
        import('../../lib/dns/check/looking.js'),
        import('../../lib/dns/check/present.js'),
      ]);
    const servers = (flags.server ?? []).map(aServer);
    const planned = planChecks(await dnsSubject(settings, { blocklists: flags.blocklists }));
    const all = servers.length > 0 ? checksOfServers(planned) : planned;
    const checks = flags.only === undefined ? all : checksAbout(all, flags.only.map(canonical));
    if (checks.length === 0) throw nothingAbout(flags.only ?? [], settings);
    const options = { resolvers: settings.dns.resolvers, servers, signal: this.signal };
    const report = await runChecks(checks, {
      look: (again) => lookingAt(again ? { ...options, timeouts: AGAIN } : options),
      pause: () => setTimeout(PAUSE, undefined, { signal: this.signal }),
    });
    for (const line of presentChecks(report, { verbose: flags.verbose })) this.print(line);
    if (!isSound(report)) this.exitWith(EXIT.found);
    return report;
  }
}

function aServer(text: string): string {
  try {
    serverAddress(text);
    return text;
  } catch {
    throw new EeError('USAGE', {
      message: `--server ${text} is not the address of a name server.`,
      hint: 'Write it like 9.9.9.9, 192.0.2.53:5353 or 2001:db8::53.',
    });
  }
}

function nothingAbout(names: readonly string[], { sending }: Settings): EeError<'USAGE'> {
  return new EeError('USAGE', {
    message: `Nothing is checked about ${names.join(' and ')}.`,
    hint: `Name a host of the settings, such as ${sending.identities[0]?.domain ?? sending.baseDomain}.`,
  });
}
