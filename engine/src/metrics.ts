import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Health } from './health.js';
import type { MailwizzState } from './mailwizz.js';

/** The metrics of one instance of the API, in a registry of its own. */
export function createMetrics(
  version: string,
  health: () => Promise<Health>,
  mailwizz: () => Promise<MailwizzState>,
): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'ee_build_info',
    help: 'Constant 1, labelled with what runs.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: process.versions.node }, 1);
  new Gauge({
    name: 'ee_component_up',
    help: 'Whether a service that the API leans on works. Absent while it is unknown.',
    labelNames: ['component'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const [component, verdict] of Object.entries((await health()).components)) {
        if (verdict !== 'unknown') this.set({ component }, verdict === 'ok' ? 1 : 0);
      }
    },
  });
  new Gauge({
    name: 'ee_mailwizz_up',
    help: "Whether MailWizz's API takes the key of this one. Absent while it is unknown, and without a key.",
    registers: [registry],
    async collect() {
      const state = await mailwizz();
      this.remove();
      if (state !== 'unknown' && state !== 'no key') this.set(state === 'ok' ? 1 : 0);
    },
  });
  return registry;
}

/** Counts and times every request. The label is the route's pattern, never the address asked for, which anybody can make up. */
export function observeRequests(app: FastifyInstance, registry: Registry): void {
  const requests = new Counter({
    name: 'ee_api_requests_total',
    help: 'Requests answered.',
    labelNames: ['route', 'method', 'code'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'ee_api_request_duration_seconds',
    help: 'Time from a request to its answer.',
    labelNames: ['route', 'method'],
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    const labels = { route: request.routeOptions.url ?? 'none', method: request.method };
    requests.inc({ ...labels, code: reply.statusCode });
    duration.observe(labels, reply.elapsedTime / 1000);
  });
}
