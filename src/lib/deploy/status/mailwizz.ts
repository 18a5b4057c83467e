import { EeError } from '../../errors.js';
import { CRON_ENTRIES } from '../../mailwizz/cron.js';
import { INSTALLED_MARK } from '../../mailwizz/layout.js';
import { cutWork } from '../../mailwizz/state.js';
import { parseUnderWay } from '../../mailwizz/under-way.js';
import { PING_PATH, WEB_ROOT, WEB_USER } from '../../roles/mailwizz.js';
import { MARIADB, NGINX } from '../../roles/services.js';
import type { Settings } from '../../settings/settings.js';
import { quote } from '../../ssh/shell-quote.js';
import { UNDER_WAY } from '../mailwizz/panel/under-way.js';
import { type HttpsHost, httpsProofs, httpsQuestions } from './https.js';
import { type Answers, FIREWALL_QUESTION, firewallProof, type Proof, unitProof, unitQuestions } from './proof.js';

const panelOf = ({ mailwizz }: Settings): HttpsHost => ({ host: 'vps1', domain: mailwizz.panelDomain });

/** Questions to VPS1. The panel is asked by its own name over TLS, on the host itself. */
export function mailwizzQuestions(settings: Settings): string {
  const { panelDomain, database } = settings.mailwizz;
  const url = (path: string) => quote(`https://${panelDomain}${path}`);
  const curl = `curl -sk --max-time 10 --resolve ${quote(`${panelDomain}:443:127.0.0.1`)}`;
  return [
    unitQuestions([NGINX, MARIADB, 'php*-fpm.service', 'cron']),
    FIREWALL_QUESTION,
    httpsQuestions(panelOf(settings)),
    `[ ! -f ${UNDER_WAY} ] || sed 's/^/under-way\\t/' ${UNDER_WAY}`,
    `[ -f ${WEB_ROOT}/${INSTALLED_MARK} ] && printf 'installed\\tyes\\n'`,
    `printf 'panel\\t%s\\n' "$(${curl} -o /dev/null -w '%{http_code}' ${url('/')})"`,
    `printf 'ping\\t%s\\n' "$(${curl} ${url(PING_PATH)})"`,
    `printf 'code\\t%s\\n' "$(${curl} -o /dev/null -w '%{http_code}' ${url('/apps/init.php')})"`,
    `printf 'tables\\t%s\\n' "$(mariadb -N -e "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '${database.name}'" 2>/dev/null)"`,
    `printf 'cron\\t%s\\n' "$(grep -c ' ${WEB_USER} .*console.php' /etc/cron.d/mailwizz 2>/dev/null)"`,
    ':',
  ].join('\n');
}

export function mailwizzProofs(answers: Answers, settings: Settings): Proof[] {
  const { mailwizz } = settings;
  const installed = answers.one('installed') === 'yes';
  // Of an installation that is being replaced or upgraded there may be any number of tables.
  const underWay = answers.one('under-way') !== '';
  const panel = answers.one('panel');
  const tables = answers.one('tables');
  const cron = answers.one('cron');
  return [
    unitProof(answers),
    panelProof(answers, `https://${mailwizz.panelDomain}/ answers ${panel}`),
    { what: 'PHP', seen: answers.one('ping') || 'no answer', ok: answers.one('ping') === 'pong' },
    {
      what: 'code',
      seen: `/apps/init.php answers ${answers.one('code')}`,
      ok: ['403', '404'].includes(answers.one('code')),
    },
    {
      what: 'database',
      seen:
        tables === '' ? `${mailwizz.database.name} cannot be asked` : `${mailwizz.database.name} has ${tables} tables`,
      ok: installed ? Number(tables) > 0 : underWay ? tables !== '' : tables === '0',
    },
    { what: 'cron', seen: `${cron || 0} commands as ${WEB_USER}`, ok: Number(cron) === CRON_ENTRIES.length },
    ...httpsProofs(answers, settings, panelOf(settings)),
    firewallProof(answers),
  ];
}

/** A panel that waits for its first installation is as it should be; one that was closed for work which was cut is not. */
function panelProof(answers: Answers, seen: string): Proof {
  const what = 'panel';
  const proven = answers.one('installed') === 'yes';
  const underWay = parseUnderWay(answers.one('under-way'));
  const cut = cutWork({ proven, ...(underWay && { underWay }) });
  if (cut) {
    const { message, hint } = new EeError('MAILWIZZ_CUT', cut);
    return { what, seen: `${seen}. ${message} ${hint}`, ok: false };
  }
  if (proven) return { what, seen, ok: /^[23]/.test(answers.one('panel')) };
  return { what, seen: `${seen}: unpacked, waits for \`ee mailwizz install\``, ok: answers.one('panel') === '503' };
}
