import type { Document } from '../document.js';
import { survey } from '../survey.js';

/** Directives that a reload does not take up, and what to restart for them. */
const RESTARTS: Readonly<Record<string, string>> = {
  'run-as-root': 'pmta',
  'http-mgmt-port': 'pmtahttp',
  'http-server-tls-certificate': 'pmtahttp',
};

/** Sentences on what a reload alone does not bring into force. */
export function restartsNeeded(before: Document, after: Document): string[] {
  const [old, fresh] = [survey(before), survey(after)];
  return Object.entries(RESTARTS)
    .filter(([keyword]) => valuesOf(old, keyword) !== valuesOf(fresh, keyword))
    .map(
      ([keyword, service]) => `${keyword} changed: it is in force after \`systemctl restart ${service}\` on the host.`,
    );
}

const valuesOf = (found: ReturnType<typeof survey>, keyword: string): string =>
  found
    .all(keyword)
    .map(({ directive }) => directive.value.text)
    .join('\n');
