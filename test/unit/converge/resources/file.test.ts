import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { file } from '../../../../src/lib/converge/resources/file.js';

const PATH = '/etc/app.conf';
const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

/** What the probe prints for a file that is there. */
const seen = (content: string, more: { mode?: string; owner?: string; before?: string } = {}) =>
  Buffer.from(
    `${more.before ?? ''}file ${more.mode ?? '644'} ${more.owner ?? 'root:root'}\nsha256 ${sha256(content)}\ncontent\n${content}`,
  );
const equal = (content: string, before = '') => Buffer.from(`${before}file 644 root:root\nsha256 ${sha256(content)}\n`);

const wanted = (more: Partial<Parameters<typeof file>[0]> = {}) =>
  file({ path: PATH, content: 'new\n', mode: '0644', ...more });

describe('a file', () => {
  it('[R20] is left alone when content, owner and mode are right', () => {
    expect(wanted().diff(equal('new\n'))).toBeUndefined();
  });

  it('is written where it is absent, and the whole text is its difference', () => {
    expect(wanted().diff(Buffer.from('absent\n'))).toMatchObject({
      action: 'create',
      summary: 'write /etc/app.conf',
      detail: '--- /dev/null\n+++ /etc/app.conf\n@@ -0,0 +1,1 @@\n+new\n',
    });
  });

  it('[R21] is changed where its content is another, and shows what changes', () => {
    expect(wanted().diff(seen('old\n'))).toMatchObject({
      action: 'update',
      summary: 'change /etc/app.conf',
      detail: '--- /etc/app.conf\n+++ /etc/app.conf\n@@ -1,1 +1,1 @@\n-old\n+new\n',
    });
  });

  it('keeps its content where only the owner or the mode is another', () => {
    const difference = wanted({ mode: '0640', owner: 'root:mail' }).diff(equal('new\n'));
    expect(difference).toEqual({
      action: 'update',
      summary: '/etc/app.conf: root:root 0644 → root:mail 0640',
      script: "ee_keep '/etc/app.conf'\nee_own 'root:mail' 0640 '/etc/app.conf'",
    });
  });

  it('tells a file with a line "content" in it, and an owner of that name, from the content', () => {
    expect(wanted().diff(seen('content\nold\n', { owner: 'root:content' }))?.detail).toBe(
      '--- /etc/app.conf\n+++ /etc/app.conf\n@@ -1,2 +1,1 @@\n-content\n-old\n+new\n',
    );
  });

  it('refuses a link and a folder in its place', () => {
    for (const type of ['symbolic link', 'directory']) {
      expect(() => wanted().diff(Buffer.from(`other ${type}\n`))).toThrow(
        `/etc/app.conf on the host is a ${type}; it is not touched.`,
      );
    }
  });

  it('shows no difference for what is not text, nor for what was too large to be read back', () => {
    expect(wanted().diff(seen('a\0b'))).not.toHaveProperty('detail');
    expect(wanted().diff(equal('something large'))).not.toHaveProperty('detail');
  });

  it('[R21] never shows a sensitive content, neither the new nor the old, and does not even read the old one', () => {
    const secret = wanted({ content: 'password=hidden-7\n', sensitive: true });
    for (const state of [Buffer.from('absent\n'), equal('other')]) {
      const { summary, detail } = secret.diff(state) ?? {};
      expect(detail).toBeUndefined();
      expect(summary).toMatch(/^(write|change) \/etc\/app\.conf$/);
    }
    expect(secret.probe).not.toContain('cat ');
    expect(secret.probe).not.toContain('hidden-7');
  });

  it('[R62] is never overwritten where it is only ever made, and says why', () => {
    const key = wanted({ createOnly: { why: 'DNS may name it', next: 'Bring it here.' } });
    expect(() => key.diff(seen('old\n'))).toThrow(
      '/etc/app.conf on the host has another content, and is never overwritten: DNS may name it.',
    );
    expect(key.diff(equal('new\n'))).toBeUndefined();
    expect(key.diff(Buffer.from('absent\n'))).toMatchObject({ action: 'create' });
  });

  it('goes inside the script when it is small, and as an upload when it is not', () => {
    expect(wanted().diff(Buffer.from('absent\n'))).not.toHaveProperty('uploads');
    const content = Buffer.alloc(131_073, 'x');
    expect(wanted({ content }).diff(Buffer.from('absent\n'))).toMatchObject({
      uploads: [
        { source: content, bytes: 131_073, target: `/var/lib/ee/staging/${sha256(content.toString('latin1'))}` },
      ],
    });
  });

  it('[R23] brings the previous one back when its check fails', () => {
    const script = wanted({ verify: 'check it' }).diff(seen('old\n'))?.script ?? '';
    expect(script.split('\n')).toEqual(
      expect.arrayContaining([
        'if ! { check it',
        '}; then',
        `if [ -e "$EE_BACKUP"'/etc/app.conf' ]; then cp -a --remove-destination "$EE_BACKUP"'/etc/app.conf' '/etc/app.conf'; else rm -f '/etc/app.conf'; fi`,
        'exit 1',
      ]),
    );
  });

  it('quotes a path of any characters', () => {
    const odd = file({ path: "/etc/it's $(x)", content: '', mode: '0644' });
    expect(odd.probe).toContain(`p='/etc/it'\\''s $(x)'\n`);
    expect(odd.diff(Buffer.from('absent\n'))?.script).toContain(`mv -fT "$t" '/etc/it'\\''s $(x)'`);
  });
});

