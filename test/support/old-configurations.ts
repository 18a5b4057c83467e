import fc from 'fast-check';

/** A configuration of before an adaptation, and the parts that its text is made of. */
export interface OldConfiguration {
  readonly text: string;
  readonly sending: readonly string[];
  readonly discarding: readonly string[];
  readonly pools: readonly string[];
}

export const RECIPIENTS = ['u1@gmail.com', 'u2@gmail.com', 'u1@yahoo.com', 'u1@one.example'] as const;
export const DOMAINS = ['gmail.com', 'yahoo.com', 'one.example', 'other.example'] as const;

const block = (tag: string, body: readonly string[]): string[] => [
  `<${tag}>`,
  ...body.map((line) => `    ${line}`),
  `</${tag.split(' ')[0] ?? ''}>`,
];

const rate = fc.integer({ min: 1, max: 9 }).map((n) => `${n}00/h`);
const count = fc.integer({ min: 1, max: 4 });

/** Lines of one of these, some of them and in their order. */
const someOf = (...choices: fc.Arbitrary<readonly string[]>[]): fc.Arbitrary<string[]> =>
  fc
    .tuple(...choices.map((choice) => fc.option(choice, { nil: [] as readonly string[], freq: 2 })))
    .map((lists) => lists.flat());

const line = (value: fc.Arbitrary<unknown>, keyword: string): fc.Arbitrary<readonly string[]> =>
  value.map((one) => [`${keyword} ${String(one)}`]);

const smartHost = fc
  .integer({ min: 1, max: 3 })
  .map((n) => [`smtp-hosts [198.51.100.${n}]:587`, `auth-username user${n}`, `auth-password "pass word ${n}"`]);

const domainLines = someOf(
  line(rate, 'max-msg-rate'),
  line(count, 'max-smtp-out'),
  fc.constant(['retry-after 5m']),
  fc.constant(['dkim-sign yes']),
  smartHost,
);

/** What a virtual MTA carries: limits, a proxy, domains, of which one may be discarded. */
const contents = fc
  .tuple(
    someOf(line(count, 'max-smtp-out'), line(rate, 'max-smtp-msg-rate'), fc.constant(['use-proxy front', '# by hand'])),
    fc.option(domainLines, { nil: undefined }),
    fc.option(someOf(line(rate, 'max-msg-rate'), fc.constant(['type discard'])), { nil: undefined, freq: 2 }),
  )
  .map(([own, all, gmail]) => [
    ...own,
    ...(all ? block('domain *', all) : []),
    ...(gmail ? block('domain gmail.com', gmail) : []),
  ]);

const entryFor = (targets: readonly string[]): fc.Arbitrary<readonly string[]> => {
  const target = fc.constantFrom(...targets);
  const single = fc
    .tuple(
      fc.oneof(
        fc.constantFrom(...RECIPIENTS).map((address) => `rcpt-to /^${address.replace('.', '\\.')}$/`),
        fc.constantFrom('header X-Class /^one$/', 'header X-Class /^two$/'),
        fc.constantFrom('mail-from /@old1\\.example$/', 'mail-from /@old2\\.example$/', 'header From /@old1/'),
      ),
      target,
    )
    .map(([head, to]) => [`${head} virtual-mta=${to}`]);
  const nested = fc
    .tuple(fc.constantFrom('rcpt-to /yahoo/', 'mail-from /@old3/'), fc.constantFrom(...RECIPIENTS), target, target)
    .map(([head, address, one, two]) => [
      `${head} <pattern-list>`,
      `    rcpt-to /^${address}$/ virtual-mta=${one}`,
      `    * virtual-mta=${two}`,
      '</pattern-list>',
    ]);
  return fc.oneof({ arbitrary: single, weight: 5 }, { arbitrary: nested, weight: 1 });
};

const identity = (name: string, at: number, hasKey: boolean): string[] => [
  `smtp-source-host 203.0.113.${at + 1} ${name}.example.net`,
  ...(hasKey ? [`domain-key k,example.net,/etc/pmta/${name}.pem`] : []),
];

/** Configurations of every kind that carries something in its virtual MTAs, pools and patterns. */
export const oldConfigurations: fc.Arbitrary<OldConfiguration> = fc
  .record({
    carried: fc.array(contents, { minLength: 1, maxLength: 4 }),
    alike: fc.boolean(),
    keys: fc.boolean(),
    bins: fc.array(fc.boolean(), { maxLength: 2 }),
    pools: fc.array(
      fc.record({
        members: fc.array(fc.nat(5), { minLength: 1, maxLength: 4 }),
        domains: fc.option(domainLines, { nil: undefined, freq: 4 }),
      }),
      { maxLength: 3 },
    ),
    global: domainLines,
    gmail: fc.option(domainLines, { nil: undefined }),
  })
  .chain(({ carried, alike, keys, bins, pools, global, gmail }) => {
    const sending = carried.map((_, at) => `v${at}`);
    const discarding = bins.map((_, at) => `bin${at}`);
    const all = [...sending, ...discarding];
    const poolNames = pools.map((_, at) => `p${at}`);
    const targets = [...all, ...poolNames];
    const lists = fc.array(entryFor(targets), { maxLength: 5 }).map((entries) => entries.flat());
    return fc
      .record({ main: lists, other: lists, to: fc.option(fc.constantFrom(...targets), { nil: undefined }) })
      .map(({ main, other, to }) => {
        const lines = [
          ...['log-file /var/log/pmta/log', 'postmaster a@example.net', 'run-as-root no'],
          ...(keys ? ['domain-key k,example.net,/etc/pmta/all.pem'] : []),
          ...block('proxy front', ['server 198.51.100.9:5000']),
          ...carried.flatMap((body, at) =>
            block(`virtual-mta v${at}`, [...identity(`v${at}`, at, keys), ...((alike ? carried[0] : body) ?? [])]),
          ),
          ...bins.flatMap((hasAddress, at) =>
            block(`virtual-mta bin${at}`, [
              ...(hasAddress ? identity(`bin${at}`, at + 10, keys) : []),
              ...block('domain *', ['type discard']),
            ]),
          ),
          ...pools.flatMap(({ members, domains }, at) =>
            block(`virtual-mta-pool p${at}`, [
              ...new Set(members.map((member) => `virtual-mta ${all[member % all.length] ?? ''}`)),
              ...(domains ? block('domain *', domains) : []),
            ]),
          ),
          ...block('pattern-list main', main),
          ...block('pattern-list other', other),
          ...block('smtp-user u', ['password secret', 'source {users}']),
          ...block('source {users}', [
            'always-allow-relaying yes',
            'pattern-list main',
            ...(to === undefined ? [] : [`default-virtual-mta ${to}`]),
          ]),
          ...block('source 127.0.0.1', ['pattern-list other']),
          ...block('domain *', global),
          ...(gmail ? block('domain gmail.com', gmail) : []),
        ];
        return { text: `${lines.join('\n')}\n`, sending, discarding, pools: poolNames };
      });
  });
