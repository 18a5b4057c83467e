import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { dkimSubject, type DkimSubject } from '../../lib/deploy/dns-subject.js';
import { recordName } from '../../lib/dkim-selector.js';
import { unreadName } from '../../lib/dns/dkim-record.js';
import { differences, unpublished, type Difference, type Obsolete } from '../../lib/dns/diff.js';
import { showDifferences } from '../../lib/dns/formats/differences.js';
import { document, type DnsDocument } from '../../lib/dns/formats/document.js';
import { FORMATS, render, type Format } from '../../lib/dns/formats/format.js';
import { recordSet, type RecordSet } from '../../lib/dns/record-set.js';
import { EXIT } from '../../lib/errors.js';
import { writeOutput } from '../../lib/output-file.js';
import type { Settings } from '../../lib/settings/settings.js';

interface DiffDocument {
  readonly zone: string;
  /** What is to be done; what DNS answers as it should is only counted. */
  readonly differences: readonly Difference[];
  readonly right: number;
}

export default class DnsRecords extends EeCommand {
  static override summary = 'Show every DNS record that the three hosts need, or what is still to be published';
  static override description =
    'Derives the records from the settings and the DKIM keys: addresses, MX, SPF, DKIM, DMARC, TLS reporting, CAA, and the reverse names. ' +
    'The formats bind and cloudflare split long texts as zone files need it; csv and json hold every value whole. ' +
    'With --diff it asks the name servers, and shows what is to be added, changed and removed, and what could not be determined; ' +
    'with another format than the table, only the records to be added or changed, in that format. Any difference is exit 3. ' +
    'A DKIM key that cannot be read leaves out its own record alone: it is named with its reason, and the exit is 1.';
  static override examples = [
    '<%= config.bin %> dns records',
    '<%= config.bin %> dns records --format cloudflare --out records.txt',
    '<%= config.bin %> dns records --diff',
    '<%= config.bin %> dns records --diff --format bind',
  ];
  static override flags = {
    format: Flags.option({ options: FORMATS, description: 'how to write them', default: 'table' as const })(),
    out: Flags.string({
      description: 'write to this file (a file of that name is replaced) instead of the screen',
      helpValue: 'FILE',
    }),
    diff: Flags.boolean({ description: 'only what DNS does not answer yet, or still answers', default: false }),
  };

  async run(): Promise<DnsDocument | DiffDocument> {
    const { flags } = await this.parse(DnsRecords);
    const settings = await this.settings(flags);
    const keys = await dkimSubject(settings);
    const set = recordSet(settings, keys.keys, keys.unread);
    if (flags.diff) return this.#diff(set, keys, settings, flags);

    await this.#write(render(set, flags.format), flags);
    const count = `${set.records.length} records and ${set.reverse.length} reverse names`;
    this.note(flags.out === undefined ? count : `${flags.out}: ${count}`);
    if (flags.format === 'csv' || flags.format === 'cloudflare') for (const note of set.notes) this.note(`- ${note}`);
    for (const one of set.unread) this.note(`Missing: TXT ${unreadName(one)}. ${one.reason}`);
    if (set.unread.length > 0) this.exitWith(EXIT.failed);
    return document(set);
  }

  async #diff(
    set: RecordSet,
    keys: DkimSubject,
    settings: Settings,
    { format, out }: { format: Format; out?: string | undefined },
  ): Promise<DiffDocument> {
    const { dnsSurvey } = await import('../../lib/dns/survey.js');
    const survey = dnsSurvey(settings.dns.resolvers, { signal: this.signal });
    const found = await differences(set, obsolete(settings, keys), survey);
    const open = found.filter(({ action }) => action !== 'none');
    const text = format === 'table' ? `${showDifferences(found)}\n` : render(unpublished(set, found), format);
    await this.#write(text, { format, out });
    if (format !== 'table') this.note(showDifferences(found));
    if (open.length > 0) this.exitWith(EXIT.found);
    return { zone: set.zone, differences: open, right: found.length - open.length };
  }

  async #write(text: string, { format, out }: { format: Format; out?: string | undefined }): Promise<void> {
    if (out !== undefined) await writeOutput(resolve(out), text, 0o644);
    else if (format === 'table') this.print(text.replace(/\n$/, ''));
    else this.give(this.redact(text));
  }
}

/** What an earlier state of the settings or of the keys may have left in DNS, as far as its names are known. */
function obsolete({ sending }: Settings, { removed }: DkimSubject): Obsolete[] {
  return [
    ...removed.map(({ domain, selector }): Obsolete => ({
      type: 'TXT',
      name: recordName(selector, domain),
      reason: 'this DKIM selector is out of use',
    })),
    ...sending.identities.map(({ domain }): Obsolete => ({
      type: 'AAAA',
      name: domain,
      reason: 'mail leaves over IPv4 only, and a receiver would ask for more of an IPv6 address',
    })),
  ];
}
