import { describe, expect, it } from 'vitest';
import {
  assertAgreement,
  assertNothingToAsk,
  judgeAnswer,
  planInit,
  type Question,
} from '../../../src/lib/settings/init.js';
import { CATALOGUE, type SettingName } from '../../../src/lib/settings/catalogue.js';
import { validText } from './a-valid-file.js';

const FILE = '/srv/.env.production';
const SECRETS = [
  'PMTA_SMTP_PASSWORD',
  'MAILWIZZ_DB_PASSWORD',
  'MAILWIZZ_ADMIN_PASSWORD',
  'ENGINE_ADMIN_KEY',
  'ENGINE_ACCOUNTING_KEY',
  'POSTGRES_PASSWORD',
  'REDIS_PASSWORD',
  'GRAFANA_ADMIN_PASSWORD',
];

const question = (name: SettingName): Question => ({
  name,
  setting: CATALOGUE[name],
  required: CATALOGUE[name].presence === 'required',
});

describe('the plan of ee init', () => {
  it('[R11] makes every secret of a new file and asks for the rest that is required', () => {
    const plan = planInit('', [], FILE);
    expect(plan.generate).toEqual(SECRETS);
    expect(plan.questions.filter(({ required }) => required).map(({ name }) => name)).toEqual([
      'VPS1_IP',
      'VPS2_IP',
      'VPS3_IP',
      'BASE_DOMAIN',
      'SENDING_IPS',
      'PANEL_DOMAIN',
      'MAILWIZZ_ADMIN_EMAIL',
      'ENGINE_DOMAIN',
    ]);
  });

  it('keeps every value that is there and adds only what is missing', () => {
    const plan = planInit(validText({ REDIS_PASSWORD: undefined, VPS3_IP: '' }), [], FILE);
    expect(plan.generate).toEqual(['REDIS_PASSWORD']);
    expect(plan.questions.filter(({ required }) => required).map(({ name }) => name)).toEqual(['VPS3_IP']);
    expect(plan.kept).toContain('POSTGRES_PASSWORD');
  });

  it('takes --set values, does not ask for them, and ignores one that is there already', () => {
    const plan = planInit(
      'VPS1_IP=192.0.2.10\n',
      ['VPS1_IP=192.0.2.10', 'IP1=198.51.100.1', 'REDIS_PASSWORD=aSecretOfMyOwn1234'],
      FILE,
    );
    expect([...plan.set.keys()]).toEqual(['IP1', 'REDIS_PASSWORD']);
    expect(plan.questions.map(({ name }) => name)).not.toContain('SENDING_IPS');
    expect(plan.generate).not.toContain('REDIS_PASSWORD');
  });

  it('never overwrites: another value for what is there is refused', () => {
    expect(() => planInit('VPS1_IP=192.0.2.10\n', ['VPS1_IP=192.0.2.11'], FILE)).toThrow(
      '/srv/.env.production sets VPS1_IP already, to another value.',
    );
    expect(() => planInit('VPS1_IP=CHANGE_ME\n', ['VPS1_IP=192.0.2.11'], FILE)).toThrow('already');
  });

  it('tells all mistakes in --set at once', () => {
    expect(() => planInit('', ['VPS1_IP=1', 'NAME', 'VPS1_PI=1', 'SSH_PORT=22', 'SSH_PORT=23'], FILE)).toThrow(
      [
        '--set VPS1_IP: is not an IPv4 or IPv6 address — write it like 192.0.2.10 or 2001:db8::10',
        '--set NAME: has no value — write --set NAME=VALUE',
        '--set VPS1_PI: is not a setting of ee — did you mean VPS1_IP?',
        '--set SSH_PORT: is given twice',
      ].join('\n'),
    );
  });

  it('names what is missing and what to type where nobody can be asked', () => {
    const plan = planInit(validText({ VPS1_IP: undefined, BASE_DOMAIN: undefined }), [], FILE);
    expect(() => assertNothingToAsk(plan)).toThrow('2 settings are missing: VPS1_IP, BASE_DOMAIN.');
    expect(() => assertNothingToAsk(planInit(validText(), [], FILE))).not.toThrow();
  });

  it('suggests the whole command: what was given and what is missing, quoted, but no secret', () => {
    const given = ['MAILWIZZ_SITE_NAME=Holiday mail', 'MAILWIZZ_PURCHASE_CODE=0123-secret-code'];
    const plan = planInit(validText({ VPS1_IP: undefined }), given, FILE);
    expect(() => assertNothingToAsk(plan, 'ee init --env-file lab.env')).toThrow(
      expect.objectContaining({
        message: 'There is no terminal to ask on, and 1 setting is missing: VPS1_IP.',
        hint:
          "Give them: ee init --env-file lab.env --set 'MAILWIZZ_SITE_NAME=Holiday mail' --set VPS1_IP=192.0.2.10\n" +
          'Then write the secrets into the file: MAILWIZZ_PURCHASE_CODE.',
      }),
    );
  });

  it('shows the right form of a --set that was refused', () => {
    expect(() => planInit('', ['VPS1_IP=999.1.1.1'], FILE)).toThrow(
      expect.objectContaining({ hint: 'Write it like --set VPS1_IP=192.0.2.10' }),
    );
  });

  it('judges an answer as it is typed', () => {
    const nothing = { text: '', values: new Map<string, string>() };
    expect(judgeAnswer(question('VPS1_IP'), '', nothing)).toBe('This one is needed.');
    expect(judgeAnswer(question('SSH_KEY'), ' ', nothing)).toBe(true);
    expect(judgeAnswer(question('VPS1_IP'), ' 192.0.2.10 ', nothing)).toBe(true);
    expect(judgeAnswer(question('SSH_PORT'), 'x', nothing)).toContain('It is not a port number');
  });

  it('judges an answer beside the earlier ones and beside the file', () => {
    const values = new Map([
      ['VPS1_IP', '192.0.2.10'],
      ['BASE_DOMAIN', 'example.com'],
      ['SENDING_IPS', '198.51.100.11-198.51.100.15'],
    ]);
    expect(judgeAnswer(question('VPS3_IP'), '192.0.2.10', { text: '', values })).toBe(
      'It repeats VPS1_IP: 192.0.2.10 — each needs its own',
    );
    expect(judgeAnswer(question('PANEL_DOMAIN'), 'mail1.example.com', { text: '', values })).toBe(
      'DOMAIN1 repeats PANEL_DOMAIN: mail1.example.com — each needs its own',
    );
    expect(judgeAnswer(question('PANEL_DOMAIN'), 'panel.example.com', { text: '', values })).toBe(true);
    expect(
      judgeAnswer(question('ENGINE_DOMAIN'), 'panel.example.com', { text: 'PANEL_DOMAIN=panel.example.com\n', values }),
    ).toBe('It repeats PANEL_DOMAIN: panel.example.com — each needs its own');
  });

  it('asks nothing beside a file that is wrong: it names the lines, and for --set the settings alone', () => {
    const none = new Map<string, string>();
    expect(() => assertAgreement('# mine\nVPS1_IP=1\n', none, FILE)).toThrow('line 2: VPS1_IP: is not an IPv4 or IPv6');
    expect(() =>
      assertAgreement(
        '',
        new Map([
          ['VPS1_IP', '192.0.2.1'],
          ['VPS2_IP', '192.0.2.1'],
        ]),
        FILE,
      ),
    ).toThrow(
      'The values do not go together, so nothing was written:\n  VPS2_IP repeats VPS1_IP: 192.0.2.1 — each needs its own',
    );
    expect(() => assertAgreement('VPS1_IP=\n', none, FILE)).not.toThrow();
  });
});
