import { EeError } from '../errors.js';
import type { Destination } from './destination.js';
import { type LocalRun, runLocal } from './local-program.js';

/** What ssh_config says of one destination, as `ssh -G` resolved it: Host and Match blocks, includes, canonical names. */
export interface SshConfig {
  readonly hostName: string;
  readonly user: string;
  readonly port: number;
  /** In the order of trying; may begin with `~/` and hold `%` tokens. */
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** A socket path, `none`, or `SSH_AUTH_SOCK`. */
  readonly identityAgent?: string;
  readonly proxyJump?: string;
  readonly proxyCommand?: string;
  /** The name to look up in known_hosts instead of the host's own. */
  readonly hostKeyAlias?: string;
}

/** Reads the output of `ssh -G`: one `keyword value` a line, keywords in lower case. */
export function parseSshConfig(output: string): SshConfig {
  const values = new Map<string, string[]>();
  for (const line of output.split(/\r?\n/)) {
    const [, keyword, value] = /^(\S+) +(.*\S)\s*$/.exec(line) ?? [];
    if (keyword === undefined || value === undefined) continue;
    values.set(keyword, [...(values.get(keyword) ?? []), value]);
  }
  const first = (keyword: string) => values.get(keyword)?.[0];
  const optional = <Name extends string>(name: Name, keyword: string) => {
    const value = first(keyword);
    return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: string };
  };
  return {
    hostName: first('hostname') ?? '',
    user: first('user') ?? '',
    port: Number(first('port') ?? 22),
    identityFiles: values.get('identityfile') ?? [],
    identitiesOnly: first('identitiesonly') === 'yes',
    ...optional('identityAgent', 'identityagent'),
    ...optional('proxyJump', 'proxyjump'),
    ...optional('proxyCommand', 'proxycommand'),
    ...optional('hostKeyAlias', 'hostkeyalias'),
  };
}

/**
 * Asks the system's ssh what its configuration says of a destination. Throws USAGE when the configuration is broken,
 * SSH_TOOL_SILENT and INTERRUPTED.
 */
export async function resolveSshConfig({ host, user, port }: Destination, run: LocalRun = {}): Promise<SshConfig> {
  const args = ['-G', ...(user ? ['-l', user] : []), ...(port ? ['-p', String(port)] : []), '--', host];
  const { status, stdout, stderr } = await runLocal('ssh', args, run);
  if (status !== 0) {
    throw new EeError('USAGE', {
      message: `ssh cannot read its configuration for ${host}: ${stderr.trim()}`,
      hint: `Try \`ssh -G ${host}\` and correct ~/.ssh/config.`,
    });
  }
  return parseSshConfig(stdout);
}
