import type { Resource } from '../../converge/resource.js';
import { EeError } from '../../errors.js';
import { submissionLogins } from '../../pmta/adapt/access.js';
import type { Document } from '../../pmta/document.js';
import { expectationsOf } from '../../pmta/host/expectations.js';
import { accepts, INPUT_RULES } from '../../roles/accepted-ports.js';
import type { Settings } from '../../settings/settings.js';
import { quote } from '../../ssh/shell-quote.js';

/** An earlier configuration that is to return, and what the operator lets be adjusted to it. */
export interface Returning {
  /** The run that replaced it. */
  readonly id: string;
  readonly document: Document;
  readonly settings: Settings;
  /** The firewall is opened for its submission ports in the same run. */
  readonly withFirewall: boolean;
}

/**
 * A configuration that was right when it was replaced can be wrong on the host of today. It is refused where a key that it signs with
 * is gone, and where MailWizz and the API could not hand over mail: its port is closed to them, or their login is not in it.
 */
export function fitToReturn(returning: Returning): Resource {
  const { document } = returning;
  const keys = keyFiles(document);
  return {
    id: 'fitness of an earlier configuration',
    probe: [
      ...keys.map((file) => `[ -f ${quote(file)} ] || echo ${quote(`gone ${file}`)}`),
      'echo rules',
      INPUT_RULES,
    ].join('\n'),
    diff(output) {
      const answer = output.toString('latin1');
      const at = answer.indexOf('rules\n');
      assertKeys(returning, answer.slice(0, at));
      assertSubmission(returning, answer.slice(at + 'rules\n'.length));
      return undefined;
    },
  };
}

/** Ports other than 25 on which a configuration takes mail from other hosts. */
export function submissionPorts(document: Document): number[] {
  const { listeners } = expectationsOf(document);
  const open = listeners.filter(({ address, port }) => port !== 25 && !/^(127\.|::1$)/.test(address));
  return [...new Set(open.map(({ port }) => port))];
}

const keyFiles = (document: Document): string[] => {
  const keys = expectationsOf(document).virtualMtas.flatMap((virtualMta) => virtualMta.keys);
  return [...new Set(keys.map(({ file }) => file).filter((file) => file.startsWith('/')))];
};

function assertKeys({ id }: Returning, answer: string): void {
  const files = answer.split('\n').flatMap((line) => (line.startsWith('gone ') ? [line.slice('gone '.length)] : []));
  if (files.length > 0) throw new EeError('ROLLBACK_KEY_GONE', { host: 'vps2', id, files });
}

function assertSubmission({ id, document, settings, withFirewall }: Returning, rules: string): void {
  const { hosts, pmta } = settings;
  const closed = withFirewall
    ? []
    : submissionPorts(document).filter(
        (port) => ![hosts.vps1.address, hosts.vps3.address].every((address) => accepts(rules, port, address)),
      );
  const logins = submissionLogins(document.nodes);
  const login = logins.find(({ user }) => user === pmta.smtpUser);
  const loginProblem =
    login === undefined
      ? `the SMTP user ${pmta.smtpUser} of PMTA_SMTP_USER is not in it`
      : login.password === pmta.smtpPassword.reveal()
        ? undefined
        : `its password for ${pmta.smtpUser} is not PMTA_SMTP_PASSWORD, which MailWizz and the API use`;
  const problems = [
    ...closed.map((port) => `it takes mail on port ${port}, which the firewall closes to VPS1 and VPS3`),
    ...(loginProblem === undefined ? [] : [loginProblem]),
  ];
  if (problems.length === 0) return;
  throw new EeError('ROLLBACK_UNMATCHED', {
    host: 'vps2',
    id,
    problems,
    flags: [
      ...(closed.length > 0 || withFirewall ? ['--with-firewall'] : []),
      ...(loginProblem === undefined ? [] : ['--with-login']),
    ],
    settings: [
      ...(closed.length > 0 ? ['PMTA_SMTP_PORT'] : []),
      ...(loginProblem === undefined ? [] : [login ? 'PMTA_SMTP_PASSWORD' : 'PMTA_SMTP_USER and PMTA_SMTP_PASSWORD']),
    ],
  });
}
