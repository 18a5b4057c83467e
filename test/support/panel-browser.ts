import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { packageRoot } from '../../src/lib/package-root.js';
import type { TestLab } from './lab.js';

/** Debian's, which bin/test-packages.js installs. */
const CHROMIUM = '/usr/bin/chromium-headless-shell';
const PANEL = 'panel.lab.example';

/** What an administrator's browser showed: the text of the page after each login, and where the picture of the last one is. */
export interface Logins {
  readonly pages: readonly { readonly path: string; readonly text: string }[];
  readonly picture: string;
}

/** Logs in to the panel of a lab with each of these passwords in turn, as a person does, and keeps a picture of the last page. */
export async function logIn(lab: TestLab, passwords: readonly string[], picture: string): Promise<Logins> {
  const folder = join(packageRoot(), 'test-results');
  mkdirSync(folder, { recursive: true });
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [`--host-resolver-rules=MAP ${PANEL} ${lab.setting('VPS1_IP')}`],
  });
  try {
    // The lab's own certificate is no authority's.
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
    const pages = [];
    for (const password of passwords) pages.push(await afterLogin(page, lab.setting('MAILWIZZ_ADMIN_EMAIL'), password));
    const path = join(folder, picture);
    await page.screenshot({ path });
    return { pages, picture: path };
  } finally {
    await browser.close();
  }
}

async function afterLogin(page: Page, email: string, password: string): Promise<Logins['pages'][number]> {
  await page.goto(`https://${PANEL}/backend/`);
  await page.fill('input[name="UserLogin[email]"]', email);
  await page.fill('input[name="UserLogin[password]"]', password);
  await Promise.all([page.waitForNavigation(), page.press('input[name="UserLogin[password]"]', 'Enter')]);
  return { path: new URL(page.url()).pathname, text: await page.innerText('body') };
}
