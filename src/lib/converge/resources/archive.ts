import { EeError } from '../../errors.js';
import { quote } from '../../ssh/shell-quote.js';
import { STAGING, STATE } from '../paths.js';
import type { Resource } from '../resource.js';

/** An application archive (gzipped tar), and where it is to be unpacked. */
export interface ArchiveWanted {
  /** The folder that the application gets: `/var/www/mailwizz`. */
  readonly path: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The folder in the archive that is unpacked, and nothing beside it, as its members spell it: `./var/www/mailwizz/`. */
  readonly root: string;
  /** Leading path components to drop: those of `root`. */
  readonly stripDepth: number;
  /** A file that must be there afterwards, relative to `path`: proof of the depth. */
  readonly contains: string;
  /** Shell that runs in the unpacked folder before it takes its place, so that nothing is ever served half prepared. */
  readonly prepare: string;
}

/**
 * An application unpacked beside its place, prepared there, and put in place by one rename. A folder that already holds
 * something is never unpacked over, emptied or replaced.
 */
export function archive(wanted: ArchiveWanted): Resource {
  const { path, sha256 } = wanted;
  const record = `${STATE}/archives/${path.replace(/\W+/g, '_')}`;
  return {
    id: `archive:${path}`,
    probe: [
      `p=${quote(path)}`,
      'if [ -d "$p" ] && [ -n "$(ls -A "$p")" ]; then echo "used $(cat ' +
        quote(record) +
        ' 2>/dev/null)"; else echo free; fi',
    ].join('\n'),
    diff(output) {
      const [state, from = ''] = output.toString('utf8').trim().split(' ');
      if (state === 'used' && from === sha256) return undefined;
      if (state === 'used') throw new EeError('FOLDER_IN_USE', { path, from: from.slice(0, 12) });
      const staged = `${STAGING}/${sha256}.tar.gz`;
      return {
        action: 'create',
        summary: `unpack ${wanted.file.slice(wanted.file.lastIndexOf('/') + 1)} into ${path}`,
        uploads: [{ source: wanted.file, bytes: wanted.bytes, sha256, target: staged }],
        script: unpackScript(wanted, staged, record),
      };
    },
  };
}

function unpackScript(wanted: ArchiveWanted, staged: string, record: string): string {
  const { path, sha256, stripDepth, contains, prepare } = wanted;
  const fresh = quote(`${path}.ee-new`);
  // Stripped by count alone, a member of another folder would land in this one.
  const root = wanted.root.replace(/\/+$/, '');
  const only = root === '' ? '' : ` -- ${quote(root)}`;
  return [
    `mkdir -p ${quote(path.slice(0, path.lastIndexOf('/')))}`,
    // Only ever ours: an unpacking that was cut before its rename.
    `rm -rf ${fresh}`,
    `trap ${quote(`rm -rf ${fresh}`)} EXIT`,
    // Nobody but root enters it, as long as root works in there: some of its folders are to belong to others.
    `mkdir -m 0700 ${fresh}`,
    `tar -xzf ${staged} -C ${fresh} --strip-components=${stripDepth} --no-same-owner --no-same-permissions${only}`,
    `[ -f ${fresh}/${quote(contains)} ] || { echo "the archive has no ${contains} at depth ${stripDepth}"; exit 1; }`,
    // A member may have given it another mode.
    `chmod 0700 ${fresh}`,
    `( cd ${fresh}\nset -eu\n${prepare}\n)`,
    `chmod 0755 ${fresh}`,
    `mkdir -p -m 0700 ${STATE}/archives`,
    // Before the rename: the record without the folder means "unpack again", the folder without the record "not ours".
    `printf '%s\\n' ${sha256} > ${quote(record)}`,
    `[ ! -d ${quote(path)} ] || rmdir ${quote(path)}`,
    `mv -T ${fresh} ${quote(path)}`,
    `rm -f ${staged}`,
  ].join('\n');
}
