import { createHash } from 'node:crypto';
import { createTwoFilesPatch } from 'diff';
import { EeError } from '../../errors.js';
import { quote } from '../../ssh/shell-quote.js';
import { isArmed } from '../guard.js';
import { clearMarker, setMarker, testMarker } from '../handlers.js';
import { STAGING } from '../paths.js';
import type { Difference, Handler, Resource } from '../resource.js';

/** The wanted state of a file. */
export interface FileWanted {
  /** Absolute; its folder exists or is a resource before it. */
  readonly path: string;
  readonly content: string | Buffer;
  /** Four octal digits: `0640`. */
  readonly mode: string;
  /** `root:pmta`; default `root:root`. */
  readonly owner?: string;
  /** The content holds secrets: it is never shown, not even what changed in it. */
  readonly sensitive?: boolean;
  /** Shell that checks the new file in place. When it fails, the previous one comes back. */
  readonly verify?: string;
  /** Shell that puts a new content into force at once. Unlike a handler it is part of this change. */
  readonly activate?: string;
  /** Shell that succeeds while the content is in force; where it fails, `activate` runs although the file is right. */
  readonly activated?: string;
  /** Shell for the way back, where the change could lock the operator out; it runs after the previous file is back or gone. */
  readonly guard?: string;
  /** How the content is shown in a diff, where part of it must not be seen. */
  readonly shown?: (content: Buffer) => Buffer;
  /** Another content is never overwritten: why, and what to do about it. */
  readonly createOnly?: { readonly why: string; readonly next: string };
  readonly notifies?: readonly Handler[];
}

/** Contents up to this size travel inside the script; larger ones are uploaded, verified and resumed. */
const INLINE_BYTES = 128 * 1024;
/** Contents up to this size are read back to be compared line by line. */
const COMPARED_BYTES = 64 * 1024;

/** A file with its content, owner and mode, replaced atomically and never without a copy of what was there. */
export function file(wanted: FileWanted): Resource {
  const content = Buffer.from(wanted.content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const id = `file:${wanted.path}`;
  return {
    id,
    probe: probeScript(id, wanted, sha256),
    diff: (output) => difference(id, wanted, content, sha256, parse(output)),
    ...(wanted.notifies ? { notifies: wanted.notifies } : {}),
  };
}

function probeScript(id: string, wanted: FileWanted, sha256: string): string {
  const show = wanted.sensitive ? ':' : `[ "$(stat -c %s "$p")" -gt ${COMPARED_BYTES} ] || { echo content; cat "$p"; }`;
  return [
    `p=${quote(wanted.path)}`,
    ...(wanted.activate ? [testMarker(id)] : []),
    ...(wanted.guard ? [`! ${isArmed(id)} || echo armed`] : []),
    'if [ -L "$p" ] || { [ -e "$p" ] && [ ! -f "$p" ]; }; then echo "other $(stat -c %F "$p")"',
    'elif [ ! -e "$p" ]; then echo absent',
    'else',
    ...(wanted.activated ? [`( ${wanted.activated} ) >/dev/null 2>&1 || echo inactive`] : []),
    `  echo "file $(stat -c '%a %U:%G' "$p")"`,
    '  s=$(sha256sum < "$p"); s=${s%% *}',
    '  echo "sha256 $s"',
    `  [ "$s" = ${sha256} ] || ${show}`,
    'fi',
  ].join('\n');
}

/** What the probe saw. */
interface Seen {
  readonly kind: 'absent' | 'file' | 'other';
  readonly type: string;
  readonly mode: string;
  readonly owner: string;
  readonly sha256: string;
  readonly content: Buffer | undefined;
  readonly pending: boolean;
  readonly inactive: boolean;
  /** A run was cut before it confirmed the content by a new login. */
  readonly armed: boolean;
}

function parse(output: Buffer): Seen {
  // After the line of the checksum, so that no owner of that name passes for it.
  const at = output.indexOf('\ncontent\n');
  const head = at < 0 ? output : output.subarray(0, at);
  const lines = head.toString('utf8').split('\n');
  const value = (word: string) => lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1) ?? '';
  const [mode = '', owner = ''] = value('file').split(' ');
  return {
    kind: lines.includes('absent') ? 'absent' : value('file') ? 'file' : 'other',
    type: value('other'),
    mode: mode.padStart(4, '0'),
    owner,
    sha256: value('sha256'),
    content: at < 0 ? undefined : output.subarray(at + '\ncontent\n'.length),
    pending: lines.includes('pending'),
    inactive: lines.includes('inactive'),
    armed: lines.includes('armed'),
  };
}

