import { Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { EXIT } from '../../lib/errors.js';

export default class DkimStatus extends EeCommand {
  static override summary = 'Show the DKIM keys of each domain, their age, and what is next';
  static override description =
    'Reads the ledgers and keys on this machine, and needs no network. A key that has signed for 150 days is due, and from 190 days ' +
    'on the status is 3; so it is where the file of a key is lost, or the keys of a domain do not tell. With --dns it also says what the ' +
    'name servers answer for each key, and a key that signs and is not in DNS is status 3.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dns --json',
  ];
  static override flags = {
    dns: Flags.boolean({ description: 'Look at DNS too.', default: false }),
  };

  async run(): Promise<Record<string, unknown>> {
    const { flags } = await this.parse(DkimStatus);
    const settings = await this.settings(flags);
    const [{ keyStatus }, { statusLines, statusDocument }, { failedDocument, failedLines }] = await Promise.all([
      import('../../lib/rotation/status.js'),
      import('../../lib/rotation/status-report.js'),
      import('../../lib/rotation/report.js'),
    ]);
    const { statuses, failed } = await keyStatus(settings, { dns: flags.dns, now: new Date(), signal: this.signal });
    for (const line of [...statusLines(statuses), ...failed.flatMap(failedLines)]) this.print(line);
    const due = statuses.filter(({ age }) => age !== 'fresh').map(({ keys }) => keys.domain);
    if (due.length > 0) this.note(`Due: ${due.join(', ')}. Next: ee dkim rotate --domain DOMAIN, or --all.`);
    const isWrong = statuses.some(({ age, problems }) => age === 'overdue' || problems.length > 0);
    if (isWrong || failed.length > 0) this.exitWith(EXIT.found);
    return { domains: statusDocument(statuses), failed: failedDocument(failed) };
  }
}
