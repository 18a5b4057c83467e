import { closest } from '../closest.js';
import { EeError } from '../errors.js';
import type { Catalogue } from './catalogue.js';
import type { Configuration } from './configuration.js';
import { isYes, unquoted, type Document } from './document.js';
import { domainIndexOf } from './domain-index.js';
import { effectiveIn, virtualMtaSettings, type EffectiveSetting, type Source } from './effective.js';
import { namesOf, patternOf } from './macros.js';
import { survey, type Survey } from './survey.js';
import { isPerQueueLimit, isPerVirtualMtaLimit, total } from './totals.js';

export interface ExplainedSetting extends EffectiveSetting {
  /** What the asked number of virtual MTAs make of a limit that holds for each queue. */
  readonly total?: string;
}

/** All that is known of one queue. */
export interface Explanation {
  readonly domain: string;
  readonly virtualMta: string | null;
  readonly settings: readonly ExplainedSetting[];
  /** What the virtual MTA and its pool say of all their queues together. */
  readonly virtualMtaSettings: readonly (Source & { readonly name: string; readonly total?: string })[];
  /** The list of replies that decides on backoff, and its rules in their order. */
  readonly patternList: { readonly name: string; readonly rules: readonly PatternRule[] } | null;
  /** Documented defaults of what is not set. */
  readonly defaults: readonly { readonly name: string; readonly value: string }[];
  readonly notes: readonly string[];
}

export interface PatternRule {
  readonly line: number;
  /** The included file that it is written in. */
  readonly file?: string;
  readonly rule: string;
}

export interface Question {
  readonly domain: string;
  readonly virtualMta?: string | undefined;
  /** How many virtual MTAs to reckon with. */
  readonly ips?: number | undefined;
}

/** Explains a queue. Throws for what is no domain, and for a virtual MTA that the configuration does not have. */
export function explain(
  configuration: Document | Configuration,
  catalogue: Catalogue,
  { domain, virtualMta, ips }: Question,
): Explanation {
  assertDomain(domain);
  const surveyed = survey(configuration);
  if (virtualMta !== undefined) assertVirtualMta(surveyed, virtualMta);
  const { settings } = effectiveIn(surveyed, domain, virtualMta);
  const named = new Set(settings.map(({ name }) => name));
  return {
    domain,
    virtualMta: virtualMta ?? null,
    settings: settings.map((setting) => ({ ...setting, ...totalled(setting, ips, isPerQueueLimit) })),
    virtualMtaSettings: (virtualMta === undefined ? [] : virtualMtaSettings(surveyed, virtualMta)).map((setting) => ({
      ...setting,
      ...totalled(setting, ips, isPerVirtualMtaLimit),
    })),
    patternList: patternList(surveyed, settings),
    defaults: catalogue
      .inScope('domain')
      .flatMap(({ name, default: value, deprecated }) =>
        value === null || deprecated || named.has(name) ? [] : [{ name, value }],
      ),
    notes: notes(surveyed, settings, { domain, virtualMta }),
  };
}

function assertDomain(domain: string): void {
  if (/^[^\s<>#"@]+$/.test(domain) && !domain.startsWith('$')) return;
  throw new EeError('USAGE', {
    message: `${JSON.stringify(domain)} is no domain.`,
    hint: 'Name the domain that mail goes to, such as gmail.com: what comes after the @ of the recipient.',
  });
}

function assertVirtualMta(surveyed: Survey, name: string): void {
  const names = [...surveyed.blocksOf('virtual-mta'), ...surveyed.blocksOf('virtual-mta-pool')].map((one) => one.name);
  if (names.includes(name)) return;
  const meant = closest(name, names);
  const few = names.slice(0, 10).join(', ');
  throw new EeError('USAGE', {
    message: `The configuration has no virtual MTA or pool ${name}.`,
    hint: meant === undefined ? `It has ${few === '' ? 'none' : few}.` : `Did you mean ${meant}?`,
  });
}

function totalled(
  { name, value }: { name: string; value: string },
  ips: number | undefined,
  isLimit: (name: string) => boolean,
): { total?: string } {
  const sum = ips !== undefined && isLimit(name) ? total(value, ips) : undefined;
  return sum === undefined ? {} : { total: sum };
}

function patternList(surveyed: Survey, settings: readonly EffectiveSetting[]): Explanation['patternList'] {
  const name = unquoted(settings.find((setting) => setting.name === 'smtp-pattern-list')?.value ?? '');
  if (name === '') return null;
  const blocks = surveyed.blocksOf('smtp-pattern-list').flatMap((list) => (list.name === name ? list.block : []));
  const { configuration, fileOf } = surveyed;
  const entries = [...new Set(blocks)].flatMap((block) => surveyed.entriesOf(block));
  const rules = entries.flatMap(({ line, value }) => {
    if (/^include\s/i.test(value.text)) return [];
    const file = fileOf(line);
    return { line: line.number, rule: value.text, ...(file === configuration.files[0] ? {} : { file: file.name }) };
  });
  return { name, rules };
}

function* noteLines(
  surveyed: Survey,
  settings: readonly EffectiveSetting[],
  { domain, virtualMta }: Question,
): Generator<string> {
  const valueOf = (name: string): string => unquoted(settings.find((setting) => setting.name === name)?.value ?? '');
  const meant = misspelt(surveyed, settings, domain);
  if (meant !== undefined) yield `No <domain> names ${domain}. Did you mean ${meant}?`;
  const queue = valueOf('queue-to');
  if (queue !== '')
    yield `Its mail waits in the queue ${queue}: the settings of that one hold (ee pmta explain ${queue}).`;
  if (!isYes(valueOf('disable-mx-rollup'))) {
    for (const { scope, entry } of surveyed.entries) {
      if (scope !== 'mx-rollup-list') continue;
      yield `Where its mail exchanger fits "${entry.value.text}" (line ${entry.line.number}), the queue of that rollup holds it.`;
    }
  }
  const list = valueOf('smtp-pattern-list');
  if (list !== '' && !surveyed.blocksOf('smtp-pattern-list').some(({ name }) => name === list))
    yield `The list of replies ${list} is not defined here.`;
  const own = surveyed
    .blocksOf('domain')
    .flatMap(({ path }) => path.slice(-1).map((block) => unquoted(block.name.text)));
  if (virtualMta === undefined && own.length > 0)
    yield `${[...new Set(own)].join(', ')}: settings of their own for domains; add --vmta to see those.`;
  if (surveyed.hasIncludes)
    yield 'Other files are included, and not followed: what they set is not shown here. --root follows them.';
}

const notes = (...asked: Parameters<typeof noteLines>): string[] => [...noteLines(...asked)];

/** The domain that was probably meant, where nothing but `<domain *>` speaks of the one that was typed. */
function misspelt(surveyed: Survey, settings: readonly EffectiveSetting[], domain: string): string | undefined {
  const isNamed = settings.some((one) => [one, ...one.overrides].some(({ where }) => !/<domain "?\*"?>$/i.test(where)));
  if (isNamed) return undefined;
  const names = new Set(surveyed.blocksOf('domain').map(({ name }) => name));
  const known = [...namesOf([...names].map(patternOf), domainIndexOf(surveyed).macros)];
  const meant = closest(
    domain.toLowerCase(),
    known.filter((name) => !name.includes('*')),
  );
  return meant === domain.toLowerCase() ? undefined : meant;
}
