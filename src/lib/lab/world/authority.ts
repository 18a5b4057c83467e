import type { WorldAddresses } from './addresses.js';
import type { Files } from './name-service.js';

/** The certificate authority of the lab (Pebble, a test authority for ACME), by its name in the lab's domain. */
export const AUTHORITY = 'acme';
const PORT = 14000;

/** Where it is asked, as ACME_DIRECTORY_URL takes it. */
export const directoryUrl = (domain: string): string => `https://${AUTHORITY}.${domain}:${PORT}/dir`;

/** Its folder on the world: the certificate of its own web server, which stays, and its root, which is a new one after each start. */
const FOLDER = 'var/lib/world/acme';
/** Both, below the root of the host: whoever trusts the authority trusts these. */
export const AUTHORITY_CERTIFICATES = { server: `${FOLDER}/server.crt`, root: `${FOLDER}/root.crt` } as const;

/** Its configuration. It validates over the ports that the world outside uses, and asks a resolver of the lab. */
export function authorityFiles({ authority, resolvers }: WorldAddresses): Files {
  const pebble = {
    listenAddress: `${authority}:${PORT}`,
    managementListenAddress: '127.0.0.1:15000',
    certificate: `/${AUTHORITY_CERTIFICATES.server}`,
    privateKey: `/${FOLDER}/server.key`,
    httpPort: 80,
    tlsPort: 443,
    // 90 days, as authorities outside give.
    certificateValidityPeriod: 7_776_000,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
  };
  return {
    'etc/world/acme.json': `${JSON.stringify({ pebble }, null, 2)}\n`,
    'etc/world/acme.env': `RESOLVER=${resolvers.resolver1}:53\n`,
  };
}
