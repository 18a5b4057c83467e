import { EeError } from '../../errors.js';
import { configurationFrom, wantedConnection } from '../../mailwizz/configuration.js';
import { installStatements } from '../../mailwizz/install-sql.js';
import { CONFIG_FILE, CONFIG_TEMPLATE, SQL_FILES, TABLE_PREFIX } from '../../mailwizz/layout.js';
import { SITE_DESCRIPTION, SITE_TAGLINE, TIMEZONE } from '../../mailwizz/wizard.js';
import { WEB_ROOT, WEB_USER } from '../../roles/mailwizz.js';
import { placeConfiguration } from '../../roles/panel-configuration.js';
import { phpCommand } from '../../roles/panel-php.js';
import { quote } from '../../ssh/shell-quote.js';
import { succeed } from './succeed.js';
import { make, type Work } from './work.js';

/**
 * Installs without the wizard: the application's own tables, configuration template and hasher. Whether the licence is good the
 * application itself finds out afterwards.
 */
export async function installDirectly(work: Work): Promise<void> {
  await importTables(work);
  await writeConfiguration(work);
  await addAdministrator(work);
}

async function importTables(work: Work): Promise<void> {
  const { host, php, version, answers, signal } = work;
  const { database, siteName, marketPlace, purchaseCode } = answers;
  const files = SQL_FILES.map((file) => `cat ${quote(`${WEB_ROOT}/${file}`)}; echo`).join('\n');
  const output = await succeed(host, `{ set -e\n${files}\n} | base64`, "reading the application's SQL files", signal);
  // Latin-1 keeps every byte as it is, whatever the encoding of the texts.
  const statements = installStatements(Buffer.from(output, 'base64').toString('latin1'), TABLE_PREFIX);
  if (statements.length === 0) {
    throw new EeError(
      'MAILWIZZ_NOT_READY',
      { reason: `the application has no SQL files (${SQL_FILES.join(', ')})` },
      { where: host.name },
    );
  }
  const { dsn, user, prefix } = wantedConnection(database);
  await make(work, 'mailwizz:tables', {
    action: 'create',
    summary: `make the tables in ${database.name} from the application's own SQL files`,
    script: phpCommand(php, WEB_USER, 'import', {
      dsn,
      user,
      password: database.password.reveal(),
      prefix,
      statements: Buffer.from(statements.join('\0'), 'latin1').toString('base64'),
      options: {
        // Without it the application takes its database for one of version 2.0.0, and goes offline.
        'system.common.version': version,
        'system.common.site_name': siteName,
        'system.common.site_tagline': SITE_TAGLINE,
        'system.common.site_description': SITE_DESCRIPTION,
        'system.license.market_place': marketPlace,
        'system.license.purchase_code': purchaseCode.reveal(),
      },
    }),
  });
}

async function writeConfiguration(work: Work): Promise<void> {
  const { host, answers, signal } = work;
  const path = `${WEB_ROOT}/${CONFIG_TEMPLATE}`;
  const template = await succeed(host, `cat ${quote(path)}`, 'reading the template of the configuration', signal);
  const content = configurationFrom(template, answers.database);
  if (content === undefined) {
    throw new EeError(
      'MAILWIZZ_NOT_READY',
      { reason: `${path} is not the template that MailWizz 2.2 has` },
      { where: host.name },
    );
  }
  await make(work, 'mailwizz:configuration', {
    action: 'create',
    summary: `write ${CONFIG_FILE} from the application's own template`,
    script: placeConfiguration(`printf '%s' ${quote(Buffer.from(content).toString('base64'))} | base64 -d`),
  });
}

async function addAdministrator(work: Work): Promise<void> {
  const { admin } = work.answers;
  await make(work, 'mailwizz:administrator', {
    action: 'create',
    summary: `add the administrator ${admin.email}`,
    script: phpCommand(work.php, WEB_USER, 'administrator', {
      root: WEB_ROOT,
      email: admin.email,
      password: admin.password.reveal(),
      firstName: admin.firstName,
      lastName: admin.lastName,
      timezone: TIMEZONE,
    }),
  });
}
