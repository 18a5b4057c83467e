import { waitUntil } from '../converge/ready.js';
import type { Resource, Stage } from '../converge/resource.js';
import { directory } from '../converge/resources/directory.js';
import { file } from '../converge/resources/file.js';
import { service } from '../converge/resources/service.js';
import { STEP, type Trial } from '../converge/trial.js';
import { EeError } from '../errors.js';
import type { Settings } from '../settings/settings.js';
import { quote } from '../ssh/shell-quote.js';
import {
  certificateProbe,
  fits,
  HSTS_FILE,
  isLate,
  liveFolder,
  readCertificate,
  RENEWAL_PROOF,
  renewalFile,
  SERVED,
  type CertificateSeen,
  type CertificateWanted,
} from './lineage.js';
import { bareWord, render } from './template.js';
import { ACME_FOLDER, pointServedTo, reloadNginx } from './web.js';

/** What is wanted for the name of a web host. */
export interface HttpsWanted extends CertificateWanted {
  /** Where the authority writes to. */
  readonly email: string;
  /** DNS leads to this host, so that the authority may be asked. What it gave before is used in any case. */
  readonly certifiable: boolean;
}

export const HTTPS_PACKAGES: readonly string[] = ['certbot'];
export const RENEWAL_TIMER = 'certbot.timer';
export const RENEWAL_HOOK = '/etc/letsencrypt/renewal-hooks/deploy/ee-nginx';

export function httpsWanted({ tls }: Settings, domain: string, certifiable: boolean): HttpsWanted {
  return { domain, directoryUrl: tls.acmeDirectoryUrl, email: tls.acmeEmail, certifiable };
}

/**
 * A certificate of the authority in the settings, shown by nginx, renewed by certbot's timer, and its renewal tried out. Each step
 * is found as it was left by a run that was cut. The last stage of a role: an authority that refuses leaves all else done.
 */
export function https(wanted: HttpsWanted): Stage {
  return {
    name: 'HTTPS',
    resources: [
      directory('/etc/letsencrypt/renewal-hooks/deploy', '0755'),
      file({ path: RENEWAL_HOOK, content: render('certbot/reload-nginx', {}, bareWord), mode: '0755' }),
      service(RENEWAL_TIMER),
      certificate(wanted),
      shown(wanted),
      renewal(wanted),
    ],
  };
}

/** Whether the authority is to be asked for a certificate. */
const isDue = (seen: CertificateSeen, wanted: HttpsWanted): boolean =>
  wanted.certifiable && (!fits(seen, wanted) || isLate(seen));

/** Whether there will be a certificate to go on with once `certificate` is done. */
const willFit = (seen: CertificateSeen, wanted: HttpsWanted): boolean => fits(seen, wanted) || wanted.certifiable;

/** Asks the authority, once: where it refuses, the stage ends, and the next run may ask again. */
function certificate(wanted: HttpsWanted): Resource {
  const { domain, directoryUrl } = wanted;
  const { host } = new URL(directoryUrl);
  return {
    id: `certificate:${domain}`,
    probe: certificateProbe(domain),
    diff(output) {
      const seen = readCertificate(output);
      if (!isDue(seen, wanted)) return undefined;
      return {
        action: seen.lineage ? 'update' : 'create',
        summary: `ask ${host} for a certificate for ${domain}`,
        script: askScript(wanted),
        trial: told((output) => new EeError('CERTIFICATE_REFUSED', { domain, authority: host, output })),
      };
    },
    notifies: [reloadNginx],
  };
}

function askScript({ domain, directoryUrl, email }: HttpsWanted): string {
  const [live, conf] = [quote(liveFolder(domain)), quote(renewalFile(domain))];
  return [
    `echo '${STEP}asking for a certificate'`,
    `rm -f ${RENEWAL_PROOF}`,
    // What a certbot that was killed left half made; another one would take it for a certificate of that name.
    `if ! { grep -q '^server *=' ${conf} && openssl x509 -in ${live}/fullchain.pem -noout; } >/dev/null 2>&1; then`,
    `  for part in ${live} ${quote(`/etc/letsencrypt/archive/${domain}`)} ${conf}; do ee_keep "$part" tree; rm -rf "$part"; done`,
    'fi',
    [
      `certbot certonly --non-interactive --agree-tos --no-eff-email --email ${quote(email)}`,
      `--server ${quote(directoryUrl)} --cert-name ${quote(domain)} -d ${quote(domain)}`,
      `--webroot -w ${ACME_FOLDER} --key-type ecdsa --force-renewal --renew-with-new-domains`,
    ].join(' '),
  ].join('\n');
}

