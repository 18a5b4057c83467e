import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import { lint, RULES } from '../../../src/lib/pmta/lint.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { sanitised, twoIps } from './two-ips.js';

const catalogue = loadCatalogue();
const problemsIn = (text: string) => lint(parseText(text), catalogue);

/** What a rule finds in a text: `line:column severity` each. */
const found = (code: string, text: string): string[] =>
  problemsIn(text).flatMap((problem) =>
    problem.code === code ? [`${problem.line}:${problem.column} ${problem.severity}`] : [],
  );

interface Case {
  readonly bad: readonly [text: string, ...where: string[]];
  readonly good: string;
}

/** For each rule a text that breaks it, with where and how severely, and its nearest text that does not. */
const CASES: Readonly<Record<string, Case>> = {
  'tag-mismatch': {
    bad: ['<domain *>\nretry-after 1m\n', '1:2 error'],
    good: '<domain *>\nretry-after 1m\n</domain>\n',
  },
  'unknown-tag': { bad: ['<VirtualMTA a>\n</VirtualMTA>\n', '1:2 error'], good: '<Virtual-MTA a>\n</virtual-mta>\n' },
  'domain-multi-name': {
    bad: ['<domain a.example, b.example>\n</domain>\n', '1:9 error'],
    good: '<domain [*.]a.example>\n</domain>\n',
  },
  'unknown-directive-for-scope': {
    bad: ['<domain *>\n  host-name x\n</domain>\n', '2:3 warning'],
    good: 'host-name x\n',
  },
  'deprecated-name': { bad: ['smtp-port 25\nspool /a\n', '1:1 warning', '2:1 info'], good: '<spool /a>\n</spool>\n' },
  'undocumented-directive': { bad: ['sync-msg-create false\n', '1:1 info'], good: 'run-as-root no\n' },
  'listener-brace-body': {
    bad: ['smtp-listener 192.0.2.11:2525 {\n', '1:31 error'],
    good: 'smtp-listener 192.0.2.11:2525 source={pmta-auth}\n',
  },
  'source-host-order': {
    bad: ['<virtual-mta a>\nsmtp-source-host a.example 192.0.2.1\n</virtual-mta>\n', '2:18 error'],
    good: '<virtual-mta a>\nsmtp-source-host 192.0.2.1 a.example\nsmtp-source-host 2001:db8::1 a.example\n</virtual-mta>\n',
  },
  'domain-key-arity': {
    bad: ['domain-key example.com,mail1,*,/k.pem\n', '1:12 error'],
    good: 'domain-key mail, * , {vault}:/a:b\n',
  },
  'rate-zero-numerator': {
    bad: ['<domain *>\nmax-msg-rate 0/h\nsource-ip-max-msg-rate 00 /15m\n</domain>\n', '2:14 error', '3:24 error'],
    good: '<domain *>\nmax-msg-rate 10/h\nmax-connect-rate 0\nmax-msg-rate unlimited\n</domain>\n',
  },
  'records-all': {
    bad: ['<acct-file a>\nrecords all\n</acct-file>\n', '2:9 error'],
    good: '<acct-file a>\nrecords d,b,t\n</acct-file>\n',
  },
  'hash-in-value': {
    bad: [
      '<smtp-user a>\npassword ab#cd\n</smtp-user>\n<smtp-pattern-list p>\nreply /blocked (#5.7.1)/ mode=backoff\n</smtp-pattern-list>\n',
      '2:12 error',
      '5:17 error',
    ],
    good: '<smtp-user a>\npassword abcd # of the relay\n</smtp-user>\n<smtp-pattern-list p>\nreply /\\x23/ mode=backoff # hash\n</smtp-pattern-list>\n',
  },
  'placeholder-left': {
    bad: [
      '<smtp-user YOUR_USER>\npassword CHANGE_ME\n</smtp-user>\nhost-name {{ host }}.example\n',
      '1:12 error',
      '2:10 error',
      '4:11 error',
    ],
    good: '# CHANGE_ME\nhost-name your.example\n',
  },
  'delete-after-never': {
    bad: ['<acct-file a>\ndelete-after never\n</acct-file>\n', '2:14 warning'],
    good: '<acct-file a>\ndelete-after 8d\n</acct-file>\n',
  },
  'pool-member-weight': {
    bad: ['<virtual-mta-pool p>\nvirtual-mta a 50\n</virtual-mta-pool>\n', '2:15 warning'],
    good: '<virtual-mta-pool p>\nvirtual-mta a\n</virtual-mta-pool>\n',
  },
  'regex-invalid': {
    bad: [
      '<smtp-pattern-list p>\nreply /blocked mode=backoff\nreply /(a/ mode=backoff\nreply blocked\n</smtp-pattern-list>\n',
      '2:1 error',
      '3:8 error',
      '4:1 error',
    ],
    good: '<smtp-pattern-list p>\nreply /(?-i)a(?i:b)(?>c)d++ \\/ [x]*/ mode=backoff\nreply // mode=normal\n</smtp-pattern-list>\n',
  },
  'entry-incomplete': {
    bad: ['<bounce-category-patterns>\n/spam/\n// other\n</bounce-category-patterns>\n', '2:2 error'],
    good: '<bounce-category-patterns>\n/spam/ spam-related\n// other\n</bounce-category-patterns>\n',
  },
  'action-conflict': {
    bad: [
      [
        '<smtp-pattern-list p>',
        'reply /x/ mode=backoff,mode=normal',
        'reply /x/ reenable-after=1h',
        'reply /x/ skip-mx,bounce-queue',
        'reply /x/ backoff-to-normal-after=1h,mode=backoff',
        'reply /x/ give-up',
        '</smtp-pattern-list>',
      ].join('\n'),
      ...['2:11 error', '3:11 error', '4:11 error', '5:11 error', '6:11 warning'],
    ],
    good: '<smtp-pattern-list p>\nreply /x/ mode=backoff,backoff-to-normal-after=1h\nreply /x/ disable-source-ip,reenable-after=1h\n</smtp-pattern-list>\n',
  },
  'catch-all-not-last': {
    bad: ['<bounce-category-patterns>\n// other\n/spam/ spam-related\n</bounce-category-patterns>\n', '2:2 warning'],
    good: '<bounce-category-patterns>\n/spam/ spam-related\n// other\n</bounce-category-patterns>\n',
  },
  'ref-undefined': {
    bad: [
      [
        '<source {a}>\ndefault-virtual-mta x\npattern-list x\n</source>',
        '<smtp-user u>\nsource {x}\n</smtp-user>',
        '<domain *>\nsmtp-pattern-list x\nqueue-to x.queue\n</domain>',
        '<pattern-list p>\nmail-from /x/ virtual-mta=x\n</pattern-list>',
        'smtp-listener 192.0.2.1:25 source=x',
      ].join('\n'),
      ...['2:21 error', '3:14 error', '6:8 error', '9:19 error', '10:10 error', '13:27 error', '15:35 error'],
    ],
    good: [
      '<virtual-mta v>\n</virtual-mta>\n<pattern-list p>\nmail-from /x/ virtual-mta=v,recipient-priority=70\n</pattern-list>',
      '<source {a}>\ndefault-virtual-mta "v"\npattern-list p\n</source>\n<source 0/0>\ndefault-virtual-mta by-smtp-source-ip\n</source>',
      '<smtp-user u>\nsource {a}\n</smtp-user>\n<smtp-user w>\nsource {auth}\n</smtp-user>',
      '<smtp-pattern-list s>\n</smtp-pattern-list>\n<domain *>\nsmtp-pattern-list s\nqueue-to g.queue\n</domain>',
      '<domain g.queue>\nqueue-to ""\n</domain>\nsmtp-listener 192.0.2.1:25 source={a}',
    ].join('\n'),
  },
  'pool-member-undefined': {
    bad: ['<virtual-mta-pool p>\nvirtual-mta a\n</virtual-mta-pool>\n', '2:13 error'],
    good: '<virtual-mta-pool p>\nvirtual-mta a\n</virtual-mta-pool>\n<virtual-mta a>\n</virtual-mta>\n',
  },
  'pattern-list-after-source': {
    bad: ['<source {a}>\npattern-list p\n</source>\n<pattern-list p>\n</pattern-list>\n', '2:14 error'],
    good: '<pattern-list p>\n</pattern-list>\n<source {a}>\npattern-list p\n</source>\n',
  },
  'vmta-name-duplicate': {
    bad: ['<virtual-mta a>\n</virtual-mta>\n<virtual-mta-pool "a">\n</virtual-mta-pool>\n', '3:19 error'],
    good: '<virtual-mta a>\n</virtual-mta>\n<virtual-mta-pool b>\n</virtual-mta-pool>\n',
  },
  'vmta-case-clash': {
    bad: ['<virtual-mta a>\n</virtual-mta>\n<virtual-mta A>\n</virtual-mta>\n', '3:14 info'],
    good: '<virtual-mta a>\n</virtual-mta>\n',
  },
  'vmta-in-two-domain-pools': {
    bad: [
      '<virtual-mta-pool p>\nvirtual-mta a\n<domain *>\n</domain>\n</virtual-mta-pool>\n<virtual-mta-pool q>\nvirtual-mta a\n<domain *>\n</domain>\n</virtual-mta-pool>\n',
      '7:13 error',
    ],
    good: '<virtual-mta-pool p>\nvirtual-mta a\n<domain *>\n</domain>\n</virtual-mta-pool>\n<virtual-mta-pool q>\nvirtual-mta a\n</virtual-mta-pool>\n',
  },
  'macro-undefined': {
    bad: ['domain-macro tld com,net\n<domain yahoo.$tlds>\n</domain>\n', '2:9 error'],
    good: 'domain-macro tld com,net\n<domain yahoo.$tld>\n</domain>\n',
  },
  'macro-loop': {
    bad: ['domain-macro a $b\ndomain-macro b x,$a\n', '1:14 error', '2:14 error'],
    good: 'domain-macro a $b\ndomain-macro b x,y\n',
  },
  'macro-duplicate-member': {
    bad: ['domain-macro a x.example, X.example\n', '1:14 info'],
    good: 'domain-macro a x.example, y.example\n',
  },
  'macro-continuation': {
    bad: ['domain-macro a x.example,\ny.example\n', '1:14 info'],
    good: 'domain-macro a x.example, y.example\n',
  },
  'open-relay': {
    bad: [
      '<source 0/0>\nalways-allow-relaying yes\n</source>\nsmtp-listener 192.0.2.1:25 source={in}\n<source {in}>\nalways-allow-relaying true\n</source>\nrelay-address 0/0\n',
      ...['2:1 error', '6:1 error', '8:15 error'],
    ],
    good: '<source 0/0>\nalways-allow-relaying yes\nrequire-auth true\n</source>\n<source {pmta-auth}>\nalways-allow-relaying yes\n</source>\n<source 192.0.2.9>\nalways-allow-relaying yes\n</source>\n',
  },
  'http-access-open': {
    bad: ['http-access 0/0 monitor\n', '1:13 error'],
    good: 'http-access 127.0.0.1 admin\nhttp-access 0/0 none\n',
  },
  'unencrypted-plain-auth-open': {
    bad: [
      '<source 0/0>\nallow-unencrypted-plain-auth yes\n</source>\n<source 192.0.2.9>\nallow-unencrypted-plain-auth yes\n</source>\n',
      '2:1 error',
      '5:1 warning',
    ],
    good: '<source 127.0.0.1>\nallow-unencrypted-plain-auth yes\n</source>\n<source 0/0>\nallow-unencrypted-plain-auth no\n</source>\n',
  },
  'log-file-missing': { bad: ['host-name x\n', '1:1 error'], good: 'log-file /var/log/pmta/log\n' },
  'postmaster-missing': { bad: ['host-name x\n', '1:1 warning'], good: 'postmaster you@example.com\n' },
  'dkim-sign-missing': {
    bad: ['domain-key a,b.example,/k.pem\n<domain *>\ndkim-sign no\n</domain>\n', '1:1 error'],
    good: 'domain-key a,b.example,/k.pem\n<domain *>\ndkim-sign if-x-dkim-options-present\n</domain>\n',
  },
  'wildcard-key-first': {
    bad: ['domain-key a,*,/k.pem\ndomain-key a,b.example,/l.pem\n', '1:12 warning'],
    good: 'domain-key a,b.example,/l.pem\ndomain-key a,*,/k.pem\n<virtual-mta v>\ndomain-key a,c.example,/m.pem\n</virtual-mta>\n',
  },
  'backoff-no-exit': {
    bad: [
      '<domain *>\nsmtp-pattern-list p\nbackoff-to-normal-after never\n</domain>\n<smtp-pattern-list p>\nreply /x/ mode=backoff\n</smtp-pattern-list>\n',
      '2:19 warning',
    ],
    good: '<domain *>\nbackoff-to-normal-after-delivery yes\n</domain>\n<domain a.example>\nsmtp-pattern-list p\n</domain>\n<smtp-pattern-list p>\nreply /x/ mode=backoff\n</smtp-pattern-list>\n',
  },
  'cold-without-target': {
    bad: ['<virtual-mta a>\n<domain *>\nmax-cold-virtual-mta-msg 400/day\n</domain>\n</virtual-mta>\n', '3:1 warning'],
    good: '<virtual-mta a>\ncold-virtual-mta b\n<domain *>\nmax-cold-virtual-mta-msg 400/day\n</domain>\n</virtual-mta>\n',
  },
  'require-starttls-global': {
    bad: ['<domain *>\nrequire-starttls yes\n</domain>\n', '2:1 warning'],
    good: '<domain bank.example>\nrequire-starttls yes\n</domain>\n<domain *>\nuse-starttls yes\n</domain>\n',
  },
  'domain-duplicate-conflict': {
    bad: ['<domain *>\nretry-after 1m\n</domain>\n<domain *>\nretry-after 2m\n</domain>\n', '5:1 warning'],
    good: '<domain *>\nretry-after 1m\n</domain>\n<domain *>\nretry-after 1m\n</domain>\n<virtual-mta a>\n<domain *>\nretry-after 2m\n</domain>\n</virtual-mta>\n',
  },
  'vmta-domain-overrides-isp': {
    bad: [
      '<virtual-mta a>\n<domain *>\nmax-msg-rate 1/h\n</domain>\n</virtual-mta>\n<domain g.example>\nmax-msg-rate 2/h\n</domain>\n',
      '2:9 warning',
    ],
    good: '<virtual-mta a>\n<domain *>\nretry-after 1h\n</domain>\n</virtual-mta>\n<domain g.example>\nmax-msg-rate 2/h\n</domain>\n',
  },
};

