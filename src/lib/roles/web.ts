import type { Secret } from '../secret.js';
import { reload } from '../converge/handlers.js';
import type { Resource } from '../converge/resource.js';
import { directory } from '../converge/resources/directory.js';
import { file } from '../converge/resources/file.js';
import { bareWord, render } from './template.js';

/** A certificate with its key, for a web host. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: Secret;
}

export const reloadNginx = reload('nginx', 'nginx -t');
export const CERTIFICATE_FILE = '/etc/ssl/ee/site.crt';
export const KEY_FILE = '/etc/ssl/ee/site.key';
/** What a certificate authority that all systems trust has signed, a client of a site trusts too. */
export const SYSTEM_AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

/** nginx with one site over TLS, and nothing else. */
export function webSite(name: string, content: string, tls: TlsFiles): Resource[] {
  const conf = (path: string, text: string) => file({ path, content: text, mode: '0644', notifies: [reloadNginx] });
  return [
    directory('/etc/ssl/ee', '0700'),
    file({ path: CERTIFICATE_FILE, content: tls.certificate, mode: '0644', notifies: [reloadNginx] }),
    file({ path: KEY_FILE, content: tls.key.reveal(), mode: '0600', sensitive: true, notifies: [reloadNginx] }),
    directory('/var/www/acme', '0755'),
    // The whole file: Debian's includes its default site, and sets part of what TLS needs.
    conf('/etc/nginx/nginx.conf', render('nginx/nginx.conf', {}, bareWord)),
    conf(`/etc/nginx/conf.d/${name}.conf`, content),
  ];
}
