import { Flags } from '@oclif/core';
import chalk from 'chalk';
import { EeCommand } from '../lib/cli/ee-command.js';
import { failureDocument, renderFailure, toFailure } from '../lib/cli/failure.js';
import { proofLines } from '../lib/cli/proof-lines.js';
import { type HostStatus, isHealthy } from '../lib/deploy/status/status.js';
import { EXIT, EeError } from '../lib/errors.js';
import { printable } from '../lib/printable.js';
import { HOST_NAMES } from '../lib/settings/settings.js';

export default class Status extends EeCommand {
  static override summary = 'Show what runs on the three hosts, as they say it themselves.';
  static override description =
    'Asks each host once and changes nothing. Status 3 when something is not as it should be, 4 when a host cannot be reached.';

  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  static override flags = {
    'accept-new-host-key': Flags.boolean({
      description: 'Trust the key of a host that known_hosts does not name yet.',
      default: false,
    }),
  };

  async run(): Promise<Record<string, unknown>> {
    const { flags } = await this.parse(Status);
    const settings = await this.settings(flags);
    const [{ status }, { connector }] = await Promise.all([
      import('../lib/deploy/status/status.js'),
      import('../lib/cli/connector.js'),
    ]);
    const connect = connector({ ...flags, signal: this.signal, interactive: this.interactive });
    const hosts = await status(settings, HOST_NAMES, connect);
    this.printStyled(hosts.map((host) => this.#text(host)).join('\n\n'));
    const unreachable = hosts.find(({ error }) => error instanceof EeError && error.exit === EXIT.unreachable);
    if (unreachable) this.exitWith(EXIT.unreachable);
    else if (!hosts.every(isHealthy)) this.exitWith(EXIT.found);
    return { hosts: hosts.map((host) => ({ ...document(host), healthy: isHealthy(host) })) };
  }

  #text({ host, address, proofs, error }: HostStatus): string {
    const title = chalk.bold(`${host}  ${address}`);
    if (error) {
      const failure = renderFailure(toFailure(error, `ee status of ${host}`), { verbose: false });
      return `${title}\n  ${printable(failure).replace(/\n/g, '\n  ')}`;
    }
    return [title, ...proofLines(proofs)].join('\n');
  }
}

function document({ host, address, proofs, error }: HostStatus): Record<string, unknown> {
  return { host, address, proofs, ...(error ? failureDocument(toFailure(error, `ee status of ${host}`)) : {}) };
}
