import { Args, Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { EeError } from '../../lib/errors.js';
import {
  DEFAULT_LAB,
  DNS_SERVERS,
  disturb,
  findWorld,
  heal,
  isNameServer,
  labPlace,
  showFault,
  type DnsFault,
} from '../../lib/lab/lab.js';

const KINDS = ['stop', 'silent', 'slow', 'refuse', 'fail', 'normal'] as const;

export default class LabDns extends EeCommand {
  static override summary = "Give one of the lab's DNS servers a fault, or take its faults away";

  static override description = `Rehearses what goes wrong with DNS: a server that is stopped, says nothing or is slow; a name server that refuses
a zone, as one does that was never told of it, or fails to answer for it. A server keeps its faults until --normal. For
one that is stale, see \`ee lab publish --server\`.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> ns1 --stop',
    '<%= config.bin %> <%= command.id %> ns2 --refuse --zone lab.example',
    '<%= config.bin %> <%= command.id %> resolver1 --slow 3000',
    '<%= config.bin %> <%= command.id %> ns1 --normal',
  ];

  static override args = {
    server: Args.string({ description: 'A name server or a resolver.', required: true, options: [...DNS_SERVERS] }),
  };

  static override flags = {
    name: Flags.string({ description: 'Name of the lab.', default: DEFAULT_LAB }),
    stop: Flags.boolean({ description: 'Nobody listens there.', default: false }),
    silent: Flags.boolean({ description: 'No answer comes.', default: false }),
    slow: Flags.integer({
      description: 'Every answer comes this much later.',
      helpValue: 'MILLISECONDS',
      min: 1,
      max: 60_000,
    }),
    refuse: Flags.boolean({ description: 'Name servers: answer REFUSED.', default: false }),
    fail: Flags.boolean({ description: 'Name servers: answer SERVFAIL.', default: false }),
    zone: Flags.string({ description: 'Only for this zone. Default: all.', helpValue: 'ZONE' }),
    normal: Flags.boolean({ description: 'Take every fault away.', default: false }),
  };

  async run(): Promise<{ server: string; faults: readonly DnsFault[] }> {
    const { args, flags } = await this.parse(LabDns);
    const server = DNS_SERVERS.find((one) => one === args.server) ?? 'ns1';
    const [kind, ...others] = KINDS.filter((one) => flags[one] !== false && flags[one] !== undefined);
    if (kind === undefined || others.length > 0) throw wrongUse('Name one thing that shall be wrong.');
    if (flags.zone !== undefined && kind !== 'refuse' && kind !== 'fail')
      throw wrongUse('A zone goes with --refuse or --fail.');
    if ((kind === 'refuse' || kind === 'fail') && !isNameServer(server))
      throw wrongUse(`${server} has no zones of its own.`);
    const world = await findWorld(labPlace(flags.name));
    if (kind === 'normal') {
      await heal(world, server);
      this.print(`${server} answers as it should.`);
      return { server, faults: [] };
    }
    const faults = await disturb(world, server, faultOf(kind, flags.slow ?? 0, flags.zone));
    this.print(`${server} ${faults.map(showFault).join(', and ')}.`);
    return { server, faults };
  }
}

function faultOf(kind: Exclude<(typeof KINDS)[number], 'normal'>, milliseconds: number, zone?: string): DnsFault {
  const only = zone === undefined ? {} : { zone };
  switch (kind) {
    case 'stop':
      return { kind: 'stopped' };
    case 'silent':
      return { kind: 'silent' };
    case 'slow':
      return { kind: 'slow', milliseconds };
    case 'refuse':
      return { kind: 'refusing', ...only };
    case 'fail':
      return { kind: 'failing', ...only };
  }
}

const wrongUse = (message: string): EeError =>
  new EeError('USAGE', {
    message,
    hint: 'Use one of --stop, --silent, --slow MILLISECONDS, --refuse, --fail (these two with --zone, for name servers) and --normal.',
  });
