import { describe, expect, it } from 'vitest';
import { assertNothingToAsk, judgeAnswer, planInit } from '../../../src/lib/settings/init.js';
import { CATALOGUE } from '../../../src/lib/settings/catalogue.js';
import { validText } from './a-valid-file.js';

const FILE = '/srv/.env.production';
const SECRETS = [
  'PMTA_SMTP_PASSWORD',
  'MAILWIZZ_DB_PASSWORD',
  'MAILWIZZ_ADMIN_PASSWORD',
  'ENGINE_ADMIN_KEY',
  'POSTGRES_PASSWORD',
  'REDIS_PASSWORD',
  'GRAFANA_ADMIN_PASSWORD',
];

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

  it('judges an answer as it is typed', () => {
    expect(judgeAnswer(CATALOGUE.VPS1_IP, '', true)).toBe('This one is needed.');
    expect(judgeAnswer(CATALOGUE.SSH_KEY, ' ', false)).toBe(true);
    expect(judgeAnswer(CATALOGUE.VPS1_IP, ' 192.0.2.10 ', true)).toBe(true);
    expect(judgeAnswer(CATALOGUE.SSH_PORT, 'x', false)).toContain('It is not a port number');
  });
});
