import { EeError } from '../errors.js';
import type { Host } from '../ssh/host.js';
import { NETWORK_QUESTION, parseNetworkManager, type NetworkManager } from './network-manager.js';
import { PACKAGE_STEP_QUESTION } from './package-step.js';

/** What a role must know of a host before it can say what the host should be. */
export interface HostFacts {
  readonly os: { readonly id: string; readonly version: string; readonly codename: string; readonly name: string };
  /** Of the kernel: `x86_64`. */
  readonly architecture: string;
  /** A container gets its time and its swap from the machine that it runs on. */
  readonly container: boolean;
  /** The interface of the default route. */
  readonly interface: string;
  /** The addresses that the host's own connections depend on: its gateways and name servers. Nobody else may take them. */
  readonly neighbours: readonly string[];
  /** Who gives that interface its addresses at boot. */
  readonly network: NetworkManager;
  /** Ports that sshd is configured for, and the one of this connection. */
  readonly sshPorts: readonly number[];
  /** The address from which the host sees this machine. */
  readonly clientAddress: string;
  /** This connection, where root itself logged in over it. */
  readonly rootLogin?: RootLogin;
  readonly memoryMegabytes: number;
  /** Free megabytes on the file system of /var. */
  readonly freeMegabytes: number;
  /** Whether dpkg and apt are there. */
  readonly hasApt: boolean;
  /** The package step of an earlier run that works on just now: what, whose and since when. */
  readonly packageStep?: string;
}

/** A login of root, as sshd judges it. */
export interface RootLogin {
  readonly clientAddress: string;
  readonly hostAddress: string;
  readonly port: number;
}

const SCRIPT = `
. /etc/os-release 2>/dev/null
printf 'os.id=%s\\nos.version=%s\\nos.codename=%s\\nos.name=%s\\n' "$ID" "$VERSION_ID" "$VERSION_CODENAME" "$PRETTY_NAME"
printf 'architecture=%s\\n' "$(uname -m)"
systemd-detect-virt --container --quiet && echo container=yes
device=$(ip -o route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | head -n 1)
printf 'interface=%s\\n' "$device"
ip -o route show default | sed -n 's/.* via \\([^ ]*\\).*/neighbour=\\1/p'
sed -n 's/^nameserver *\\([^ ]*\\).*/neighbour=\\1/p' /etc/resolv.conf 2>/dev/null
${NETWORK_QUESTION}
sshd=$(command -v sshd || echo /usr/sbin/sshd)
"$sshd" -T 2>/dev/null | sed -n 's/^port /sshPort=/p'
connection=\${SSH_CONNECTION:-$(tr '\\0' '\\n' < "/proc/$PPID/environ" | sed -n 's/^SSH_CONNECTION=//p')}
printf 'clientAddress=%s\\nsshPort=%s\\n' "\${connection%% *}" "\${connection##* }"
[ -n "\${SUDO_USER:-}" ] || printf 'rootLogin=%s\\n' "$connection"
awk '/^MemTotal:/ { printf "memoryMegabytes=%d\\n", $2 / 1024 }' /proc/meminfo
df -Pm /var | awk 'END { printf "freeMegabytes=%d\\n", $4 }'
command -v apt-get >/dev/null && echo hasApt=yes
${PACKAGE_STEP_QUESTION}
:
`;

/** A host that is well answers in a second. */
const PATIENCE_MS = 60_000;

/** Asks a host for its facts, in one round trip. */
export async function hostFacts(host: Host): Promise<HostFacts> {
  const { code, stdout, stderr } = await host.run(SCRIPT, { step: 'asking for its facts', idleTimeout: PATIENCE_MS });
  if (code !== 0) {
    const output = stderr.toString('utf8').trim();
    throw new EeError('REMOTE_FAILED', {
      host: host.name,
      step: 'asking for its facts',
      status: `exit ${code}`,
      output,
    });
  }
  return parseFacts(stdout.toString('utf8'));
}

/** From `SSH_CONNECTION`. */
function parseRootLogin(connection: string): { rootLogin?: RootLogin } {
  const [clientAddress = '', , hostAddress = '', port = ''] = connection.split(' ');
  return port === '' ? {} : { rootLogin: { clientAddress, hostAddress, port: Number(port) } };
}

export function parseFacts(output: string): HostFacts {
  const values = new Map<string, string[]>();
  for (const line of output.split('\n')) {
    const at = line.indexOf('=');
    if (at > 0) values.set(line.slice(0, at), [...(values.get(line.slice(0, at)) ?? []), line.slice(at + 1)]);
  }
  const one = (name: string) => values.get(name)?.[0] ?? '';
  return {
    os: { id: one('os.id'), version: one('os.version'), codename: one('os.codename'), name: one('os.name') },
    architecture: one('architecture'),
    container: one('container') === 'yes',
    interface: one('interface'),
    neighbours: values.get('neighbour') ?? [],
    network: parseNetworkManager(one('network')),
    sshPorts: [...new Set((values.get('sshPort') ?? []).filter((port) => port !== '').map(Number))],
    clientAddress: one('clientAddress'),
    ...parseRootLogin(one('rootLogin')),
    memoryMegabytes: Number(one('memoryMegabytes')),
    freeMegabytes: Number(one('freeMegabytes')),
    hasApt: one('hasApt') === 'yes',
    ...(one('packageStep') ? { packageStep: one('packageStep') } : {}),
  };
}
