import { describe, expect, it } from 'vitest';
import { engineProofs } from '../../../src/lib/deploy/status/engine.js';
import { mailwizzProofs } from '../../../src/lib/deploy/status/mailwizz.js';
import { powermtaProofs } from '../../../src/lib/deploy/status/powermta.js';
import { Answers, type Proof } from '../../../src/lib/deploy/status/proof.js';
import { isHealthy } from '../../../src/lib/deploy/status/status.js';
import { settingsWith } from '../../support/role-inputs.js';

const settings = settingsWith({
  SENDER1: 'contact@mail1.example.com',
  SENDER2: 'news@mail2.example.com',
  BASE_DOMAIN: 'example.com',
});
/** A host without the certificate of an authority. */
const selfSigned = [
  ['shown:end', 'Nov 27 12:00:00 2028 GMT'],
  ['certificate', 'now 1795000000\ncertificate\tserved /etc/ssl/ee/own'],
] as const;
const lines = (record: readonly (readonly [string, string])[]): Answers =>
  new Answers(record.map(([name, value]) => `${name}\t${value}\n`).join(''));
const without = (record: readonly (readonly [string, string])[], name: string) =>
  record.filter(([key]) => key !== name);
const failing = (proofs: readonly Proof[]): string[] =>
  proofs.filter(({ ok }) => !ok).map(({ what, seen }) => `${what}: ${seen}`);

describe('answers', () => {
  it('are lines of a name and a value, which may come several times', () => {
    const answers = new Answers('noise\nunit\tnginx active\nunit\tcron failed\nempty\t\n');
    expect(answers.all('unit')).toEqual(['nginx active', 'cron failed']);
    expect(answers.one('unit')).toBe('nginx active');
    expect(answers.one('empty')).toBe('');
    expect(answers.all('absent')).toEqual([]);
  });
});

describe('the proofs of VPS1', () => {
  const good = [
    ['unit', 'nginx active'],
    ['firewall', '1'],
    ['panel', '503'],
    ['ping', 'pong'],
    ['code', '403'],
    ['tables', '0'],
    ['cron', '8'],
    ...selfSigned,
  ] as const;
  const failures = (record: readonly (readonly [string, string])[]) => failing(mailwizzProofs(lines(record), settings));

  it('hold for an application that waits for its installation, with an empty database', () => {
    expect(failures(good)).toEqual([]);
  });

  it('[R19] fail where work on the panel was cut, whatever it answers, and say what ends it', () => {
    const cutWork = (kind: string) => JSON.stringify({ kind, run: 'r1', by: 'op', phase: 'changing' });
    const cut = (kind: string) => failures([...good, ['under-way', cutWork(kind)]]);
    expect(cut('upgrade')).toEqual([
      'panel: https://panel.example.com/ answers 503. An upgrade of the panel was cut: run r1 of op has not ended, and the panel may be closed. ' +
        '`ee rollback vps1` brings back what was there before it; `ee mailwizz upgrade` takes it back too, and begins anew.',
    ]);
    const half = [...without(good, 'tables'), ['tables', '26'], ['under-way', cutWork('upgrade')]] as const;
    expect(failures(half).map((one) => one.split(':')[0])).toEqual(['panel']);
    expect(cut('replace')[0]).toContain('`ee mailwizz install` goes on');
    const over = { kind: 'replace', run: 'r1', by: 'op', phase: 'installing' };
    const done = [...without(without(good, 'panel'), 'tables'), ['panel', '200'], ['tables', '61']] as const;
    expect(failures([...done, ['installed', 'yes'], ['under-way', JSON.stringify(over)]])).toEqual([]);
  });

  it('want tables and a panel that answers once it is installed', () => {
    const installed = [...good, ['installed', 'yes']] as const;
    expect(failures(installed)).toEqual([
      'panel: https://panel.example.com/ answers 503',
      'database: mailwizz_v2 has 0 tables',
    ]);
    const done = [...without(without(installed, 'panel'), 'tables'), ['panel', '200'], ['tables', '61']] as const;
    expect(failures(done)).toEqual([]);
  });

  it('each fail where their answer is missing', () => {
    const counts = good.map(([name]) => [name, failures(without(good, name)).length]);
    expect(counts).toEqual([
      ['unit', 1],
      ['firewall', 1],
      ['panel', 1],
      ['ping', 1],
      ['code', 1],
      ['tables', 1],
      ['cron', 1],
      ['shown:end', 1],
      ['certificate', 1],
    ]);
  });

  it('[R52] fail where the application’s code is served', () => {
    expect(failures([...without(good, 'code'), ['code', '200']])).toEqual(['code: /apps/init.php answers 200']);
  });

  it('name the service that does not run', () => {
    expect(failures([...good, ['unit', 'cron failed'], ['unit', 'php*-fpm.service ']])).toEqual([
      'services: cron failed, php*-fpm.service absent',
    ]);
  });
});

