import { HOST_NAMES, type Settings } from '../../settings/settings.js';
import { NGINX, POSTGRESQL, PROMETHEUS, REDIS } from '../../roles/services.js';
import { quote } from '../../ssh/shell-quote.js';
import { httpsProofs, httpsQuestions } from './https.js';
import { type Answers, FIREWALL_QUESTION, firewallProof, type Proof, unitProof, unitQuestions } from './proof.js';

/** Prometheus asks every 15 seconds; after a deployment it may not have come round yet. */
const SCRAPE_PATIENCE = 20;

const TARGETS_URL = 'http://127.0.0.1:9090/api/v1/targets?state=active';
/** The exporters of the three hosts, the API, and Prometheus itself. */
const TARGETS = HOST_NAMES.length + 2;

/** Questions to VPS3: the API by its own name over TLS, and Prometheus for what it reaches. */
export function engineQuestions({ engine: { domain } }: Settings): string {
  const curl = `curl -sk --max-time 10 --resolve ${quote(`${domain}:443:127.0.0.1`)}`;
  return [
    unitQuestions([NGINX, POSTGRESQL, REDIS, 'email-engine', PROMETHEUS]),
    FIREWALL_QUESTION,
    httpsQuestions({ host: 'vps3', domain }),
    `${curl} -w '\\nstatus\\t%{http_code}\\n' ${quote(`https://${domain}/health`)} | sed '1s/^/health\\t/'`,
    `printf 'closed\\t%s\\n' "$(${curl} -o /dev/null -w '%{http_code}' ${quote(`https://${domain}/v1/identities`)})"`,
    `for try in $(seq ${SCRAPE_PATIENCE}); do`,
    `  up=$(curl -s --max-time 10 '${TARGETS_URL}' | grep -o '"health":"up"' | wc -l)`,
    `  [ "$up" -lt ${TARGETS} ] || break`,
    '  sleep 1',
    'done',
    `curl -s --max-time 10 '${TARGETS_URL}' | tr -d '\\n' | sed 's/^/targets\\t/'; echo`,
    ':',
  ].join('\n');
}

export function engineProofs(answers: Answers, settings: Settings): Proof[] {
  const {
    engine: { domain },
    mailwizz: { panelDomain },
  } = settings;
  const status = answers.one('status');
  const closed = answers.one('closed');
  return [
    unitProof(answers),
    {
      what: 'API',
      seen: `https://${domain}/health answers ${status}: ${components(answers.one('health'))}`,
      ok: status === '200',
    },
    mailwizzProof(answers.one('health'), panelDomain),
    { what: 'API without a key', seen: `answers ${closed}`, ok: closed === '401' },
    scrapeProof(answers.one('targets')),
    ...httpsProofs(answers, settings, { host: 'vps3', domain }),
    firewallProof(answers),
  ];
}

/** How the API reaches MailWizz with its key: one that it does not have yet is no trouble. */
function mailwizzProof(health: string, panelDomain: string): Proof {
  const { mailwizz } = (parse(health) ?? {}) as { mailwizz?: string };
  const sayings: Readonly<Record<string, string>> = {
    ok: `${panelDomain} takes the key of the API`,
    refused: `${panelDomain} refuses the key of the API: \`ee mailwizz key\` brings another`,
    down: `${panelDomain} does not answer the API`,
    'no key': 'the API has no key of it: `ee mailwizz key` brings one',
  };
  return {
    what: 'MailWizz',
    seen: sayings[mailwizz ?? ''] ?? 'the API does not know in time',
    ok: mailwizz === 'ok' || mailwizz === 'no key',
  };
}

function components(health: string): string {
  const parsed = parse(health) as { components?: Record<string, unknown> } | undefined;
  const list = Object.entries(parsed?.components ?? {}).map(([name, state]) => `${name} ${String(state)}`);
  return list.length > 0 ? list.join(', ') : 'no components';
}

interface Target {
  readonly labels: { readonly job?: string; readonly host?: string };
  readonly health: string;
}

function scrapeProof(answer: string): Proof {
  const targets = (parse(answer) as { data?: { activeTargets?: Target[] } } | undefined)?.data?.activeTargets ?? [];
  const down = targets
    .filter(({ health }) => health !== 'up')
    .map(({ labels }) => [labels.job, labels.host].filter(Boolean).join(' '));
  const hosts = targets.filter(({ labels, health }) => labels.job === 'node' && health === 'up').length;
  const ok = down.length === 0 && targets.length === TARGETS;
  const count = `reaches ${hosts} hosts, ${targets.length} targets${targets.length === TARGETS ? '' : `, ${TARGETS} expected`}`;
  return { what: 'Prometheus', seen: down.length > 0 ? `does not reach ${down.join(', ')}` : count, ok };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
