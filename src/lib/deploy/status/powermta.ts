import { TO_API, TO_PANEL } from '../../roles/accounting.js';
import { INBOUND_PORT } from '../../pmta/adapt/inbound.js';
import { powermtaService } from '../../roles/services.js';
import type { Settings } from '../../settings/settings.js';
import { ACCOUNTING_QUESTIONS, accountingProofs } from './accounting.js';
import { type Answers, FIREWALL_QUESTION, firewallProof, type Proof, unitProof, unitQuestions } from './proof.js';

/** Seconds that a `pmta` command may take: what it does while pmtad is down is not documented. */
const PATIENCE = 15;

/** Questions to VPS2, answered by PowerMTA itself. */
export function powermtaQuestions({ sending, pmta }: Settings): string {
  return [
    unitQuestions([powermtaService(pmta.smtpPort), 'pmtahttp', TO_API.service, TO_PANEL.service]),
    FIREWALL_QUESTION,
    ACCOUNTING_QUESTIONS,
    `timeout ${PATIENCE} pmta --dom show status 2>/dev/null | sed -n 's/^status\\.status="\\(.*\\)"$/status\\t\\1/p'`,
    `timeout ${PATIENCE} pmta show version 2>/dev/null | head -n 1 | sed 's/^/version\\t/'`,
    ...sending.identities.map(
      ({ index }) =>
        `printf 'vmta\\t%s %s\\n' ${index} "$(timeout ${PATIENCE} pmta show vmta-settings vmta-mail${index} 2>/dev/null | tr '\\n' ' ')"`,
    ),
    `ss -Hltn 'sport = :${pmta.smtpPort} or sport = :${INBOUND_PORT}' | awk '{ print "listener\\t" $4 }'`,
    ':',
  ].join('\n');
}

export function powermtaProofs(answers: Answers, settings: Settings): Proof[] {
  const { sending, pmta } = settings;
  const status = answers.one('status');
  const listeners = new Set(answers.all('listener'));
  const vmtas = new Map(answers.all('vmta').map((line) => [line.split(' ')[0], line] as const));
  return [
    unitProof(answers),
    {
      what: 'pmta show status',
      seen: `${answers.one('version')}: ${status || 'no answer'}`.trim(),
      ok: status === 'running',
    },
    ...sending.identities.map(({ index, ip, domain, sender }): Proof => {
      const seen = vmtas.get(String(index)) ?? '';
      const ports = [pmta.smtpPort, INBOUND_PORT];
      const deaf = ports.filter((port) => !listeners.has(`${ip}:${port}`));
      const agrees = seen.includes(` ${ip} ${domain} `) && isKeyOf(index).test(seen);
      return {
        what: `vmta-mail${index}`,
        seen: agrees
          ? `${ip} as ${domain}, for ${sender}, ${deaf.length === 0 ? 'listens on' : 'does not listen on'} ${(deaf.length === 0 ? ports : deaf).join(' and ')}`
          : `is not ${ip} as ${domain}`,
        ok: agrees && deaf.length === 0,
      };
    }),
    ...accountingProofs(answers, settings),
    firewallProof(answers),
  ];
}

/** The key of an identity, whichever of them it signs with now. */
const isKeyOf = (index: number): RegExp => new RegExp(`/mail${index}(\\.[a-z0-9-]+)?\\.pem`, 'i');
