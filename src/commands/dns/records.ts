import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { publications } from '../../lib/dkim/key-store.js';
import { document, type DnsDocument } from '../../lib/dns/formats/document.js';
import { FORMATS, render } from '../../lib/dns/formats/format.js';
import { recordSet } from '../../lib/dns/record-set.js';
import { EeError } from '../../lib/errors.js';

export default class DnsRecords extends EeCommand {
  static override summary = 'Show every DNS record that the three hosts need';
  static override description =
    'Derives the records from the settings and the DKIM keys: addresses, MX, SPF, DKIM, DMARC, TLS reporting, CAA, and the reverse names. ' +
    'The formats bind and cloudflare split long texts as zone files need it; csv and json hold every value whole.';
  static override examples = [
    '<%= config.bin %> dns records',
    '<%= config.bin %> dns records --format cloudflare --out records.txt',
  ];
  static override flags = {
    format: Flags.option({ options: FORMATS, description: 'how to write them', default: 'table' as const })(),
    out: Flags.string({ description: 'write to this file instead of the screen', helpValue: 'FILE' }),
  };

  async run(): Promise<DnsDocument> {
    const { flags } = await this.parse(DnsRecords);
    const settings = await this.settings(flags);
    const keys = await publications(settings.secretsDir, settings.sending.identities);
    const set = recordSet(settings, keys);

    const text = render(set, flags.format);
    if (flags.out === undefined) this.print(text.replace(/\n$/, ''));
    else await write(resolve(flags.out), text);

    const count = `${set.records.length} records and ${set.reverse.length} reverse names`;
    this.note(flags.out === undefined ? count : `${flags.out}: ${count}`);
    if (flags.format === 'csv' || flags.format === 'cloudflare') for (const note of set.notes) this.note(`- ${note}`);
    return document(set);
  }
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EeError('USAGE', {
      message: `${file} cannot be written: ${reason}.`,
      hint: 'Name another file with --out.',
    });
  }
}
