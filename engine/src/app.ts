import { fastify, type FastifyInstance } from 'fastify';
import { accountingRoutes, type Accounting } from './accounting/routes.js';
import { requireKey } from './auth.js';
import { healthOf, type Component } from './health.js';
import type { SendingIdentity } from './identity.js';
import type { MailwizzState } from './mailwizz.js';
import { createMetrics, observeRequests } from './metrics.js';
import { answerWithProblems, Problem } from './problem.js';

/** What the API stands on. */
export interface Ports {
  readonly version: string;
  readonly adminKey: string;
  readonly accountingKey: string;
  readonly components: readonly Component[];
  readonly identities: { all(): Promise<readonly SendingIdentity[]> };
  readonly accounting: Accounting;
  readonly mailwizz: { state(): Promise<MailwizzState> };
  /** Whether to log to standard output, one JSON object a line. Headers are never logged: the key is one. */
  readonly log: boolean;
}

/** The HTTP API, not yet listening. */
export function createApp(ports: Ports): FastifyInstance {
  const { version, adminKey, accountingKey, components, identities, accounting, mailwizz, log } = ports;
  const app = fastify({ logger: log, bodyLimit: 1_048_576, requestTimeout: 30_000 });
  const health = healthOf(components);
  const registry = createMetrics(version, health, () => mailwizz.state());
  observeRequests(app, registry);
  answerWithProblems(app);
  requireKey(app, { admin: adminKey, accounting: accountingKey });

  app.get('/health', { config: { access: 'public' }, logLevel: 'warn' }, async (_request, reply) => {
    const [{ status, components }, panel] = await Promise.all([health(), mailwizz.state()]);
    return reply
      .code(status === 'ok' ? 200 : 503)
      .header('Cache-Control', 'no-store')
      .send({ status, components, mailwizz: panel, version, uptimeSeconds: Math.floor(process.uptime()) });
  });

  app.get('/metrics', { config: { access: 'local' }, logLevel: 'warn' }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );

  app.get('/v1/identities', async () => {
    try {
      return { identities: await identities.all() };
    } catch (cause) {
      throw new Problem(503, 'database_unavailable', 'The database does not answer. Try again later.', { cause });
    }
  });

  accountingRoutes(app, accounting, registry);

  return app;
}
