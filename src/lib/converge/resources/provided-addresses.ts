import { quote } from '../../ssh/shell-quote.js';
import type { NetworkManager } from '../network-manager.js';

/**
 * Shell that prints `provided IP` for each IPv4 address that another file than `ours` gives to the interface, as its manager reads
 * it: a provider's own, which must not be written a second time. It changes nothing.
 */
export function providedQuestion(manager: NetworkManager, device: string, ours: string): string {
  return `{ ${questionOf(manager, device, ours)}\n} 2>/dev/null | grep -oE '([0-9]{1,3}\\.){3}[0-9]{1,3}' | sort -u | sed 's/^/provided /'\n:`;
}

export const providedIn = (answer: Buffer): Set<string> =>
  new Set([...answer.toString('utf8').matchAll(/^provided (\S+)$/gm)].map(([, ip = '']) => ip));

function questionOf(manager: NetworkManager, device: string, ours: string): string {
  switch (manager.kind) {
    case 'networkd':
      return networkd(manager.file, ours);
    case 'netplan':
      return netplan(`${manager.type}.${manager.id.replaceAll('.', '\\.')}.addresses`, ours);
    case 'ifupdown':
      return ifupdown(device, ours);
    case 'other':
      // Whatever gives them, the unit of ours adds an address only where it is not there yet.
      return ':';
  }
}

/** The .network file of the interface, and its drop-ins (systemd.network(5)). A prefix length may follow the address. */
function networkd(file: string, ours: string): string {
  const name = quote(file.slice(file.lastIndexOf('/') + 1));
  return [
    `for f in ${quote(file)} /etc/systemd/network/${name}.d/*.conf /run/systemd/network/${name}.d/*.conf /usr/local/lib/systemd/network/${name}.d/*.conf /usr/lib/systemd/network/${name}.d/*.conf; do`,
    `  [ "$f" = ${quote(ours)} ] || sed -n 's/^[[:space:]]*Address[[:space:]]*=[[:space:]]*\\([0-9.]*\\).*/\\1/p' "$f"`,
    'done',
  ].join('\n');
}

/** What netplan itself reads in all files but ours: they are copied, since it shows them together only. */
function netplan(key: string, ours: string): string {
  return [
    't=$(mktemp -d /run/ee-netplan-XXXXXXXX) && trap \'rm -rf "$t"\' EXIT',
    'for folder in /usr/lib/netplan /etc/netplan /run/netplan; do',
    '  mkdir -p -m 0700 "$t$folder"; cp "$folder"/*.yaml "$t$folder/"',
    'done',
    `rm -f "$t"${quote(ours)}`,
    // Some have a prefix length, some have options behind them.
    `netplan get --root-dir "$t" ${quote(key)} | grep -oE '^ *-? *"?[0-9.]+/[0-9]+'`,
  ].join('\n');
}

/** `address` of the stanzas of the interface and of its aliases, and what their `up` commands add (interfaces(5)). */
function ifupdown(device: string, ours: string): string {
  return [
    'for f in /etc/network/interfaces /etc/network/interfaces.d/*; do',
    `  [ "$f" = ${quote(ours)} ] || awk -v device=${quote(device)} '`,
    '    $1 ~ /^(iface|auto|allow-.*|mapping|source|source-directory)$/ { mine = $1 == "iface" && ($2 == device || index($2, device ":") == 1) }',
    '    mine && $1 == "address" { print $2 }',
    // The word after `add` or `replace` alone: a broadcast address may follow.
    '    mine && $1 ~ /^(pre-|post-)?up$/ && /ip[ \\t]+(-[^ \\t]+[ \\t]+)*a(dd|ddr|ddress)?[ \\t]/ { for (i = 2; i < NF; i++) if ($i ~ /^(add|replace)$/) { print $(i + 1); break } }',
    `  ' "$f"`,
    'done',
  ].join('\n');
}