function difference(
  id: string,
  wanted: FileWanted,
  content: Buffer,
  sha256: string,
  seen: Seen,
): Difference | undefined {
  if (seen.kind === 'other') throw new EeError('NOT_A_FILE', { path: wanted.path, type: seen.type });
  if (seen.kind === 'absent' || seen.sha256 !== sha256) {
    if (seen.kind === 'file' && wanted.createOnly) {
      throw new EeError('WOULD_REPLACE', { path: wanted.path, ...wanted.createOnly });
    }
    return replaced(id, wanted, content, sha256, seen);
  }
  const owner = wanted.owner ?? 'root:root';
  const inForce = !wanted.activate || !(seen.pending || seen.inactive || seen.armed);
  if (seen.mode !== wanted.mode || seen.owner !== owner) {
    return {
      action: 'update',
      summary: `${wanted.path}: ${seen.owner} ${seen.mode} → ${owner} ${wanted.mode}`,
      ...(inForce ? {} : wayBack(wanted)),
      script: [
        `ee_keep ${quote(wanted.path)}`,
        `ee_own ${quote(owner)} ${wanted.mode} ${quote(wanted.path)}`,
        ...(inForce ? [] : [activation(id, wanted)]),
      ].join('\n'),
    };
  }
  if (inForce) return undefined;
  return {
    action: 'run',
    summary: `put ${wanted.path} into force`,
    ...wayBack(wanted),
    // Without a copy the way back would take the file for a new one, and remove it.
    script: `ee_keep ${quote(wanted.path)}\n${activation(id, wanted)}`,
  };
}

function replaced(id: string, wanted: FileWanted, content: Buffer, sha256: string, seen: Seen): Difference {
  const staged = content.length > INLINE_BYTES ? `${STAGING}/${sha256}` : undefined;
  const detail = wanted.sensitive ? undefined : unified(wanted, seen, content);
  return {
    action: seen.kind === 'absent' ? 'create' : 'update',
    summary: `${seen.kind === 'absent' ? 'write' : 'change'} ${wanted.path}`,
    ...(detail === undefined ? {} : { detail }),
    ...(staged ? { uploads: [{ source: content, bytes: content.length, sha256, target: staged }] } : {}),
    ...wayBack(wanted),
    script: replaceScript(id, wanted, content, staged),
  };
}

function replaceScript(id: string, wanted: FileWanted, content: Buffer, staged: string | undefined): string {
  const path = quote(wanted.path);
  const folder = quote(wanted.path.slice(0, wanted.path.lastIndexOf('/')));
  const take = staged
    ? `cat ${staged} >&9; rm -f ${staged}`
    : `base64 -d >&9 <<'EE_CONTENT'\n${content.toString('base64').replace(/.{76}/g, '$&\n')}\nEE_CONTENT`;
  return [
    `ee_keep ${path}`,
    `[ -d ${folder} ] || { echo "there is no folder" ${folder}; exit 1; }`,
    // What a killed run left; nobody else works here while the lock is held.
    `rm -f ${folder}/.ee-????????`,
    // Held open: in a folder that others write to, its name may lead to what is root's by the next line. `-C`: only ever a new file.
    `t=$(mktemp -u ${folder}/.ee-XXXXXXXX)`,
    `trap 'rm -f "$t"' EXIT`,
    'm=$(umask); umask 077; set -C; exec 9> "$t"; set +C; umask "$m"',
    take,
    `chown ${quote(wanted.owner ?? 'root:root')} /proc/self/fd/9`,
    `chmod ${wanted.mode} /proc/self/fd/9`,
    ...(wanted.activate ? [setMarker(id)] : []),
    // On disk before the rename, so that a power cut leaves the old file or the new one and never an empty one.
    'sync /proc/self/fd/9; exec 9>&-',
    `mv -fT "$t" ${path}`,
    ...(wanted.verify ? [`if ! { ${wanted.verify}\n}; then\n${restore(wanted.path)}\nexit 1\nfi`] : []),
    ...(wanted.activate ? [activation(id, wanted)] : []),
  ].join('\n');
}

const activation = (id: string, { activate = ':' }: FileWanted): string => `${activate}\n${clearMarker(id)}`;

const wayBack = ({ path, guard }: FileWanted): { revert?: string } =>
  guard ? { revert: `${restore(path)}\n${guard}` } : {};

const restore = (path: string): string =>
  `if [ -e "$EE_BACKUP"${quote(path)} ]; then cp -a --remove-destination "$EE_BACKUP"${quote(path)} ${quote(path)}; else rm -f ${quote(path)}; fi`;

/** A unified diff for the operator; nothing for what is not text. */
function unified({ path, shown = (bytes) => bytes }: FileWanted, seen: Seen, content: Buffer): string | undefined {
  if (seen.kind === 'file' && seen.content === undefined) return undefined;
  const before = seen.content ?? Buffer.alloc(0);
  if (content.length > COMPARED_BYTES || before.includes(0) || content.includes(0)) return undefined;
  const from = seen.kind === 'absent' ? '/dev/null' : path;
  const [old, fresh] = [shown(before).toString('utf8'), shown(content).toString('utf8')];
  return createTwoFilesPatch(from, path, old, fresh, undefined, undefined, { context: 2 }).replace(
    /^(Index: .*\n)?=+\n/,
    '',
  );
}
