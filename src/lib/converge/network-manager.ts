/** Who gives an interface its addresses at boot; whoever it is must be told of more. */
export type NetworkManager =
  /** systemd-networkd, from this .network file. */
  | { readonly kind: 'networkd'; readonly file: string }
  /** netplan, which writes for systemd-networkd: the interface is `TYPE: { ID: … }` in its YAML. */
  | { readonly kind: 'netplan'; readonly type: string; readonly id: string }
  /** ifupdown, from /etc/network/interfaces. */
  | { readonly kind: 'ifupdown' }
  /** NetworkManager, a provider's own agent, or nobody. */
  | { readonly kind: 'other' };

/** Shell that prints `network=KIND …` for the interface `$device`. */
export const NETWORK_QUESTION = `
file=
systemctl is-active --quiet systemd-networkd &&
  file=$(networkctl --no-pager status "$device" 2>/dev/null | sed -n 's/^ *Network File: *\\(\\/.*\\)/\\1/p')
id=\${file#/run/systemd/network/10-netplan-}
planned=
if [ -n "$file" ] && [ "$id" != "$file" ] && command -v netplan >/dev/null; then
  id=\${id%.network}
  for type in ethernets bonds bridges vlans; do
    netplan get "$type" 2>/dev/null | grep -qxF -e "$id:" -e "\\"$id\\":" || continue
    planned=yes
    printf 'network=netplan %s %s\\n' "$type" "$id"
  done
fi
if [ -n "$planned" ]; then :
elif [ -n "$file" ]; then printf 'network=networkd %s\\n' "$file"
elif command -v ifquery >/dev/null && ifquery "$device" >/dev/null 2>&1; then echo network=ifupdown
fi
`;

/** The answer to that question, without `network=`. */
export function parseNetworkManager(answer: string): NetworkManager {
  const [kind, first = '', second = ''] = answer.split(' ');
  if (kind === 'networkd') return { kind, file: answer.slice('networkd '.length) };
  if (kind === 'netplan') return { kind, type: first, id: second };
  return { kind: kind === 'ifupdown' ? kind : 'other' };
}
