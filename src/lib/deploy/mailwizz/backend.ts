import { EeError } from '../../errors.js';
import { complaintsIn, tokenIn } from '../../mailwizz/page.js';
import type { Fields, WebAnswer } from '../../mailwizz/wizard.js';
import { tell, type Work } from './work.js';

const LOGIN = '/backend/index.php/guest/index';
const DASHBOARD = '/backend/index.php/dashboard/index';
const LICENCE = '/backend/index.php/settings/license';
/** The first visit of the dashboard leads on to itself; more than a few times is a loop. */
const REDIRECTS = 5;

/** Logs in as the administrator and visits the dashboard: its first visit settles the addresses that mails will carry. */
export async function firstVisit(work: Work): Promise<void> {
  const { admin } = work.answers;
  tell(work, 'logging in to the panel as its administrator');
  const answer = await submit(work, LOGIN, [
    ['UserLogin[email]', admin.email],
    ['UserLogin[password]', admin.password],
  ]);
  if (answer.status !== 302) throw refused(work, 'the login of MAILWIZZ_ADMIN_EMAIL', said(answer));
  const page = await follow(work, DASHBOARD);
  if (page.status !== 200 || (tokenIn(page.body) !== undefined && page.body.includes('UserLogin'))) {
    throw refused(work, 'the first visit of the dashboard', said(page));
  }
}

/**
 * Lets the application verify the licence with the operator's purchase code, as its own page does. Gives why it refuses; nothing
 * when it took it. What it does not clearly take counts as refused.
 */
export async function licenceRefusal(work: Work): Promise<string[]> {
  const { marketPlace, purchaseCode } = work.answers;
  tell(work, 'letting the application verify its licence');
  const answer = await submit(work, LICENCE, [
    ['OptionLicense[market_place]', marketPlace],
    ['OptionLicense[displayPurchaseCode]', purchaseCode],
  ]);
  const page = answer.status === 302 ? await follow(work, pathOf(work, answer.location)) : answer;
  const complaints = complaintsIn(page.body);
  if (complaints.length > 0) return complaints;
  const taken = page.status === 200 && (answer.status === 302 || page.body.includes('alert-success'));
  return taken ? [] : said(page);
}

/** Posts a form of the backend with the token of its page. */
async function submit(work: Work, path: string, fields: Fields): Promise<WebAnswer> {
  const page = await work.browser.get(path);
  const token = tokenIn(page.body);
  if (page.status !== 200 || token === undefined) throw refused(work, `the page ${path}`, said(page));
  return work.browser.post(path, [...fields, ['csrf_token', token]]);
}

async function follow(work: Work, path: string): Promise<WebAnswer> {
  let answer = await work.browser.get(path);
  for (let times = 0; answer.status === 302 && times < REDIRECTS; times += 1) {
    answer = await work.browser.get(pathOf(work, answer.location));
  }
  return answer;
}

/** The path of an address on the panel itself; elsewhere nothing is sent. */
function pathOf(work: Work, location: string): string {
  const url = URL.canParse(location) ? new URL(location) : undefined;
  if (url?.origin !== `https://${work.answers.panelDomain}`) {
    throw refused(work, 'a page of the panel', [`it leads to ${location || 'nowhere'}, which is not the panel`]);
  }
  return `${url.pathname}${url.search}`;
}

function said({ status, body }: WebAnswer): string[] {
  const complaints = complaintsIn(body);
  return complaints.length > 0 ? complaints : [`it answers ${status}`];
}

function refused({ host }: Work, what: string, reasons: readonly string[]): EeError {
  return new EeError('MAILWIZZ_PAGE_REFUSED', { what, reasons }, { where: host.name });
}
