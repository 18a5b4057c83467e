/** Recipients that wait, by virtual MTA, as `pmta --dom show queues` tells them: `queue[0].name="gmail.com/vmta1"`. */
export function waitingByVirtualMta(dom: string): Map<string, number> {
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const line of dom.split('\n')) {
    const [, index, key, value] = /^(.*?)\.(name|rcp)="(.*)"\s*$/.exec(line) ?? [];
    if (index === undefined || value === undefined) continue;
    if (key === 'name') names.set(index, value);
    else counts.set(index, Number(value));
  }
  const waiting = new Map<string, number>();
  for (const [index, name] of names) {
    const virtualMta = name.slice(name.indexOf('/') + 1);
    // A queue that is listed has something in it, also where its number is not understood.
    const count = counts.get(index);
    const recipients = count === undefined || Number.isNaN(count) ? 1 : count;
    if (!name.includes('/') || recipients === 0) continue;
    waiting.set(virtualMta, (waiting.get(virtualMta) ?? 0) + recipients);
  }
  return waiting;
}
