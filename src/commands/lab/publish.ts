import { Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { wholePublications } from '../../lib/dkim/publications.js';
import { bind } from '../../lib/dns/formats/bind.js';
import { recordSet } from '../../lib/dns/record-set.js';
import { EeError } from '../../lib/errors.js';
import { DEFAULT_LAB, NAME_SERVERS, findWorld, labPlace, publish, type PublishResult } from '../../lib/lab/lab.js';
import { readNamed } from '../../lib/regular-file.js';

export default class LabPublish extends EeCommand {
  static override summary = "Load the DNS records into the lab's name servers";

  static override description = `Does what an operator does at a DNS host: loads the records of the lab's settings and DKIM keys (those of \`ee dns records\`,
with the reverse names) into both name servers, in the place of what was published before. With --file it loads a zone
text that you edited, and with --server only one of the two servers, so that the other one is stale.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --name rehearsal --json',
    '<%= config.bin %> <%= command.id %> --file edited.zone --server ns2',
  ];

  static override flags = {
    name: Flags.string({ description: 'Name of the lab.', default: DEFAULT_LAB }),
    file: Flags.string({
      description: 'Publish this zone text instead of the records that are right.',
      helpValue: 'FILE',
    }),
    server: Flags.option({ options: NAME_SERVERS })({ description: 'Only this name server. Default: both.' }),
  };

  async run(): Promise<PublishResult> {
    const { flags } = await this.parse(LabPublish);
    const lab = labPlace(flags.name);
    const world = await findWorld(lab);
    const text =
      flags.file === undefined ? await this.#records(flags['env-file'] ?? lab.settingsFile) : await read(flags.file);
    const result = await publish(world, text, flags.server === undefined ? NAME_SERVERS : [flags.server]);
    this.print(`${result.servers.join(' and ')} answer with serial ${result.serial} for ${result.zones.length} zones.`);
    return result;
  }

  async #records(settingsFile: string): Promise<string> {
    const settings = await this.settings({ 'env-file': settingsFile });
    return bind(recordSet(settings, await wholePublications(settings.secretsDir, settings.sending.identities)));
  }
}

async function read(file: string): Promise<string> {
  try {
    return (await readNamed(file, '--file')).toString('utf8');
  } catch (cause) {
    if (cause instanceof EeError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EeError('USAGE', {
      message: `${file} cannot be read: ${reason}.`,
      hint: 'Name another file with --file.',
    });
  }
}
