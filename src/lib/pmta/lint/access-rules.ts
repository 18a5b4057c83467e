import { isYes, unquoted } from '../document.js';
import type { PlacedBlock, Statement, Survey } from '../survey.js';
import { ANYWHERE, monitorAccess } from './monitor-access.js';
import { at, nowhere, unlessIncluded, type Rule } from './rule.js';

/** Rules about who may relay, watch and log in, and about what must be set. */
export const accessRules: readonly Rule[] = [
  {
    code: 'open-relay',
    severity: 'error',
    why: 'Anybody could send mail through this host.',
    fix: 'Require authentication, and allow relaying for the addresses of known clients only.',
    evidence: 'guide',
    check: function* (survey) {
      const onListener = listenerSources(survey);
      const asking = sourcesThatAsk(survey);
      for (const { scope, path, directive } of survey.all('always-allow-relaying')) {
        const source = path.at(-1);
        if (!isYes(directive.value.text)) continue;
        if (scope === 'global') yield at(directive.line, directive.keyword, 'relaying is allowed for everybody');
        if (scope !== 'source' || !source) continue;
        const name = unquoted(source.name.text);
        const open = ANYWHERE.test(name) ? 'from any address' : onListener.has(name) ? 'on a listener' : undefined;
        if (open !== undefined && !asking.has(name)) {
          yield at(directive.line, directive.keyword, `<source ${name}> allows relaying ${open} without require-auth`);
        }
      }
      for (const { directive } of survey.all('relay-address')) {
        if (ANYWHERE.test(unquoted(directive.value.text)))
          yield at(directive.line, directive.value, 'relaying is allowed for every address');
      }
    },
  },
  {
    code: 'http-access-open',
    severity: 'error',
    why: 'The web monitor shows, and with more rights controls, all mail; it has known holes.',
    fix: 'Allow the loopback address only, and reach it through SSH.',
    evidence: 'guide',
    check: function* (survey) {
      for (const { line, address, level } of monitorAccess(survey)) {
        if (!ANYWHERE.test(unquoted(address.text))) continue;
        yield at(line, address, `the web monitor is open to every address${level ? ` (${level.text})` : ''}`);
      }
    },
  },
  {
    code: 'unencrypted-plain-auth-open',
    severity: 'error',
    why: 'Passwords may cross the network in clear.',
    fix: 'Use allow-starttls with require-starttls-before-auth instead.',
    evidence: 'guide',
    check: function* ({ all }) {
      for (const { path, directive } of all('allow-unencrypted-plain-auth')) {
        const name = unquoted(path.at(-1)?.name.text ?? '');
        if (!isYes(directive.value.text) || /^(127\.|::1)/.test(name)) continue;
        const severity = ANYWHERE.test(name) ? 'error' : 'warning';
        yield at(
          directive.line,
          directive.keyword,
          `passwords may come unencrypted from ${name === '' ? 'everywhere' : name}`,
          { severity },
        );
      }
    },
  },
  {
    code: 'log-file-missing',
    severity: 'error',
    why: 'log-file is mandatory: PowerMTA does not start without it.',
    fix: 'Add `log-file /var/log/pmta/log`.',
    evidence: 'guide',
    check: function* (survey) {
      if (globals(survey, 'log-file').length > 0) return;
      yield nowhere('no log-file is set', unlessIncluded(survey).severity);
    },
  },
  {
    code: 'postmaster-missing',
    severity: 'warning',
    why: 'Reports of crashes and of the licence, and complaints, reach nobody.',
    fix: 'Add `postmaster ADDRESS` with a mailbox that is read.',
    evidence: 'guide',
    check: function* (survey) {
      if (globals(survey, 'postmaster').length === 0) yield nowhere('no postmaster is set');
    },
  },
];

const globals = (survey: Survey, keyword: string): readonly Statement[] =>
  survey.all(keyword).filter(({ scope }) => scope === 'global');

/** The sources that take mail from those who log in alone. */
function sourcesThatAsk({ all }: Survey): Set<string> {
  const asking = all('require-auth').filter(({ directive }) => isYes(directive.value.text));
  return new Set(asking.map(({ path }) => unquoted(path.at(-1)?.name.text ?? '')));
}

/** The sources that a listener gives to whoever connects to it. */
function listenerSources({ all, blocksOf, inside }: Survey): Set<string> {
  const inline = all('smtp-listener').flatMap(
    ({ directive }) => /\ssource=(\S+)/i.exec(directive.value.text)?.[1] ?? [],
  );
  const inBlocks = blocksOf('smtp-listener').flatMap(({ block }: PlacedBlock) =>
    inside(block).flatMap(({ keyword, directive }) => (keyword === 'source' ? directive.value.text : [])),
  );
  return new Set([...inline, ...inBlocks].map(unquoted));
}
