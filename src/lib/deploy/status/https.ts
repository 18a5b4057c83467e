import { RENEWAL_HOOK, RENEWAL_TIMER } from '../../roles/https.js';
import {
  certificateProbe,
  fits,
  isLate,
  liveFolder,
  readCertificate,
  RENEWED_BEFORE_DAYS,
  type CertificateSeen,
} from '../../roles/lineage.js';
import type { HostName, Settings } from '../../settings/settings.js';
import { quote } from '../../ssh/shell-quote.js';
import type { Answers, Proof } from './proof.js';

/** A host that answers over HTTPS, and its name. */
export interface HttpsHost {
  readonly host: HostName;
  readonly domain: string;
}

/** Shell that asks a web host which certificate it shows, and what becomes of it: lines `name<TAB>value`. */
export function httpsQuestions({ domain }: HttpsHost): string {
  return [
    `openssl s_client -connect 127.0.0.1:443 -servername ${quote(domain)} </dev/null 2>/dev/null | openssl x509 -noout -enddate -subject -issuer -nameopt multiline 2>/dev/null | sed -n 's/^notAfter=/shown:end\\t/p; /^issuer/,$s/^ *commonName *= */shown:issuer\\t/p'`,
    `(\n${certificateProbe(domain)}\n) 2>/dev/null | sed 's/^/certificate\\t/'`,
    `printf 'timer\\t%s\\n' "$(systemctl is-active ${RENEWAL_TIMER} 2>/dev/null)"`,
    `printf 'renewed\\t%s\\n' "$(systemctl show -P LastTriggerUSec ${RENEWAL_TIMER} 2>/dev/null)"`,
    `printf 'renewal\\t%s\\n' "$(systemctl show -P Result certbot.service 2>/dev/null)"`,
    `[ ! -x ${RENEWAL_HOOK} ] || printf 'hook\\tyes\\n'`,
  ].join('\n');
}

/** What the name is certified by, and, where that is an authority's doing, whether it will go on. */
export function httpsProofs(answers: Answers, { tls }: Settings, { host, domain }: HttpsHost): Proof[] {
  const seen = readCertificate(Buffer.from(answers.all('certificate').join('\n')));
  const shown = certificateProof(answers, seen, `once DNS leads ${domain} here, \`ee deploy ${host}\` asks for one`);
  if (!fits(seen, { domain, directoryUrl: tls.acmeDirectoryUrl })) return [shown];
  return [
    seen.served === liveFolder(domain)
      ? shown
      : { ...shown, seen: `${shown.seen}; that of the authority is not shown: \`ee deploy ${host}\``, ok: false },
    renewalProof(answers, seen, host),
  ];
}

function certificateProof(answers: Answers, { served, lineage, now }: CertificateSeen, next: string): Proof {
  const what = 'certificate';
  const end = new Date(answers.one('shown:end'));
  if (Number.isNaN(end.getTime())) return { what, seen: 'none is shown', ok: false };
  const days = Math.floor((end.getTime() - now.getTime()) / 86_400_000);
  const ends = `${days < 0 ? 'ended' : 'ends'} on ${end.toISOString().slice(0, 10)}`;
  if (!served.startsWith('/etc/letsencrypt/'))
    return { what, seen: `self-signed, a browser warns; ${ends}; ${next}`, ok: days >= RENEWED_BEFORE_DAYS };
  const doubt = lineage?.isTrusted ? '' : ', which this system does not trust, so that a browser warns';
  const isCurrent = days >= 0 && !isLate({ lineage, now });
  return { what, seen: `of ${answers.one('shown:issuer')}${doubt}; ${ends}`, ok: isCurrent };
}

function renewalProof(answers: Answers, { renewalProof: proof }: CertificateSeen, host: HostName): Proof {
  const wrong = [
    ...(proof === '' ? [`it was not tried out: \`ee deploy ${host}\``] : []),
    ...(answers.one('timer') === 'active' ? [] : [`${RENEWAL_TIMER} does not run: \`ee deploy ${host}\``]),
    ...(answers.one('renewal') === 'success' ? [] : ['the last one failed: `journalctl -u certbot` on the host']),
    ...(answers.one('hook') === 'yes' ? [] : [`nginx is not told of it: \`ee deploy ${host}\``]),
  ];
  const last = answers.one('renewed');
  const ran = last === '' ? 'has not run yet' : `last ran ${last}`;
  return {
    what: 'renewal',
    seen: wrong.length > 0 ? wrong.join('; ') : `was tried out; ${RENEWAL_TIMER} ${ran}`,
    ok: wrong.length === 0,
  };
}
