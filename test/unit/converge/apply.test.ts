import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { batchScript } from '../../../src/lib/converge/apply.js';
import { marker, reload, restart } from '../../../src/lib/converge/handlers.js';
import { parseFacts } from '../../../src/lib/converge/host-facts.js';
import { journalLine, openState, runId } from '../../../src/lib/converge/journal.js';
import type { PlannedChange } from '../../../src/lib/converge/plan.js';

const RUN = { id: '20260216T031500Z-k3f9', by: "o'neil@laptop" };

const change = (id: string, script: string, more: Partial<PlannedChange> = {}): PlannedChange => ({
  id,
  difference: { action: 'update', summary: `do ${id}`, script },
  notifies: [],
  ...more,
});

describe('the script of a batch', () => {
  it('runs each change between its marks, after its reloads are noted and before its journal line', () => {
    const noted = { before: 'f00', notifies: [reload('nginx')] };
    const script = batchScript([change('test:a', 'echo a', noted)], 'mark', RUN);
    expect(script.split('\n').slice(-12)).toEqual([
      "printf '%s start %s\\n' mark 0",
      'set +e',
      '(',
      'set -eu',
      `mkdir -p -m 0700 /var/lib/ee/pending; printf '%s %s\\n' 'f00' 'test:a' >> '/var/lib/ee/pending/reload%3Anginx'`,
      'echo a',
      ') 2>&1',
      'ee_status=$?',
      'set -e',
      '[ "$ee_status" -eq 0 ] || exit "$ee_status"',
      journalLine(RUN, { id: 'test:a', action: 'update', summary: 'do test:a' }),
      "printf '%s done %s\\n' mark 0",
    ]);
  });

  /** The script without its state folder, so that it can run here. */
  async function run(...changes: PlannedChange[]): Promise<{ code: number | undefined; lines: string[] }> {
    const script = batchScript(changes, 'mark', RUN)
      .replace(openState(RUN), ':')
      .replace(/^printf .* >> \/var\/lib\/ee\/journal\.jsonl$/gm, 'echo journal');
    expect(script).not.toMatch(/\/var\/lib|\/run/);
    const { exitCode, stdout } = await execa('sh', { input: script, reject: false });
    return { code: exitCode, lines: stdout.split('\n') };
  }

  it('[R18] stops at the first command that fails, with its status, and journals only what was done', async () => {
    expect(
      await run(change('a', 'echo a'), change('b', 'echo b\n(exit 7)\necho after'), change('c', 'echo c')),
    ).toEqual({
      code: 7,
      lines: ['mark start 0', 'a', 'journal', 'mark done 0', 'mark start 1', 'b'],
    });
  });

  it('[R18] stops at an unset variable and at a failing command in the middle of a list', async () => {
    expect((await run(change('a', 'echo "$nothing_here"\necho after'))).lines).not.toContain('after');
    expect((await run(change('a', 'false\necho after'))).lines).toEqual(['mark start 0']);
  });

  it('keeps what a change does to its shell from the next, and runs its traps at its own end', async () => {
    const first = change('a', "trap 'echo trap' EXIT\ncd /usr\numask 0\nexit 0");
    expect(await run(first, change('b', 'pwd; umask'))).toEqual({
      code: 0,
      lines: [
        'mark start 0',
        'trap',
        'journal',
        'mark done 0',
        'mark start 1',
        process.cwd(),
        '0022',
        'journal',
        'mark done 1',
      ],
    });
  });

  it('runs the traps of a change that fails', async () => {
    expect((await run(change('a', "trap 'echo trap' EXIT\nfalse"))).lines).toEqual(['mark start 0', 'trap']);
  });

  it('shows what a change writes to either stream', async () => {
    expect((await run(change('a', 'echo out; echo err >&2'))).lines.slice(1, 3)).toEqual(['out', 'err']);
  });
});

describe('the journal', () => {
  it('names runs so that they sort by time', () => {
    const ids = [
      '2026-02-16T03:15:00.999Z',
      '2026-02-16T03:15:01Z',
      '2026-10-01T00:00:00Z',
      '2027-01-01T00:00:00Z',
    ].map((time) => runId(new Date(time), 'zz'));
    expect(ids[0]).toBe('20260216T031500Z-zz');
    expect([...ids].reverse().sort()).toEqual(ids);
  });

  it('writes one JSON line a change, whatever stands in it', async () => {
    const summary = `it's "odd" %s \\n → $(id)`;
    const script = journalLine(RUN, { id: 'file:/a b', action: 'create', summary, detail: 'not kept' });
    const { stdout } = await execa('sh', { input: script.replace(' >> /var/lib/ee/journal.jsonl', '') });
    const { at, ...rest } = JSON.parse(stdout) as Record<string, string>;
    expect(rest).toEqual({ run: RUN.id, by: RUN.by, id: 'file:/a b', action: 'create', summary });
    expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });
});

describe('handlers', () => {
  it('reload after a check, and restart until there is an answer', () => {
    expect(reload('nginx', 'nginx -t')).toMatchObject({ id: 'reload:nginx', summary: 'reload nginx' });
    expect(reload('nginx', 'nginx -t').script.split('\n').slice(0, 2)).toEqual(['nginx -t', 'systemctl daemon-reload']);
    expect(restart('engine', 'curl it').script).toContain('until ( curl it ) >/dev/null 2>&1; do');
  });

  it('have a marker of one word, whatever their name', () => {
    expect(marker("file:/etc/it's")).toBe("'/var/lib/ee/pending/file%3A%2Fetc%2Fit'\\''s'");
  });
});

describe('the facts of a host', () => {
  it('are read from its answers', () => {
    const answers = `os.id=debian
os.version=12
os.codename=bookworm
os.name=Debian GNU/Linux 12 (bookworm)
architecture=x86_64
container=yes
interface=eth0
neighbour=198.51.100.1
neighbour=9.9.9.9
network=networkd /etc/systemd/network/10-eth0.network
sshPort=2222
sshPort=22
clientAddress=203.0.113.7
rootLogin=203.0.113.7 50122 198.51.100.1 2222
sshPort=22
memoryMegabytes=3940
freeMegabytes=61203
hasApt=yes
`;
    expect(parseFacts(answers)).toEqual({
      os: { id: 'debian', version: '12', codename: 'bookworm', name: 'Debian GNU/Linux 12 (bookworm)' },
      architecture: 'x86_64',
      container: true,
      interface: 'eth0',
      neighbours: ['198.51.100.1', '9.9.9.9'],
      network: { kind: 'networkd', file: '/etc/systemd/network/10-eth0.network' },
      sshPorts: [2222, 22],
      clientAddress: '203.0.113.7',
      rootLogin: { clientAddress: '203.0.113.7', hostAddress: '198.51.100.1', port: 2222 },
      memoryMegabytes: 3940,
      freeMegabytes: 61203,
      hasApt: true,
    });
  });

  it('[R77] have the port of the connection where sshd does not say its own', () => {
    expect(parseFacts('clientAddress=203.0.113.7\nsshPort=2200\n').sshPorts).toEqual([2200]);
    expect(parseFacts('clientAddress=\nsshPort=\n')).toMatchObject({ sshPorts: [], container: false, hasApt: false });
    expect(parseFacts('clientAddress=203.0.113.7\n').rootLogin).toBeUndefined();
  });
});
