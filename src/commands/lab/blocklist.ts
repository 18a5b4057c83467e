import { isIPv4 } from 'node:net';
import { Args, Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { EeError } from '../../lib/errors.js';
import {
  BLOCKLISTS,
  BLOCKLIST_NAMES,
  DEFAULT_LAB,
  changeListings,
  findWorld,
  labPlace,
  showListings,
  usualCode,
  withListing,
  withoutListing,
  type Listings,
} from '../../lib/lab/lab.js';

export default class LabBlocklist extends EeCommand {
  static override summary = "Put an address or a domain on the lab's blocklists, or take it off";

  static override description = `The lab has a DNS blocklist of addresses, ${BLOCKLISTS.zen}, and one of domains, ${BLOCKLISTS.dbl}; its
settings name them. Only the sending IPs and domains of those settings can be listed. With --list and --answer a list gives one answer to all questions, as one does to who may not ask.
Without any of these it shows what they say.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> 10.77.0.101',
    '<%= config.bin %> <%= command.id %> mail1.lab.example --code 127.0.1.4',
    '<%= config.bin %> <%= command.id %> 10.77.0.101 --remove',
    '<%= config.bin %> <%= command.id %> --list zen --answer 127.255.255.254',
    '<%= config.bin %> <%= command.id %> --list zen --normal',
  ];

  static override args = { what: Args.string({ description: 'A sending IP or a sending domain of the lab.' }) };

  static override flags = {
    name: Flags.string({ description: 'Name of the lab.', default: DEFAULT_LAB }),
    code: Flags.string({
      description: 'What the list answers for it. Default: 127.0.0.2, for a domain 127.0.1.2.',
      helpValue: 'IP',
    }),
    remove: Flags.boolean({ description: 'Take it off the list.', default: false, exclusive: ['code'] }),
    list: Flags.option({ options: BLOCKLIST_NAMES })({ description: 'The list that --answer or --normal is about.' }),
    answer: Flags.string({ description: 'Answer this to every question.', helpValue: 'IP', dependsOn: ['list'] }),
    normal: Flags.boolean({ description: 'Answer with what is listed.', default: false, exclusive: ['answer'] }),
  };

  async run(): Promise<Listings> {
    const { args, flags } = await this.parse(LabBlocklist);
    const { code, remove, list, answer, normal } = flags;
    for (const ip of [code, answer]) if (ip !== undefined && !isIPv4(ip)) throw wrongUse(`${ip} is no IPv4 address.`);
    const { what } = args;
    if (what === undefined ? remove || code !== undefined : list !== undefined)
      throw wrongUse('That does not go together.');
    if (list !== undefined && answer === undefined && !normal) throw wrongUse(`What shall ${list} do?`);
    if (list === undefined && normal) throw wrongUse('Which list?');
    const lab = labPlace(flags.name);
    const world = await findWorld(lab);
    const own = what === undefined ? [] : await this.#own(flags['env-file'] ?? lab.settingsFile);
    const listings = await changeListings(world, (before) => {
      if (list !== undefined) return { ...before, always: { ...before.always, [list]: answer } };
      if (what === undefined) return before;
      if (!own.includes(what.toLowerCase()) && !(remove && what.toLowerCase() in before.listed))
        throw notOurs(what, own);
      return remove ? withoutListing(before, what) : withListing(before, what, code ?? usualCode(what));
    });
    this.print(showListings(listings));
    return listings;
  }

  /** What the lists can be asked about: the sending IPs and domains. */
  async #own(settingsFile: string): Promise<string[]> {
    const { sending } = await this.settings({ 'env-file': settingsFile });
    return sending.identities.flatMap(({ ip, domain }) => [ip, domain]);
  }
}

const notOurs = (what: string, own: readonly string[]): EeError =>
  new EeError('USAGE', {
    message: `${what} is no sending IP and no sending domain of the lab.`,
    hint: `Name one of its own, such as ${own.slice(0, 2).join(' or ')}.`,
  });

const wrongUse = (message: string): EeError =>
  new EeError('USAGE', {
    message,
    hint: 'Name an address or a domain, with --code IP or --remove; or --list zen|dbl with --answer IP or --normal.',
  });