describe('a file that is put into force at once', () => {
  const forced = wanted({ activate: 'load it', activated: 'is it loaded' });

  it.each(['pending\n', 'inactive\n'])('is put into force where the host says %j', (state) => {
    expect(forced.diff(equal('new\n', state))).toEqual({
      action: 'run',
      summary: 'put /etc/app.conf into force',
      script: "ee_keep '/etc/app.conf'\nload it\nrm -f '/var/lib/ee/pending/file%3A%2Fetc%2Fapp.conf'",
    });
  });

  it('is put into force in the same change that repairs its mode', () => {
    const script = forced.diff(Buffer.from(`pending\nfile 600 root:root\nsha256 ${sha256('new\n')}\n`))?.script;
    expect(script).toContain("ee_own 'root:root' 0644 '/etc/app.conf'\nload it\n");
  });

  it('is marked before it takes its place, and unmarked after it is in force', () => {
    const lines = forced.diff(Buffer.from('absent\n'))?.script.split('\n') ?? [];
    const at = (text: string) => lines.findIndex((line) => line.startsWith(text));
    const order = [at('mkdir -p -m 0700 /var/lib/ee/pending'), at('mv -fT'), at('load it'), at("rm -f '/var/lib/ee/")];
    expect(order.every((place) => place >= 0)).toBe(true);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });
});

describe('a file that could lock the operator out', () => {
  const guarded = wanted({ activate: 'load it', guard: 'unload it' });
  const back = `if [ -e "$EE_BACKUP"'/etc/app.conf' ]; then cp -a --remove-destination "$EE_BACKUP"'/etc/app.conf' '/etc/app.conf'; else rm -f '/etc/app.conf'; fi\nunload it`;

  it('has its way back with it, for the new content and for putting it into force again', () => {
    expect(guarded.diff(Buffer.from('absent\n'))?.revert).toBe(back);
    expect(guarded.diff(equal('new\n', 'pending\n'))?.revert).toBe(back);
  });

  it('is confirmed by the next run where one was cut before its proof', () => {
    expect(guarded.probe).toContain('[ -e /var/lib/ee/ee-guard-file-etc-app-conf.sh ] || echo armed');
    expect(guarded.diff(equal('new\n', 'armed\n'))).toMatchObject({ action: 'run', revert: back });
  });
});
