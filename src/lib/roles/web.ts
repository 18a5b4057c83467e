import type { Secret } from '../secret.js';
import { reload } from '../converge/handlers.js';
import type { Resource } from '../converge/resource.js';
import { directory } from '../converge/resources/directory.js';
import { file } from '../converge/resources/file.js';
import { quote } from '../ssh/shell-quote.js';
import {
  certificateProbe,
  fits,
  HSTS_FILE,
  HTTPS_FOLDER,
  liveFolder,
  readCertificate,
  SERVED,
  type CertificateWanted,
} from './lineage.js';
import { bareWord, render } from './template.js';

/** A certificate with its key, for a web host. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: Secret;
}

export const reloadNginx = reload('nginx', 'nginx -t');
/** What a certificate authority that all systems trust has signed, a client of a site trusts too. */
export const SYSTEM_AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

const FOLDER = '/etc/ssl/ee';
/** The certificate that the host shows until an authority has given it one: nobody signed it but its own key. */
const OWN_FOLDER = `${FOLDER}/own`;
export const OWN_CERTIFICATE_FILE = `${OWN_FOLDER}/fullchain.pem`;
export const CERTIFICATE_FILE = `${SERVED}/fullchain.pem`;
export const KEY_FILE = `${SERVED}/privkey.pem`;
/** Where answers to an authority lie; port 80 gives them to everybody, whatever else is closed. */
export const ACME_FOLDER = '/var/www/acme';

/** nginx with one site over TLS, and nothing else. */
export function webSite(name: string, content: string, tls: TlsFiles, wanted: CertificateWanted): Resource[] {
  const conf = (path: string, text: string) => file({ path, content: text, mode: '0644', notifies: [reloadNginx] });
  return [
    directory(FOLDER, '0700'),
    directory(OWN_FOLDER, '0700'),
    file({ path: OWN_CERTIFICATE_FILE, content: tls.certificate, mode: '0644', notifies: [reloadNginx] }),
    file({
      path: `${OWN_FOLDER}/privkey.pem`,
      content: tls.key.reveal(),
      mode: '0600',
      sensitive: true,
      notifies: [reloadNginx],
    }),
    ownWhereNoneFits(wanted),
    directory(HTTPS_FOLDER, '0755'),
    directory(ACME_FOLDER, '0755'),
    // The whole file: Debian's includes its default site, and sets part of what TLS needs.
    conf('/etc/nginx/nginx.conf', render('nginx/nginx.conf', {}, bareWord)),
    conf(`/etc/nginx/conf.d/${name}.conf`, content),
  ];
}

/** Shows the host's own certificate where there is nothing better: at first, and after the name or the authority was changed. */
function ownWhereNoneFits(wanted: CertificateWanted): Resource {
  return {
    id: `link:${SERVED}`,
    probe: certificateProbe(wanted.domain),
    diff(output) {
      const seen = readCertificate(output);
      const isRight = seen.served === OWN_FOLDER || (seen.served === liveFolder(wanted.domain) && fits(seen, wanted));
      if (isRight) return undefined;
      return {
        action: seen.served === '' ? 'create' : 'update',
        summary: `point ${SERVED} to ${OWN_FOLDER}`,
        script: `rm -f ${HSTS_FILE}\n${pointServedTo(OWN_FOLDER)}`,
      };
    },
    notifies: [reloadNginx],
  };
}

/** Shell that has nginx show the certificate in a folder after its next reload. */
export const pointServedTo = (folder: string): string =>
  `ln -sfn ${quote(folder)} ${SERVED}.ee-new\nmv -fT ${SERVED}.ee-new ${SERVED}`;