describe('the proofs of VPS2', () => {
  const shipped = {
    updated: '2026-11-24T08:15:00.000Z',
    file: 'ee-acct.csv',
    offset: 500,
    behind: 0,
    waiting: '',
    delivered: 7,
    acknowledged: '2026-11-24T08:10:00.000Z',
    lost: { files: 0, bytes: 0, records: 0, last: '' },
    failure: '',
  };
  const accounting = (changes: object = {}) => ['accounting', JSON.stringify({ ...shipped, ...changes })] as const;
  const good = [
    ['unit', 'pmta active'],
    ['firewall', '1'],
    ['status', 'running'],
    ['version', 'PowerMTA v5.0r7'],
    ['vmta', '1 smtp-source-host 198.51.100.11 mail1.example.com domain-key mail,*,/etc/pmta/dkim/mail1.pem '],
    ['vmta', '2 smtp-source-host 198.51.100.12 mail2.example.com domain-key mail,*,/etc/pmta/dkim/mail2.pem '],
    ['listener', '198.51.100.11:2525'],
    ['listener', '198.51.100.12:2525'],
    ['listener', '198.51.100.11:25'],
    ['listener', '198.51.100.12:25'],
    ['now', String(Date.parse('2026-11-24T08:15:10Z') / 1000)],
    accounting(),
    ['dead letters of accounting', '0'],
    ['bounces', JSON.stringify({ ...shipped, delivered: 2 })],
    ['dead letters of bounces', '0'],
  ] as const;
  const failures = (record: readonly (readonly [string, string])[]) => failing(powermtaProofs(lines(record), settings));

  it('hold when each identity sends from its IP and listens on it', () => {
    expect(failures(good)).toEqual([]);
    expect(powermtaProofs(lines(good), settings).find(({ what }) => what === 'vmta-mail2')?.seen).toBe(
      '198.51.100.12 as mail2.example.com, for news@mail2.example.com, listens on 2525 and 25',
    );
  });

  it('[R56] fail for the one identity that does not', () => {
    expect(failures(good.filter(([, value]) => value !== '198.51.100.12:2525'))).toEqual([
      'vmta-mail2: 198.51.100.12 as mail2.example.com, for news@mail2.example.com, does not listen on 2525',
    ]);
    // Bounces and complaints would not come back.
    expect(failures(good.filter(([, value]) => value !== '198.51.100.12:25'))).toEqual([
      'vmta-mail2: 198.51.100.12 as mail2.example.com, for news@mail2.example.com, does not listen on 25',
    ]);
    expect(failures(good.filter(([, value]) => !value.startsWith('1 ')))).toEqual([
      'vmta-mail1: is not 198.51.100.11 as mail1.example.com',
    ]);
  });

  it('tell how far the accounting is handed over', () => {
    expect(powermtaProofs(lines(good), settings).find(({ what }) => what === 'accounting')).toEqual({
      what: 'accounting',
      seen: 'to api.example.com: ee-acct.csv up to byte 500, 0 bytes behind; records acknowledged: 7, the last at 2026-11-24T08:10:00.000Z',
      ok: true,
    });
    // A message that just came waits for a moment, and that is no trouble.
    expect(
      failures([...without(good, 'accounting'), accounting({ behind: 9, waiting: '2026-11-24T08:15:05.000Z' })]),
    ).toEqual([]);
    const fresh = accounting({ file: '', offset: 0, delivered: 0, acknowledged: '' });
    expect(failures([...without(good, 'accounting'), fresh])).toEqual([]);
  });

  it.each([
    [{ updated: '2026-11-24T08:10:00.000Z' }, 'it said nothing since 2026-11-24T08:10:00.000Z'],
    [{ behind: 9, failure: 'connect ECONNREFUSED 203.0.113.10:443' }, 'connect ECONNREFUSED 203.0.113.10:443'],
    [{ behind: 9, waiting: '2026-11-24T08:10:00.000Z' }, 'it does not move'],
    [
      { lost: { files: 1, bytes: 900, records: 4, last: '2026-11-20T08:00:00.000Z' } },
      'about 4 records in 1 files were lost',
    ],
  ])('fail while the accounting is in trouble: %j', (changes, trouble) => {
    const [failure = '', ...others] = failures([...without(good, 'accounting'), accounting(changes)]);
    expect(others).toEqual([]);
    expect(failure.split('; ').slice(2)).toEqual([trouble]);
  });

  it('fail while there are dead letters, and where the shipper says nothing', () => {
    const dead = failures([...without(good, 'dead letters of accounting'), ['dead letters of accounting', '3']]);
    expect(dead.join()).toContain('; 3 dead letters in /var/lib/ee-accounting/dead-letters.jsonl');
    expect(failures(without(good, 'accounting'))).toEqual(['accounting: the shipper says nothing']);
  });

  it('[R101] tell how far MailWizz knows of bounces and complaints, and fail for that alone', () => {
    expect(powermtaProofs(lines(good), settings).find(({ what }) => what === 'bounces')).toEqual({
      what: 'bounces',
      seen: 'to panel.example.com: ee-acct.csv up to byte 500, 0 bytes behind; records acknowledged: 2, the last at 2026-11-24T08:10:00.000Z',
      ok: true,
    });
    const away = { ...shipped, behind: 9, failure: 'MailWizz answers 503' };
    expect(failures([...without(good, 'bounces'), ['bounces', JSON.stringify(away)]])).toEqual([
      'bounces: to panel.example.com: ee-acct.csv up to byte 500, 9 bytes behind; records acknowledged: 7, the last at 2026-11-24T08:10:00.000Z; MailWizz answers 503',
    ]);
  });

  it('[R101] fail when PowerMTA does not answer', () => {
    expect(failures(without(without(good, 'status'), 'version'))).toEqual(['pmta show status: : no answer']);
  });
});

