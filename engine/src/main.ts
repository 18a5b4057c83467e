import { createApp } from './app.js';
import { Cache } from './cache.js';
import { loadConfig, type Config } from './config.js';
import { ConfigError } from './config-error.js';
import { Database } from './database.js';
import { Mailwizz } from './mailwizz.js';
import { VERSION } from './version.js';

/** Milliseconds that PostgreSQL has to come up after a boot, and that requests have to end at a stop. */
const START_PATIENCE = 30_000;
const STOP_PATIENCE = 10_000;

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const database = new Database(config.postgres, (error) => app.log.warn({ err: error }, 'postgres connection lost'));
  const cache = new Cache(config.redis, (error) => app.log.warn({ err: error }, 'redis connection failed'));
  const app = createApp({
    version: VERSION,
    adminKey: config.adminKey,
    accountingKey: config.accountingKey,
    components: [database, cache],
    identities: database,
    accounting: database.accounting,
    mailwizz: new Mailwizz(config.mailwizz),
    log: true,
  });
  app.addHook('onClose', async () => {
    cache.close();
    await database.close();
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      app.log.info({ signal }, 'stopping');
      setTimeout(() => process.exit(1), STOP_PATIENCE).unref();
      void app.close();
    });
  }

  cache.start();
  await waitFor(() => database.check(), START_PATIENCE);
  const ran = await database.migrate();
  await database.syncIdentities(config.identities);
  if (config.mailwizz.key === undefined) app.log.warn('no key of MailWizz: the panel cannot be reached');
  app.log.info({ migrations: ran, identities: config.identities.length }, 'database is up to date');
  await listen(app, config);
}

/** On loopback only: the web server in front of it has the certificate and the public address. */
async function listen(app: ReturnType<typeof createApp>, { port }: Config): Promise<void> {
  await app.listen({ host: '127.0.0.1', port });
}

async function waitFor(attempt: () => Promise<void>, patience: number): Promise<void> {
  const end = Date.now() + patience;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

main().catch((error: unknown) => {
  const text = error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`email-engine cannot start. ${text}\n`);
  process.exit(1);
});
