import { DomOutput } from './dom-output.js';
import { count, isRefusal, type Said, truth, words } from './said.js';

export interface Traffic {
  readonly recipients: number | null;
  readonly messages: number | null;
  readonly kilobytes: number | null;
}

export interface InAndOut<T> {
  readonly in: T;
  readonly out: T;
}

export interface Connections {
  readonly now: number | null;
  readonly max: number | null;
}

/** What `pmta --dom show status` tells. Null is what it did not tell. */
export interface Server {
  readonly product: string | null;
  readonly version: string | null;
  /** `running`, as PowerMTA names it. */
  readonly status: string | null;
  readonly shuttingDown: boolean | null;
  readonly uptimeSeconds: number | null;
  readonly spool: { readonly initialisedPercent: number | null; readonly files: number | null };
  readonly traffic: { readonly lastHour: InAndOut<Traffic>; readonly total: InAndOut<Traffic> };
  readonly connections: InAndOut<Connections>;
  readonly queued: {
    readonly recipients: number | null;
    readonly domains: number | null;
    readonly kilobytes: number | null;
  };
}

/** The state of the server. Everything is unknown when it did not answer. */
export function serverOf(said: Said): Server {
  const output = new DomOutput(isRefusal(said) && !said.text.includes('status.status=') ? '' : said.text);
  const number = (key: string) => count(output.get(`status.${key}`));
  const traffic = (key: string): Traffic => ({
    recipients: number(`traffic.${key}.rcp`),
    messages: number(`traffic.${key}.msg`),
    kilobytes: number(`traffic.${key}.kb`),
  });
  const connections = (key: string): Connections => ({
    now: number(`conn.${key}.cur`),
    max: number(`conn.${key}.max`),
  });
  return {
    product: words(output.get('mta.product.name')),
    version: words(output.get('mta.product.version')),
    status: words(output.get('status.status')),
    shuttingDown: truth(output.get('status.shuttingDown')),
    uptimeSeconds: number('upTimeInSecs') ?? number('uptimeInSecs') ?? number('uptime'),
    spool: { initialisedPercent: number('spool.initPct'), files: number('spool.files.total') },
    traffic: {
      lastHour: { in: traffic('lastHr.in'), out: traffic('lastHr.out') },
      total: { in: traffic('total.in'), out: traffic('total.out') },
    },
    connections: { in: connections('smtpIn'), out: connections('smtpOut') },
    queued: {
      recipients: number('queue.smtp.rcp'),
      domains: number('queue.smtp.dom'),
      kilobytes: number('queue.smtp.kb'),
    },
  };
}
