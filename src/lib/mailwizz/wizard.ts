import type { Secret } from '../secret.js';
import type { Settings } from '../settings/settings.js';
import { TABLE_PREFIX } from './layout.js';
import { complaintsIn } from './page.js';

/** The fields of a form, in their order. A secret stays one until it is sent. */
export type Fields = readonly (readonly [name: string, value: string | Secret])[];

/** One page of the application's own wizard: what is answered there, and where it leads. */
export interface WizardStep {
  readonly route: string;
  readonly fields: Fields;
  readonly next: string;
}

/** What the wizard must be told; the purchase code is not optional to it. */
export type WizardAnswers = Pick<Settings['mailwizz'], 'database' | 'admin' | 'siteName' | 'marketPlace'> & {
  readonly purchaseCode: Secret;
};

/** Texts that the settings do not choose. */
export const SITE_TAGLINE = 'Email campaigns';
export const SITE_DESCRIPTION = 'Panel of the email engine';
/** The application works in UTC; each user may choose another time zone for what is shown. */
export const TIMEZONE = 'UTC';
/** By its socket: the server listens on nothing else. */
export const DATABASE_HOST = 'localhost';

/**
 * The steps of the wizard, each posted once and in this order: every look at `welcome` wipes the progress, and the session is
 * what the later steps are checked against. The last one leads to a page that only says that it is done.
 */
export function wizardSteps(answers: WizardAnswers): WizardStep[] {
  const { database, admin, siteName, marketPlace, purchaseCode } = answers;
  const next = ['next', '1'] as const;
  return [
    {
      route: 'welcome',
      fields: [
        ['market_place', marketPlace],
        ['purchase_code', purchaseCode],
        ['site_name', siteName],
        ['site_tagline', SITE_TAGLINE],
        ['site_description', SITE_DESCRIPTION],
        ['terms_consent', '1'],
        next,
      ],
      next: 'requirements',
    },
    // What is posted is only what the page showed; the server looks again itself.
    { route: 'requirements', fields: [['result', '1']], next: 'filesystem' },
    { route: 'filesystem', fields: [['result', '1']], next: 'database' },
    {
      route: 'database',
      fields: [
        ['hostname', DATABASE_HOST],
        ['port', ''],
        ['dbname', database.name],
        ['username', database.user],
        ['password', database.password],
        ['prefix', TABLE_PREFIX],
        next,
      ],
      next: 'admin',
    },
    {
      route: 'admin',
      fields: [
        ['first_name', admin.firstName],
        ['last_name', admin.lastName],
        ['email', admin.email],
        ['password', admin.password],
        ['timezone', TIMEZONE],
        ['create_customer', 'no'],
        next,
      ],
      next: 'cron',
    },
    { route: 'cron', fields: [next], next: 'finish' },
  ];
}

/** What a web server gave: where it leads is absolute, or empty. */
export interface WebAnswer {
  readonly status: number;
  readonly location: string;
  readonly body: string;
}

/** Why a step of the wizard did not succeed; empty when it leads on to the next one, which is its only sign of success. */
export function wizardRefusal({ next }: WizardStep, { status, location, body }: WebAnswer): string[] {
  if (status === 302) {
    const to = URL.canParse(location) ? new URL(location).searchParams.get('route') : null;
    return to === next ? [] : [`it leads to ${location || 'nowhere'} instead of the step ${next}`];
  }
  const complaints = complaintsIn(body);
  if (status === 200 && complaints.length > 0) return complaints;
  // The wizard silences PHP's errors: a blank page is one of them.
  return [`it answers ${status}${body.trim() === '' ? ' with a blank page' : ''}; PHP's log on the host tells more`];
}