describe('the proofs of VPS3', () => {
  const targets = (healths: Readonly<Record<string, string>>) =>
    JSON.stringify({
      data: {
        activeTargets: Object.entries(healths).map(([name, health]) => {
          const [job, host] = name.split(' ');
          return { labels: { job, ...(host ? { host } : {}) }, health };
        }),
      },
    });
  const hosts = {
    'node vps1': 'up',
    'node vps2': 'up',
    'node vps3': 'up',
    'email-engine vps3': 'up',
    prometheus: 'up',
  };
  const good = [
    ['unit', 'email-engine active'],
    ['firewall', '1'],
    ['status', '200'],
    ['health', '{"status":"ok","components":{"postgres":"ok","redis":"ok"},"mailwizz":"ok"}'],
    ['closed', '401'],
    ...selfSigned,
    ['targets', targets(hosts)],
  ] as const;
  const failures = (record: readonly (readonly [string, string])[]) => failing(engineProofs(lines(record), settings));

  it('hold when the API answers, asks for its key, and Prometheus reaches all three hosts', () => {
    expect(failures(good)).toEqual([]);
    expect(engineProofs(lines(good), settings).map(({ seen }) => seen)).toEqual([
      'email-engine run',
      'https://api.example.com/health answers 200: postgres ok, redis ok',
      'panel.example.com takes the key of the API',
      'answers 401',
      'reaches 3 hosts, 5 targets',
      'self-signed, a browser warns; ends on 2028-11-27; once DNS leads api.example.com here, `ee deploy vps3` asks for one',
      'drops what is not named',
    ]);
  });

  it.each([
    ['no key', []],
    ['refused', ['MailWizz: panel.example.com refuses the key of the API: `ee mailwizz key` brings another']],
    ['down', ['MailWizz: panel.example.com does not answer the API']],
    ['unknown', ['MailWizz: the API does not know in time']],
  ])('[R101] tell how the API reaches MailWizz: %s', (mailwizz, expected) => {
    const health = JSON.stringify({ status: 'ok', components: {}, mailwizz });
    expect(failures([...without(good, 'health'), ['health', health]])).toEqual(expected);
  });

  it('[R97] fail where the API answers without a key', () => {
    expect(failures([...without(good, 'closed'), ['closed', '200']])).toEqual(['API without a key: answers 200']);
  });

  it('name the host that Prometheus does not reach', () => {
    expect(failures([...without(good, 'targets'), ['targets', targets({ ...hosts, 'node vps2': 'down' })]])).toEqual([
      'Prometheus: does not reach node vps2',
    ]);
  });

  it('fail where Prometheus gives no answer, or one of nothing', () => {
    for (const answer of ['', 'not JSON', '{}']) {
      expect(failures([...without(good, 'targets'), ['targets', answer]])).toEqual([
        'Prometheus: reaches 0 hosts, 0 targets, 5 expected',
      ]);
    }
  });
});

describe('a host', () => {
  const proof = { what: 'x', seen: 'y', ok: true };
  it('is healthy when there are proofs and all hold', () => {
    const host = { host: 'vps1', address: '192.0.2.10' } as const;
    expect(isHealthy({ ...host, proofs: [proof] })).toBe(true);
    expect(isHealthy({ ...host, proofs: [proof, { ...proof, ok: false }] })).toBe(false);
    expect(isHealthy({ ...host, proofs: [] })).toBe(false);
    expect(isHealthy({ ...host, proofs: [proof], error: new Error('lost') })).toBe(false);
  });
});
