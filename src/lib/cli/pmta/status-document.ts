import { hintOf } from '../../deploy/pmta-status/judge.js';
import { hasErrors, type PmtaStatus } from '../../deploy/pmta-status/pmta-status.js';

/** How PowerMTA is, as scripts read it. What PowerMTA did not tell is null. */
export function statusDocument(status: PmtaStatus): Record<string, unknown> {
  const { host, address, time, report, problems } = status;
  const { server, queues, counts } = report;
  return {
    host,
    address,
    time,
    healthy: !hasErrors(status),
    state: report.state,
    problems,
    product: { name: server.product, version: server.version },
    licence: report.licence,
    uptimeSeconds: server.uptimeSeconds,
    services: report.services,
    spool: server.spool,
    traffic: server.traffic,
    connections: server.connections,
    queued: server.queued,
    virtualMtas: report.virtualMtas,
    missingVirtualMtas: report.missing,
    disabledSources: report.disabledSources,
    queues: queues && {
      ...counts,
      shown: queues.map((queue) => ({ ...queue, hint: hintOf(queue) })),
    },
  };
}
