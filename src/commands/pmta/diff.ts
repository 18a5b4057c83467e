import { adaptationFlags, withAdaptationFlags } from '../../lib/cli/pmta/adaptation-flags.js';
import { ipsFlag, Vps2Command } from '../../lib/cli/pmta/vps2-command.js';
import type { AdaptationReport } from '../../lib/pmta/adapt/report.js';
import type { LostLine } from '../../lib/deploy/pmta/lost-lines.js';
import type { PmtaDiff as Result } from '../../lib/deploy/pmta/diff.js';
import { EXIT } from '../../lib/errors.js';

const ORIGINS: Readonly<Record<Result['origin'], string>> = {
  absent: 'VPS2 has no PowerMTA configuration yet.',
  pristine: 'VPS2 has the configuration that the package brought along.',
  ours: 'VPS2 has the configuration that ee wrote.',
  changed: 'VPS2 has a configuration that somebody changed after ee wrote it.',
  foreign: 'VPS2 has a configuration that ee did not write.',
};

const lostText = (lost: readonly LostLine[]): string[] =>
  lost.map(({ line, text, consequence }) => `  line ${line}: ${text}: ${consequence}`);

export default class PmtaDiff extends Vps2Command {
  static override summary = 'Compare what runs on VPS2 with what would be written';
  static override description =
    'Shows drift (what somebody changed on the host since ee wrote the file) apart from pending changes (what ee would write now). ' +
    'Names the lines of the backup set that an earlier rendering on the host lost, and what follows from it. ' +
    'Passwords are redacted, and nothing is changed. Exit status 3 when there is a difference, 0 when there is none.';
  static override examples = [
    '<%= config.bin %> pmta diff',
    { description: 'For two IPs only, from a script', command: '<%= config.bin %> pmta diff --ips 2 --json' },
  ];
  static override flags = { ips: ipsFlag, ...adaptationFlags };

  async run(): Promise<
    Result & { host: string; different: boolean; overlay: AdaptationReport; lost: readonly LostLine[] }
  > {
    const { flags } = await this.parse(PmtaDiff);
    const settings = withAdaptationFlags(await this.settings(flags), flags);
    const [{ renderedConfiguration }, { differs, pmtaDiff, seenConfiguration }, { lostLines }] = await Promise.all([
      import('../../lib/deploy/pmta/wanted-configuration.js'),
      import('../../lib/deploy/pmta/diff.js'),
      import('../../lib/deploy/pmta/lost-lines.js'),
    ]);
    const seen = await this.onVps2(settings, flags, (host) => seenConfiguration(host, this.signal));
    const lost = seen.content ? await lostLines(settings, seen.content) : [];
    // Before the rendering, which is refused as long as the same lines have no place.
    if (lost.length > 0)
      this.print(['Lost: lines of the backup set that do not hold on VPS2.', ...lostText(lost)].join('\n'));
    const { content, overlay } = await renderedConfiguration(settings, flags.ips);
    const found = pmtaDiff('vps2', seen, content);
    const different = differs(found);
    this.#show(found, different, overlay);
    if (different) this.exitWith(EXIT.found);
    return { host: 'vps2', different, ...found, overlay, lost };
  }

  #show(found: Result, different: boolean, overlay: AdaptationReport): void {
    const { origin, drift, pending, effective, retiring, unverified } = found;
    this.print(ORIGINS[origin]);
    if (unverified) this.print('A run was cut before it had verified it: `ee pmta apply` finishes, or takes it back.');
    if (drift) {
      this.print('\nDrift: what was changed there.');
      this.printDiff(drift.diff);
    }
    if (pending) {
      this.print('\nPending: what ee would write.');
      this.printDiff(pending.diff);
      if (overlay.length > 0) this.print('\nLines of the overlay in what ee would write:');
      for (const { file, line, subject, reason } of overlay)
        this.print(`  ${file ?? ''}:${line ?? ''}: ${subject}: ${reason}`);
    }
    if (effective.length > 0) this.print('\nWhat that changes for the providers:');
    for (const { pair, name, before, after } of effective) this.print(`  ${pair}: ${name} ${before} → ${after}`);
    if (retiring.length > 0) this.print(`\nStay until no mail waits for them: ${retiring.join(', ')}.`);
    if (!different) this.print('No difference.');
    else if (origin === 'changed' || origin === 'foreign')
      this.note('Next: `ee pmta apply --overwrite-drift` replaces it and keeps a copy on the host.');
    else this.note('Next: `ee pmta apply`.');
  }
}
