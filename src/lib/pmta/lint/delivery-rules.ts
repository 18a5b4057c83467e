import { folded, isYes, unquoted, type Block } from '../document.js';
import { regexEntry } from '../entry.js';
import { SECRET_DIRECTIVES } from '../redact.js';
import type { PlacedBlock, Statement, Survey } from '../survey.js';
import { at, unlessIncluded, type Finding, type Rule } from './rule.js';

/** Rules about limits, backoff, warm-up and signing. */
export const deliveryRules: readonly Rule[] = [
  {
    code: 'dkim-sign-missing',
    severity: 'error',
    why: 'A key alone does not sign: without `dkim-sign yes` mail leaves unsigned, and no error says so.',
    fix: 'Add `dkim-sign yes` to <domain *>.',
    evidence: 'guide',
    check: function* (survey) {
      const [key] = survey.all('domain-key');
      const signs = survey.all('dkim-sign').some(({ directive }) => !/^"?(no|false)"?$/i.test(directive.value.text));
      if (key && !signs)
        yield at(
          key.directive.line,
          key.directive.keyword,
          'keys are set, and nothing turns signing on',
          unlessIncluded(survey),
        );
    },
  },
  {
    code: 'wildcard-key-first',
    severity: 'warning',
    why: 'The first key that fits signs: a key for `*` hides those after it.',
    fix: 'Put the key for `*` last.',
    evidence: 'guide',
    check: function* ({ all }) {
      const keys = all('domain-key');
      const last = new Map(keys.map(({ path, directive }) => [path.at(-1), directive]));
      for (const { path, directive } of keys) {
        const wildcard = directive.value.text.split(',')[1]?.trim() === '*';
        if (!wildcard || last.get(path.at(-1)) === directive) continue;
        yield at(directive.line, directive.value, 'this key hides the keys after it');
      }
    },
  },
  {
    code: 'backoff-no-exit',
    severity: 'warning',
    why: 'A queue in backoff mode stays throttled until somebody resets it.',
    fix: 'Add `backoff-to-normal-after 1h` or `backoff-to-normal-after-delivery yes`.',
    evidence: 'guide',
    check: function* (survey) {
      const endless = new Set(
        survey
          .blocksOf('smtp-pattern-list')
          .filter((list) => hasEndlessBackoff(survey, list))
          .map(({ name }) => name),
      );
      const exits = domainsWithExit(survey);
      for (const { scope, path, directive } of survey.all('smtp-pattern-list')) {
        const list = unquoted(directive.value.text);
        if (scope !== 'domain' || !endless.has(list) || exits.has('*') || exits.has(domainName(path.at(-1)))) continue;
        yield at(directive.line, directive.value, `${list} puts queues into backoff, and nothing takes them out`);
      }
    },
  },
  {
    code: 'cold-without-target',
    severity: 'warning',
    why: 'max-cold-virtual-mta-msg limits nothing: it sends the first messages to cold-virtual-mta, which is not set.',
    fix: 'To cap a virtual MTA use `max-smtp-msg-rate N/d` in it; to warm one up name a cold-virtual-mta.',
    evidence: 'unproven',
    check: function* ({ all }) {
      const targets = [...all('cold-virtual-mta'), ...all('auto-cold-virtual-mta')];
      const owners = new Set(targets.map(({ path }) => path[0]));
      for (const { path, directive } of all('max-cold-virtual-mta-msg')) {
        const owner = path.find((block) => folded(block.tag) === 'virtual-mta');
        const reached = owner ? owners.has(owner) : targets.length > 0;
        if (!reached)
          yield at(directive.line, directive.keyword, 'no cold-virtual-mta takes these messages: this limits nothing');
      }
    },
  },
  {
    code: 'require-starttls-global',
    severity: 'warning',
    why: 'Mail to hosts without TLS would never leave.',
    fix: 'Use `use-starttls yes`, which encrypts where the other side can.',
    evidence: 'guide',
    check: function* ({ all }) {
      for (const { path, directive } of all('require-starttls')) {
        if (domainName(path.at(-1)) !== '*' || !isYes(directive.value.text)) continue;
        yield at(directive.line, directive.keyword, 'TLS is required for every domain');
      }
    },
  },
  {
    code: 'domain-duplicate-conflict',
    severity: 'warning',
    why: 'Two blocks of one domain are merged; which of two values wins is not documented.',
    fix: 'Set the directive in one of them.',
    evidence: 'unproven',
    check: domainConflicts,
  },
  {
    code: 'vmta-domain-overrides-isp',
    severity: 'warning',
    why: 'A <domain *> in a virtual MTA probably hides the limits of the single providers for that virtual MTA.',
    fix: 'Set limits of a virtual MTA with max-smtp-out and max-smtp-msg-rate, without <domain>.',
    evidence: 'unproven',
    check: function* ({ blocksOf, inside }) {
      const limited = new Set<string>();
      for (const { path, name, block } of blocksOf('domain')) {
        if (path.length === 0 && name !== '*') for (const { keyword } of inside(block)) limited.add(keyword);
      }
      for (const { path, name, block } of blocksOf('domain')) {
        const outer = path.at(-1);
        if (!outer || name !== '*') continue;
        const hides = inside(block).flatMap(({ keyword }) => (limited.has(keyword) ? keyword : []));
        if (hides.length > 0)
          yield at(
            block.open,
            block.name,
            `in ${outer.name.text}, this hides ${[...new Set(hides)].join(', ')} of the providers`,
          );
      }
    },
  },
];

const domainName = (block: Block | undefined): string =>
  block && folded(block.tag) === 'domain' ? unquoted(block.name.text).toLowerCase() : '';

/** Whether a rule of the list starts a backoff without saying when it ends. */
function hasEndlessBackoff({ entriesOf }: Survey, { block }: PlacedBlock): boolean {
  return entriesOf(block).some((entry) => {
    const result = regexEntry(entry)?.result.text;
    return result !== undefined && /mode=backoff/i.test(result) && !/backoff-to-normal-after=/i.test(result);
  });
}

function domainsWithExit(survey: Survey): Set<string> {
  const timed = survey
    .all('backoff-to-normal-after')
    .filter(({ directive }) => !/^"?never"?$/i.test(directive.value.text));
  const delivered = survey
    .all('backoff-to-normal-after-delivery')
    .filter(({ directive }) => isYes(directive.value.text));
  return new Set([...timed, ...delivered].map(({ path }) => domainName(path.at(-1))));
}

function* domainConflicts({ statements, nameOf }: Survey): Generator<Finding> {
  const first = new Map<string, Statement>();
  for (const statement of statements) {
    const { scope, path, keyword, directive } = statement;
    if (scope !== 'domain') continue;
    const key = [...path.slice(0, -1).map(({ open }) => open.number), domainName(path.at(-1)), keyword].join(' ');
    const earlier = first.get(key);
    if (!earlier) first.set(key, statement);
    else if (
      earlier.path.at(-1) !== path.at(-1) &&
      unquoted(earlier.directive.value.text) !== unquoted(directive.value.text)
    ) {
      const value = SECRET_DIRECTIVES.has(keyword) ? 'another one' : earlier.directive.value.text;
      const message = `${keyword} is ${value} for the same domain on ${nameOf(earlier.directive.line)}`;
      yield at(directive.line, directive.keyword, message);
    }
  }
}
