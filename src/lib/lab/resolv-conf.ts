import { readFile } from 'node:fs/promises';

/** systemd-resolved keeps the real servers here and writes its own loopback address into /etc/resolv.conf. */
const RESOLVED = '/run/systemd/resolve/resolv.conf';

/** This machine's resolv.conf in a form that a host with another loopback can use. */
export async function resolvConf(): Promise<string> {
  const own = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  if (!onlyLoopback(own)) return own;
  return readFile(RESOLVED, 'utf8').catch(() => own);
}

/** Whether every name server in a resolv.conf is on the loopback interface, where a lab host would ask itself. */
export function onlyLoopback(text: string): boolean {
  return nameServers(text).every((server) => server.startsWith('127.') || server === '::1');
}

/** The addresses of the name servers in a resolv.conf. */
export function nameServers(text: string): string[] {
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server]) => server ?? '');
}
