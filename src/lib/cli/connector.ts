import type { Connect } from '../deploy/connections.js';
import { connect, type NewHostKey } from '../ssh/connect.js';

interface ConnectorOptions {
  readonly 'accept-new-host-key': boolean;
  readonly signal: AbortSignal;
  /** Whether somebody can be asked about an unknown host key. */
  readonly interactive: boolean;
}

/** Connects with the operator's agent and, at a terminal, the operator's answer to an unknown host key. */
export function connector({ signal, interactive, ...flags }: ConnectorOptions): Connect {
  // Several hosts connect at once; the operator is asked about one after the other.
  let turn: Promise<unknown> = Promise.resolve();
  const ask = (key: NewHostKey): Promise<boolean> => {
    const answer = turn.then(() => askAboutHostKey(key));
    turn = answer.catch(() => undefined);
    return answer;
  };
  return (access) =>
    connect(access, {
      agentSocket: process.env['SSH_AUTH_SOCK'],
      acceptNewHostKey: flags['accept-new-host-key'],
      signal,
      askNewHostKey: interactive ? ask : undefined,
    });
}

async function askAboutHostKey(key: NewHostKey): Promise<boolean> {
  const { default: inquirer } = await import('inquirer');
  const { agreed } = await inquirer.prompt([
    {
      type: 'confirm',
      name: 'agreed',
      message: `${key.host} (${key.address}) is not in known_hosts yet. It shows ${key.fingerprint}. Is that the key in the provider's console?`,
      default: false,
    },
  ]);
  return agreed === true;
}