describe('the rules', () => {
  it('each have a case here, and a code of their own', () => {
    expect(RULES.map(({ code }) => code).sort()).toEqual(Object.keys(CASES).sort());
  });

  it.each(Object.entries(CASES))('%s is found where it is, and only there', (code, { bad: [text, ...where], good }) => {
    expect(found(code, text)).toEqual(where);
    expect(found(code, good)).toEqual([]);
  });

  it('take a missing definition for a warning where another file is included', () => {
    const problems = problemsIn('include /etc/pmta/more\n<virtual-mta-pool p>\nvirtual-mta a\n</virtual-mta-pool>\n');
    expect(problems.map(({ code, severity }) => `${code} ${severity}`)).toEqual([
      'log-file-missing warning',
      'postmaster-missing warning',
      'pool-member-undefined warning',
    ]);
  });
});

describe('forms that circulate and never worked', () => {
  const inside = (tag: string, line: string): string => `<${tag}>\n${line}\n</${tag.split(' ')[0] ?? ''}>\n`;

  it.each([
    ['source-host-order', inside('virtual-mta a', 'smtp-source-host mail1.example.com 192.0.2.11')],
    ['domain-key-arity', 'domain-key example.com,mail1,*,/etc/pmta/dkim/mail1.pem\n'],
    ['listener-brace-body', 'smtp-listener 192.0.2.11:2525 {\n}\n'],
    ['domain-multi-name', '<domain outlook.com hotmail.com>\n</domain>\n'],
    ['domain-multi-name', '<domain a.example, b.example>\n</domain>\n'],
    ['unknown-directive-for-scope', inside('pattern-list a', 'info@mail1.example.com   vmta-mail1')],
    ['unknown-directive-for-scope', 'virtual-mta-pool-map senders\n'],
    ['rate-zero-numerator', inside('domain *', 'max-msg-rate 0/h')],
    ['records-all', inside('acct-file a', 'records all')],
    ['hash-in-value', inside('smtp-pattern-list a', 'reply /blocked (#5.7.1)/ mode=backoff')],
    ['regex-invalid', inside('smtp-pattern-list a', 'reply /blocked mode=backoff')],
    ['action-conflict', inside('smtp-pattern-list a', 'reply /x/ mode=backoff,mode=normal')],
    ['action-conflict', inside('smtp-pattern-list a', 'reply /x/ reenable-after=1h')],
    ['unknown-directive-for-scope', 'dkim-selector mail\n'],
    ['unknown-directive-for-scope', 'dkim-key /etc/pmta/dkim/mail1.pem\n'],
    ['unknown-directive-for-scope', inside('domain *', 'retry-interval 10m')],
  ])('[R69] %s rejects %j', (code, text) => {
    const errors = problemsIn(text).filter(({ severity }) => severity === 'error');
    expect(errors.map((problem) => problem.code)).toContain(code);
  });

  it.each(
    'backoff-retry-profile max-conn-rate smtp-source-ip log-level http-listener process-x-sender listen-on-tcp dkim-sign-policy'.split(
      ' ',
    ),
  )('[R69] the invented directive %s is an error in every scope', (name) => {
    for (const text of [`${name} 1\n`, inside('domain *', `${name} 1`), inside('source 0/0', `${name} 1`)]) {
      expect(found('unknown-directive-for-scope', text)).toEqual([expect.stringMatching(/ error$/)]);
    }
  });

  it.each(
    'rate-policy dnsbl domain-macro virtual-mta-group bounce-log smtp-source queue http-mgmt-listener limit bind accepted-connect VirtualMTA VirtualMTA-Pool'.split(
      ' ',
    ),
  )('[R69] the invented block <%s> is an error', (tag) => {
    expect(found('unknown-tag', inside(tag, 'x 1'))).toEqual(['1:2 error']);
  });

  it('a suspected invention is only a warning', () => {
    expect(found('unknown-directive-for-scope', 'routing-file /etc/pmta/routing\n')).toEqual(['1:1 warning']);
  });
});

