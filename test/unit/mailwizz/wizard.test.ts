import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/lib/secret.js';
import { wizardRefusal, wizardSteps, type WizardStep } from '../../../src/lib/mailwizz/wizard.js';

const answers = {
  database: { name: 'mailwizz_v2', user: 'mailwizz', password: new Secret('db-password-1234') },
  admin: { email: 'a@example.com', password: new Secret('admin-password-1'), firstName: 'Ada', lastName: 'Byron' },
  siteName: 'Panel',
  marketPlace: 'envato',
  purchaseCode: new Secret('code-1'),
} as const;
const steps = wizardSteps(answers);
const [welcome] = steps as [WizardStep];
const page = (status: number, body: string, location = '') => ({ status, location, body });

describe('the wizard of MailWizz', () => {
  it('is answered in its order, each step leading to the next, and welcome once', () => {
    expect(steps.map(({ route, next }) => `${route} → ${next}`)).toEqual([
      'welcome → requirements',
      'requirements → filesystem',
      'filesystem → database',
      'database → admin',
      'admin → cron',
      'cron → finish',
    ]);
  });

  it('is told every field that it asks for', () => {
    expect(steps.map(({ fields }) => fields.map(([name]) => name).join(' '))).toEqual([
      'market_place purchase_code site_name site_tagline site_description terms_consent next',
      'result',
      'result',
      'hostname port dbname username password prefix next',
      'first_name last_name email password timezone create_customer next',
      'next',
    ]);
  });

  it('[R41] keeps secrets as what they are until they are sent', () => {
    expect(JSON.stringify(steps)).not.toMatch(/db-password|admin-password|code-1/);
  });

  it('has succeeded only where it leads to the next step', () => {
    const at = (route: string) => `https://panel.example.com/install/index.php?route=${route}`;
    expect(wizardRefusal(welcome, page(302, '', at('requirements')))).toEqual([]);
    expect(wizardRefusal(welcome, page(302, '', at('welcome')))).toEqual([
      `it leads to ${at('welcome')} instead of the step requirements`,
    ]);
    expect(wizardRefusal(welcome, page(302, '', 'https://panel.example.com/'))).toHaveLength(1);
    expect(wizardRefusal(welcome, page(302, ''))).toEqual(['it leads to nowhere instead of the step requirements']);
  });

  it('says why it does not go on', () => {
    const refused = page(200, '<div class="errorMessage">This purchase code is not valid.</div>');
    expect(wizardRefusal(welcome, refused)).toEqual(['This purchase code is not valid.']);
    expect(wizardRefusal(welcome, page(200, '<h1>Welcome</h1>'))).toEqual([
      "it answers 200; PHP's log on the host tells more",
    ]);
    expect(wizardRefusal(welcome, page(500, ''))).toEqual([
      "it answers 500 with a blank page; PHP's log on the host tells more",
    ]);
  });
});
