import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import { fixed } from '../../../src/lib/pmta/fix.js';
import { lint, lintConfiguration, type LintOptions } from '../../../src/lib/pmta/lint.js';
import { RULES } from '../../../src/lib/pmta/lint/registry.js';
import { loadConfiguration } from '../../../src/lib/pmta/load-configuration.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { filesIn } from './files-in.js';
import { sanitised, twoIps } from './two-ips.js';

const catalogue = loadCatalogue();
const problemsIn = (text: string) => lint(parseText(text), catalogue);

interface Around extends LintOptions {
  /** Files that it includes, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What a rule finds in a text: `line:column severity` each. */
async function found(code: string, text: string, { files, ...options }: Around = {}): Promise<string[]> {
  const main = { path: '/etc/pmta/config', name: 'config', bytes: Buffer.from(text, 'latin1') };
  const reports = lintConfiguration(await loadConfiguration(main, files && filesIn(files)), catalogue, options);
  return reports.flatMap(({ file, problems }) =>
    problems.flatMap((problem) =>
      problem.code === code
        ? [`${file.name === 'config' ? '' : `${file.name}:`}${problem.line}:${problem.column} ${problem.severity}`]
        : [],
    ),
  );
}

/** Macros, each of which holds the next one. */
const deepMacros = (levels: number): string =>
  Array.from({ length: levels }, (_, i) => `domain-macro m${i} ${i === levels - 1 ? 'x.com' : `$m${i + 1}`}\n`).join(
    '',
  );

interface Case extends Around {
  readonly bad: readonly [text: string, ...where: string[]];
  readonly good: string;
  /** What the host of the good text has instead. */
  readonly goodHost?: Around;
  /** The bad text as `--fix` leaves it. */
  readonly fixed?: string;
}

/** For each rule a text that breaks it, with where and how severely, and its nearest text that does not. */
const CASES: Readonly<Record<string, Case>> = {
  'byte-order-mark': {
    bad: ['\xef\xbb\xbflog-file /var/log/pmta/log\n', '1:1 warning'],
    good: 'log-file /var/log/pmta/log\n# \xef\xbb\xbf\n',
    fixed: 'log-file /var/log/pmta/log\n',
  },
  'tag-mismatch': {
    bad: ['<domain *>\nretry-after 1m\n', '1:2 error'],
    good: '<domain *>\nretry-after 1m\n</domain>\n',
  },
  'unknown-tag': { bad: ['<VirtualMTA a>\n</VirtualMTA>\n', '1:2 error'], good: '<Virtual-MTA a>\n</virtual-mta>\n' },
  'domain-multi-name': {
    bad: ['<domain a.example, b.example>\n</domain>\n', '1:9 error'],
    good: '<domain [*.]a.example>\n</domain>\n',
    fixed: 'domain-macro a_example a.example,b.example\n<domain $a_example>\n</domain>\n',
  },
  'unknown-directive-for-scope': {
    bad: ['<domain *>\n  host-name x\n</domain>\n', '2:3 warning'],
    good: 'host-name x\n',
  },
  'deprecated-name': {
    bad: [
      'smtp-port 25\nspool /a\n<domain *>\n\tMax-Msg-Per-Hour  250 # slow\n421-means-mx-unavailable yes\n</domain>\n',
      ...['1:1 warning', '2:1 info', '4:2 warning', '5:1 warning'],
    ],
    good: '<spool /a>\n</spool>\n',
    fixed:
      'smtp-port 25\nspool /a\n<domain *>\n\tmax-msg-rate  250/h # slow\nsmtp-421-means-mx-unavailable yes\n</domain>\n',
  },
  'undocumented-directive': {
    bad: ['sync-msg-create false\nsmtp-listener 192.0.2.1:2525 tls=yes\n', '1:1 info', '2:30 info'],
    good: 'run-as-root no\nsmtp-listener 192.0.2.1:2525 source={auth}\n',
  },
  'listener-brace-body': {
    bad: ['smtp-listener 192.0.2.11:2525 {\n', '1:31 error'],
    good: 'smtp-listener 192.0.2.11:2525 source={pmta-auth}\n',
  },
  'source-host-order': {
    bad: ['<virtual-mta a>\nsmtp-source-host a.example 192.0.2.1\n</virtual-mta>\n', '2:18 error'],
    good: '<virtual-mta a>\nsmtp-source-host 192.0.2.1 a.example\nsmtp-source-host 2001:db8::1 a.example\n</virtual-mta>\n',
    fixed: '<virtual-mta a>\nsmtp-source-host 192.0.2.1 a.example\n</virtual-mta>\n',
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
    good: '<smtp-user a>\npassword abcd # of the relay\n</smtp-user>\n<smtp-pattern-list p>\ninclude /replies # of all\nreply /\\x23/ mode=backoff # hash\n</smtp-pattern-list>\n',
    fixed:
      '<smtp-user a>\npassword ab#cd\n</smtp-user>\n<smtp-pattern-list p>\nreply /blocked (\\x235.7.1)/ mode=backoff\n</smtp-pattern-list>\n',
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
    good: '<smtp-pattern-list p>\ninclude /etc/pmta/replies/common\nreply /x/ mode=backoff,backoff-to-normal-after=1h\nreply /x/ disable-source-ip,reenable-after=1h\n</smtp-pattern-list>\n',
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
        '<virtual-mta v>\nrewrite-list x\n</virtual-mta>\n<source 0/0>\nsource-group x\n</source>',
      ].join('\n'),
      ...['2:21 error', '3:14 error', '6:8 error', '9:19 error', '10:10 error', '13:27 error', '15:35 error'],
      ...['17:14 warning', '20:14 warning'],
    ],
    good: [
      '<source-group g>\n</source-group>\n<rewrite-list r>\n</rewrite-list>\n<virtual-mta v>\nrewrite-list r\n</virtual-mta>\n<pattern-list p>\nmail-from /x/ virtual-mta=v,recipient-priority=70\n</pattern-list>',
      '<source {a}>\ndefault-virtual-mta "v"\npattern-list p\nsource-group g\n</source>\n<source 0/0>\ndefault-virtual-mta by-smtp-source-ip\n</source>',
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
  'macro-deep': {
    bad: [deepMacros(101), '1:14 warning'],
    good: deepMacros(100),
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
    bad: ['http-access 0/0 monitor\nhttp-access 0/0 none\nhttp-access ::/0 admin\n', '1:13 error', '3:13 error'],
    // The first that covers an address decides.
    good: 'http-access 127.0.0.1 admin\nhttp-access 0/0 none\nhttp-access 0/0 monitor\nhttp-access ::/0 none\n',
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
    good: '<domain *>\nretry-after 1m\n</domain>\n<domain *>\nretry-after "1m"\n</domain>\n<virtual-mta a>\n<domain *>\nretry-after 2m\n</domain>\n</virtual-mta>\n',
  },
  'vmta-domain-overrides-isp': {
    bad: [
      '<virtual-mta a>\n<domain *>\nmax-msg-rate 1/h\n</domain>\n</virtual-mta>\n<domain g.example>\nmax-msg-rate 2/h\n</domain>\n',
      '2:9 warning',
    ],
    good: '<virtual-mta a>\n<domain *>\nretry-after 1h\n</domain>\n</virtual-mta>\n<domain g.example>\nmax-msg-rate 2/h\n</domain>\n',
  },
  'rate-multiplier-version': {
    bad: ['<domain *>\nmax-msg-rate 100/15m\nmax-data-volume-rate 10g/2h\n</domain>\n', '2:14 error', '3:22 error'],
    good: '<domain *>\nmax-msg-rate 400/h\nmax-data-volume-rate 10g/h\n</domain>\n',
    target: '4.5',
  },
  'new-in-5.0': {
    bad: [
      '<acct-file hook>\nhttp-webhook-url https://h.example/\n</acct-file>\n<vault>\n</vault>\n<domain *>\ntype http-delivery\n</domain>\n',
      ...['2:1 warning', '4:2 warning', '7:1 warning'],
    ],
    good: '<acct-file a>\nrecords d\n</acct-file>\n<domain *>\ntype smtp\n</domain>\n',
    target: '4.5',
  },
  'removed-in-5.0': {
    bad: ['http-tls-allow-sslv3 no\n<domain *>\nsmtp-tls-allow-sslv3 no\n</domain>\n', '1:1 error', '3:1 error'],
    good: 'http-tls-allow-tlsv1.2 yes\n',
  },
  'cold-form-removed': {
    bad: ['<virtual-mta a>\ncold-virtual-mta 192.0.2.9 cold.example\n</virtual-mta>\n', '2:18 error'],
    good: '<virtual-mta a>\ncold-virtual-mta a-cold\n</virtual-mta>\n',
  },
  'dkim-sha1': {
    bad: [
      'domain-key a,b.example,/k.pem\n<domain *>\nsecond-dkim-algorithm rsa-sha1\n</domain>\n',
      '1:1 warning',
      '3:23 warning',
    ],
    good: 'domain-key a,b.example,/k.pem\n<domain *>\ndkim-algorithm rsa-sha256\n</domain>\n',
    target: '4.5',
  },
  'value-form': {
    bad: [
      '<domain *>\nuse-starttls on\nmax-msg-rate 100/hour\nretry-after 10m, 20m\nbounce-after 4 days\nmax-smtp-out many\nbounce-upon-no-mx often\ndkim-body-canon strict\nsecond-dkim-sign on\n</domain>\n<source 0/0>\nmax-message-size 20000000\n</source>\n',
      ...['2:14 warning', '3:14 warning', '4:13 warning', '5:14 warning', '6:14 warning', '7:19 warning'],
      ...['8:17 warning', '9:18 warning', '12:18 warning'],
    ],
    good: '<domain *>\nuse-starttls TRUE\nmax-msg-rate "100/15min"\nretry-after 10m,20m\nbounce-after 4d12h\nmax-smtp-out 20\nbounce-upon-no-mx 1h\ndkim-body-canon Simple\nsecond-dkim-sign if-x-dkim-options-present\n</domain>\n<source 0/0>\nmax-message-size 20M\n</source>\n',
  },
  'rate-bare-zero': {
    bad: ['<domain *>\nmax-msg-rate 0\n</domain>\n', '2:14 info'],
    good: '<domain *>\nmax-msg-rate unlimited\nmax-smtp-out 0\n</domain>\n',
  },
  'given-twice': {
    bad: [
      '<acct-file a>\nrecords d\nrecords b\n</acct-file>\n<source 0/0>\npattern-list a\npattern-list b\n</source>\n',
      ...['7:1 warning', '3:1 warning'].sort(),
    ],
    good: '<acct-file a>\nrecords d,b\n</acct-file>\n<acct-file b>\nrecords d,b\n</acct-file>\n',
  },
  'log-file-relative': { bad: ['log-file pmta.log\n', '1:10 error'], good: 'log-file "/var/log/pmta/log"\n' },
  'vmta-without-source-host': {
    bad: ['<virtual-mta a>\ndomain-key a,b.example,/k.pem\n</virtual-mta>\n', '1:14 warning'],
    good: '<virtual-mta a>\nsmtp-source-host 192.0.2.1 a.example\n</virtual-mta>\n',
  },
  'source-ip-shared': {
    bad: [
      '<virtual-mta a>\nsmtp-source-host 2001:db8::1 a.example\n</virtual-mta>\n<virtual-mta b>\nsmtp-source-host 2001:DB8:0::1 b.example\n</virtual-mta>\n',
      '5:18 info',
    ],
    good: '<virtual-mta a>\nsmtp-source-host 192.0.2.1 a.example\n</virtual-mta>\n<virtual-mta b>\nsmtp-source-host 192.0.2.2 b.example\n</virtual-mta>\n',
  },
  'throughput-multiplied': {
    bad: [
      '<virtual-mta a>\n</virtual-mta>\n<virtual-mta b>\n</virtual-mta>\n<domain g.example>\nmax-msg-rate 250/h\n</domain>\n<domain *>\nmax-msg-rate 9/h\n</domain>\n',
      '6:14 info',
    ],
    good: '<virtual-mta a>\n</virtual-mta>\n<virtual-mta a-cold>\n</virtual-mta>\n<domain g.example>\nmax-msg-rate 250/h\n</domain>\n',
  },
  'http-plus-root': {
    bad: ['http-access 192.0.2.0/24 monitor\nhttp-access 127.0.0.1 admin\n', '1:13 warning'],
    good: 'run-as-root no\nhttp-access 192.0.2.0/24 monitor\n',
  },
  'include-missing': {
    bad: ['include /etc/pmta/isps/*.conf\ninclude more\n', '1:9 warning'],
    good: 'include /etc/pmta/more\n',
    files: { '/etc/pmta/more': 'host-name x\n' },
  },
  'include-loop': {
    bad: ['include a\ninclude b\n', 'a:1:9 warning'],
    good: 'include b\ninclude b\n',
    files: { '/etc/pmta/a': 'include config\n', '/etc/pmta/b': 'host-name x\n', '/etc/pmta/config': '' },
  },
  'include-not-followed': {
    bad: ['include https://conf.example/isps\n', '1:9 info'],
    good: 'include /etc/pmta/b\n',
    files: { '/etc/pmta/b': 'host-name x\n' },
  },
  'ip-not-local': {
    bad: [
      'smtp-listener 192.0.2.9:25\n<virtual-mta a>\nsmtp-source-host 192.0.2.1 a.example\nsmtp-source-host 198.51.100/24 b.example\n</virtual-mta>\n',
      ...['1:15 error', '4:18 error'],
    ],
    good: 'smtp-listener 0/0:25\nsmtp-listener 127.0.0.1:2525\nsmtp-listener [::]:25\n<virtual-mta a>\nsmtp-source-host 192.0/16 a.example\nsmtp-source-host 2001:DB8::0:1 a.example\n</virtual-mta>\n',
    host: { localAddresses: ['192.0.2.1', '2001:db8::1'] },
  },
  'port-in-use': {
    bad: ['smtp-listener 192.0.2.1:25\n<smtp-listener 192.0.2.1:587>\n</smtp-listener>\n', '1:15 error', '2:16 error'],
    good: 'smtp-listener 192.0.2.1:2525\nsmtp-listener 127.0.0.1:587\n',
    host: {
      portsInUse: [
        { address: '0.0.0.0', port: 25, program: 'master' },
        { address: '192.0.2.1', port: 587 },
      ],
    },
  },
  'key-missing': {
    bad: ['domain-key a, b.example, /etc/pmta/a.pem\n', '1:26 error'],
    good: 'domain-key a,b.example,/etc/pmta/b.pem\ndomain-key a,b.example,{vault}:/a:b\n',
    host: { existingKeys: ['/etc/pmta/b.pem'], readableKeys: [] },
    goodHost: {},
  },
  'key-unreadable': {
    bad: ['domain-key a,b.example,/etc/pmta/b.pem\ndomain-key a,b.example,/etc/pmta/none.pem\n', '1:24 error'],
    good: 'domain-key a,b.example,/etc/pmta/c.pem\n',
    host: { existingKeys: ['/etc/pmta/b.pem', '/etc/pmta/c.pem'], readableKeys: ['/etc/pmta/c.pem'] },
  },
  'config-world-readable': {
    bad: ['<smtp-user u>\npassword abc\n</smtp-user>\nhttp-api-key abc\n', '2:1 warning'],
    good: 'host-name x\n',
    host: { worldReadable: ['config'] },
  },
  'suppression-unused': {
    bad: ['host-name x # ee-ignore open-relay\n# ee-ignore-file records-all\n', '1:25 info', '2:18 info'],
    good: 'http-access 0/0 admin # ee-ignore http-access-open -- behind a VPN\nhost-name x # ee-ignore ip-not-local\n',
  },
  'suppression-unknown': {
    bad: ['host-name x # ee-ignore no-such-rule\n', '1:25 info'],
    good: 'host-name x # ee-ignores nothing\nhost-name y # use ee-ignore no-such-rule\n',
  },
};

describe('the rules', () => {
  const codes = RULES.map(({ code }) => code);

  it('each have a case here, and a code of their own', () => {
    expect(codes.toSorted()).toEqual(Object.keys(CASES).sort());
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('each have a text that breaks them, in a place, and one that does not', () => {
    const lacking = Object.entries(CASES).filter(([, { bad, good }]) => bad.length < 2 || good === bad[0]);
    expect(lacking.map(([code]) => code)).toEqual([]);
  });

  it('each have a repaired text in their case exactly when they say what --fix does', () => {
    const repairing = RULES.flatMap(({ code, autofix }) => (autofix === undefined ? [] : [code]));
    const repaired = Object.entries(CASES).flatMap(([code, { fixed }]) => (fixed === undefined ? [] : [code]));
    expect(repaired.sort()).toEqual(repairing.sort());
  });

  it('never call an error what is unproven', () => {
    const unproven = RULES.filter(({ evidence }) => evidence === 'unproven');
    expect(unproven.map(({ code, severity }) => [code, severity])).not.toContainEqual([expect.anything(), 'error']);
    for (const { code } of unproven) expect(CASES[code]?.bad.slice(1).join() ?? 'error').not.toContain('error');
    expect(unproven.length).toBeGreaterThan(5);
  });

  it.each(Object.entries(CASES))('%s is found where it is, and only there', async (code, one) => {
    const [text, ...where] = one.bad;
    expect(await found(code, text, one)).toEqual(where);
    expect(await found(code, one.good, { ...one, ...one.goodHost })).toEqual([]);
  });

  it.each(Object.entries(CASES).filter(([, { fixed }]) => fixed !== undefined))(
    '%s is repaired, and nothing else is changed',
    (code, { bad: [text], fixed: wanted }) => {
      const once = fixed(parseText(text), catalogue);
      expect(once.text).toBe(wanted);
      expect(once.repaired.map((problem) => problem.code)).toContain(code);
      expect(fixed(parseText(once.text), catalogue)).toEqual({ text: once.text, repaired: [] });
    },
  );

  it('say of a value all that it may be', () => {
    const text =
      '<domain *>\nbounce-upon-no-mx often\ndkim-sign on\nmax-connect-rate fast\nretry-after soon\n</domain>\n';
    const said = problemsIn(text).flatMap(({ code, message }) => (code === 'value-form' ? [message] : []));
    expect(said).toEqual([
      'bounce-upon-no-mx takes yes, no, a time such as 4d12h or never',
      'dkim-sign takes yes, no or if-x-dkim-options-present',
      'max-connect-rate takes a rate such as 1000/h or unlimited',
      'retry-after takes times such as 10m,30m,1h, without blanks',
    ]);
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
  )('[R69] the invented directive %s is an error in every scope', async (name) => {
    for (const text of [`${name} 1\n`, inside('domain *', `${name} 1`), inside('source 0/0', `${name} 1`)]) {
      expect(await found('unknown-directive-for-scope', text)).toEqual([expect.stringMatching(/ error$/)]);
    }
  });

  it.each(
    'rate-policy dnsbl domain-macro virtual-mta-group bounce-log smtp-source queue http-mgmt-listener limit bind accepted-connect VirtualMTA VirtualMTA-Pool'.split(
      ' ',
    ),
  )('[R69] the invented block <%s> is an error', async (tag) => {
    expect(await found('unknown-tag', inside(tag, 'x 1'))).toEqual(['1:2 error']);
  });

  it('a suspected invention is only a warning', async () => {
    expect(await found('unknown-directive-for-scope', 'routing-file /etc/pmta/routing\n')).toEqual(['1:1 warning']);
  });
});

describe('the configuration of the backup set', () => {
  const errors = (text: string) => problemsIn(text).filter(({ severity }) => severity === 'error');

  it('has its placeholder password as its only error', () => {
    expect(errors(twoIps())).toEqual([
      {
        line: 69,
        column: 14,
        endColumn: 23,
        fix: 'Put the real value in its place.',
        fixable: false,
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
      '134 throughput-multiplied',
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