describe('the configuration of the backup set', () => {
  const errors = (text: string) => problemsIn(text).filter(({ severity }) => severity === 'error');

  it('has its placeholder password as its only error', () => {
    expect(errors(twoIps())).toEqual([
      {
        line: 69,
        column: 14,
        severity: 'error',
        code: 'placeholder-left',
        message: 'a placeholder is left in password',
      },
    ]);
  });

  it('[R67] sanitised, also has pool members that dangle', () => {
    expect(errors(sanitised()).map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'placeholder-left: a placeholder is left in password',
      'pool-member-undefined: virtual MTA pmta-vmta0 is not defined',
      'pool-member-undefined: virtual MTA pmta-vmta1 is not defined',
    ]);
  });

  it('has the warnings and notes that it deserves', () => {
    const others = problemsIn(twoIps()).filter(({ severity }) => severity !== 'error');
    expect(others.map(({ code, line }) => `${line} ${code}`)).toEqual([
      '33 undocumented-directive',
      '34 undocumented-directive',
      '50 delete-after-never',
      '57 deprecated-name',
      '88 vmta-domain-overrides-isp',
      '89 cold-without-target',
      '96 vmta-domain-overrides-isp',
      '97 cold-without-target',
      '131 macro-duplicate-member',
    ]);
  });
});

it('a richer configuration, with weights, pipes and suspected inventions, is checked to its end', () => {
  const text = [
    'bounce-classification-file /etc/pmta/bounces.csv',
    'routing-file /etc/pmta/mx',
    'log-file /var/log/pmta/log',
    'postmaster a@example.com',
    '<acct-file |/opt/feed>\nrecords b\nmap-header-to-column b header_X x\n</acct-file>',
    '<virtual-mta v1>\nsmtp-source-host 192.0.2.1 a.example\n</virtual-mta>',
    '<virtual-mta-pool p>\nvirtual-mta v1 50\n</virtual-mta-pool>',
  ].join('\n');
  expect(problemsIn(text).map(({ code, severity }) => `${code} ${severity}`)).toEqual([
    'unknown-directive-for-scope warning',
    'unknown-directive-for-scope warning',
    'unknown-directive-for-scope warning',
    'pool-member-weight warning',
  ]);
});