/** Has nginx show it, and has browsers insist on HTTPS (RFC 6797) once a client that trusts what this host trusts was served. */
function shown(wanted: HttpsWanted): Resource {
  const { domain } = wanted;
  return {
    id: `https:${domain}`,
    probe: certificateProbe(domain),
    diff(output) {
      const seen = readCertificate(output);
      if (!willFit(seen, wanted)) return undefined;
      const isShown = fits(seen, wanted) && seen.served === liveFolder(domain);
      if (isShown && seen.insists === seen.lineage?.isTrusted) return undefined;
      return { action: 'update', summary: `show the certificate at https://${domain}`, script: showScript(domain) };
    },
    notifies: [reloadNginx],
  };
}

function showScript(domain: string): string {
  const live = quote(liveFolder(domain));
  const print = `openssl x509 -noout -fingerprint -sha256`;
  const connect = `openssl s_client -connect 127.0.0.1:443 -servername ${quote(domain)} </dev/null 2>/dev/null`;
  return [
    `former=$(readlink ${SERVED})`,
    pointServedTo(liveFolder(domain)),
    `nginx -t || { ln -sfn "$former" ${SERVED}; exit 1; }`,
    'systemctl reload-or-restart nginx',
    waitUntil(`[ "$(${connect} | ${print})" = "$(${print} -in ${live}/cert.pem)" ]`),
    `if openssl verify -untrusted ${live}/chain.pem -verify_hostname ${quote(domain)} ${live}/cert.pem; then`,
    `  curl -q -sS --noproxy '*' --max-time 20 -o /dev/null --resolve ${quote(`${domain}:443:127.0.0.1`)} ${quote(`https://${domain}/`)}`,
    `  cat > ${HSTS_FILE}.ee-new <<'EE_HSTS'`,
    render('nginx/hsts.conf', {}, bareWord).trimEnd(),
    'EE_HSTS',
    `  mv -fT ${HSTS_FILE}.ee-new ${HSTS_FILE}`,
    'else',
    `  rm -f ${HSTS_FILE}`,
    'fi',
  ].join('\n');
}

/** Goes through a renewal without changing anything: the authority asks the host as it will in two months. */
function renewal(wanted: HttpsWanted): Resource {
  const { domain, directoryUrl, certifiable } = wanted;
  const proof = `${directoryUrl} ${domain}`;
  return {
    id: `renewal:${domain}`,
    probe: certificateProbe(domain),
    diff(output) {
      const seen = readCertificate(output);
      // An authority that DNS leads away from would be asked in vain.
      if (!certifiable || (seen.renewalProof === proof && !isDue(seen, wanted))) return undefined;
      return {
        action: 'run',
        summary: `try out the renewal of the certificate for ${domain}`,
        script: [
          `echo '${STEP}trying out the renewal'`,
          `certbot renew --dry-run --non-interactive --no-random-sleep-on-renew --cert-name ${quote(domain)} --server ${quote(directoryUrl)}`,
          RENEWAL_HOOK,
          `mkdir -p -m 0700 ${RENEWAL_PROOF.slice(0, RENEWAL_PROOF.lastIndexOf('/'))}`,
          `printf '%s\\n' ${quote(proof)} > ${RENEWAL_PROOF}`,
        ].join('\n'),
        trial: told((output) => new EeError('RENEWAL_FAILS', { domain, output })),
      };
    },
  };
}

/** A change whose failure is told in certbot's own words. */
function told(failure: (output: string) => EeError): Trial {
  return {
    judge: () => [],
    keep: ':',
    takeBack: ':',
    failure: (_code, output) => failure(certbotWords(output)),
    doubted: (reasons) => failure(reasons.join('\n')),
  };
}

/** Without what certbot says every time. */
export function certbotWords(output: string): string {
  const always = /^(Saving debug log|Ask for help or search|- - -|Account registered\.|step: |\s*$)/;
  return output
    .split('\n')
    .filter((line) => !always.test(line))
    .slice(-15)
    .join('\n');
}
