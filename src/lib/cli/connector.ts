import type { Connect } from '../deploy/connections.js';
import { EeError } from '../errors.js';
import { printable } from '../printable.js';
import { connect } from '../ssh/connect.js';
import type { NewHostKey } from '../ssh/connect-options.js';

interface ConnectorOptions {
  readonly 'accept-new-host-key': boolean;
  readonly signal: AbortSignal;
  /** Whether somebody can be asked about an unknown host key. */
  readonly interactive: boolean;
}

/** Connects with the operator's agent and, at a terminal, the operator's answer to an unknown host key. */
export function connector({ signal, interactive, ...flags }: ConnectorOptions): Connect {
  // Several hosts connect at once; the operator is asked about one after the other. Ctrl-C at one question ends them all.
  let turn: Promise<unknown> = Promise.resolve();
  const ask = (key: NewHostKey): Promise<boolean> => {
    const answer = turn.then(() => Promise.race([askAboutHostKey(key), aborted(signal)]));
    turn = answer;
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

/** Fails when the signal comes. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new EeError('INTERRUPTED', { during: 'a question about a host key' }));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
}

async function askAboutHostKey(key: NewHostKey): Promise<boolean> {
  const { default: inquirer } = await import('inquirer');
  const { agreed } = await inquirer.prompt([
    {
      type: 'confirm',
      name: 'agreed',
      message: printable(
        `${key.host} (${key.address}) is not in known_hosts yet. It shows ${key.fingerprint}. Is that the key in the provider's console?`,
      ),
      default: false,
    },
  ]);
  return agreed === true;
}
