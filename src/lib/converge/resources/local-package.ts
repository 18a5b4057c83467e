import { quote } from '../../ssh/shell-quote.js';
import { STAGING, STATE } from '../paths.js';
import type { Handler, Resource } from '../resource.js';
import { aptInstall } from './apt.js';

/** A .deb that the operator has on this machine. */
export interface LocalPackage {
  /** Names it in the plan: `powermta`. */
  readonly label: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly notifies?: readonly Handler[];
}

/**
 * A package file, installed as it is and held, so that no archive replaces it. What was installed is known by its SHA-256:
 * version strings of vendors' packages don't tell two builds apart.
 */
export function localPackage({ label, file, bytes, sha256, notifies }: LocalPackage): Resource {
  const record = `${STATE}/packages/${label}`;
  const staged = `${STAGING}/${sha256}.deb`;
  return {
    id: `package:${label}`,
    probe: [
      `[ -r ${quote(record)} ] || exit 0`,
      `read -r sha name < ${quote(record)}`,
      `[ "$(dpkg-query -W -f '\${db:Status-Status}' "$name" 2>/dev/null)" = installed ] && echo "$sha" || :`,
    ].join('\n'),
    diff(output) {
      const installed = output.toString('utf8').trim();
      if (installed === sha256) return undefined;
      return {
        action: installed ? 'update' : 'create',
        summary: `install ${file.slice(file.lastIndexOf('/') + 1)}`,
        uploads: [{ source: file, bytes, sha256, target: staged }],
        script: [
          `name=$(dpkg-deb -f ${staged} Package)`,
          'apt-mark unhold "$name" >/dev/null 2>&1 || :',
          aptInstall(staged),
          'apt-mark hold "$name" >/dev/null',
          `mkdir -p -m 0700 ${STATE}/packages`,
          `printf '%s %s\\n' ${sha256} "$name" > ${quote(record)}`,
          `rm -f ${staged}`,
        ].join('\n'),
      };
    },
    ...(notifies ? { notifies } : {}),
  };
}
