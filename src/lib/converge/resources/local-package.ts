import { EeError } from '../../errors.js';
import { quote } from '../../ssh/shell-quote.js';
import { STAGING, STATE } from '../paths.js';
import type { Handler, Resource } from '../resource.js';
import { aptInstall, BROKEN_STATE, unpackAgain } from './apt.js';
import { integrityQuestion, LIST_SUM, programSums, recordOf } from './package-integrity.js';

/** A package file that the operator has on this machine. */
export interface LocalPackage {
  /** Names it in the plan: `powermta`. */
  readonly label: string;
  readonly file: string;
  /** What the package calls itself. */
  readonly name: string;
  /** An .rpm is made into a .deb on the host, by alien. */
  readonly format: 'deb' | 'rpm';
  /** What the package says of itself, for the plan. */
  readonly version: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Programs of it that run only as the package brought them: one that was changed, or that came without it, stops the run. */
  readonly programs: readonly string[];
  /** Shell for what must be there before a version takes the place of another one. */
  readonly beforeUpgrade?: string;
  readonly notifies?: readonly Handler[];
}

/** The name by which dpkg knows a package: alien spells that of an .rpm as Debian has it. */
export function debianName({ name, format }: Pick<LocalPackage, 'name' | 'format'>): string {
  if (format === 'deb') return name;
  return name
    .toLowerCase()
    .replaceAll('_', '-')
    .replace(/[^a-z0-9.+-]/g, '');
}

/**
 * A package file, installed and held, so that no archive replaces it. What was installed is known by the SHA-256 of that file:
 * version strings of vendors' packages don't tell two builds apart. One that is half installed, or of another build than the record
 * says, is unpacked again. Configuration that the operator changed stays.
 */
export function localPackage(wanted: LocalPackage): Resource {
  const { label, file, version, bytes, sha256, notifies } = wanted;
  const staged = `${STAGING}/${sha256}.${wanted.format}`;
  return {
    id: `package:${label}`,
    probe: probeScript(wanted),
    diff(output) {
      const lines = output.toString('utf8').split('\n');
      const said = (word: string) => lines.find((line) => line.startsWith(`${word} `))?.split(' ') ?? [];
      const isBroken = said('broken').length > 0;
      assertUnaltered(lines);
      const [, installed, before] = said('installed');
      if (installed === sha256) return undefined;
      const name = file.slice(file.lastIndexOf('/') + 1);
      const instead = before ? `, in the place of ${before}` : isBroken ? ', over one that is half installed' : '';
      return {
        action: installed || isBroken ? 'update' : 'create',
        summary: `install ${label} ${version} from ${name}${instead}`,
        uploads: [{ source: file, bytes, sha256, target: staged }],
        script: installScript(wanted, staged),
        isPackageStep: true,
      };
    },
    ...(notifies ? { notifies } : {}),
  };
}

/** `broken STATE` of a half installed package, or what its programs are, and `installed SHA256 VERSION` where the record is about it. */
function probeScript(wanted: LocalPackage): string {
  const { label, programs } = wanted;
  return [
    `name=${quote(debianName(wanted))} record= sha= sums=`,
    `state=$(dpkg-query -W -f '\${db:Status-Abbrev}' "$name" 2>/dev/null || :)`,
    `case $state in ${BROKEN_STATE}) echo "broken $state"; exit 0 ;; esac`,
    `if [ -r ${quote(recordOf(label))} ]; then`,
    `  read -r sha name version sums < ${quote(recordOf(label))}`,
    `  if [ "$(dpkg-query -W -f '\${db:Status-Status} \${Version}' "$name" 2>/dev/null)" = "installed $version" ]; then`,
    `    [ "\${sums:-none}" != none ] && [ "$sums" != "$(${LIST_SUM})" ] || record="same $name $version"`,
    '  fi',
    'fi',
    integrityQuestion(label, programs),
    '[ -z "$record" ] || echo "installed $sha $version"',
  ].join('\n');
}

function assertUnaltered(lines: readonly string[]): void {
  for (const line of lines) {
    const [word, file = '', owner = ''] = line.split(' ');
    if (word === 'altered') {
      const reason = `differs from what the package ${owner} brought: its checksum is another one`;
      throw new EeError('PACKAGE_ALTERED', { file, reason, package: owner });
    }
    if (word === 'foreign') throw new EeError('PACKAGE_ALTERED', { file, reason: 'came with no package', package: '' });
  }
}

function installScript({ format, label, sha256, programs, beforeUpgrade }: LocalPackage, staged: string): string {
  const record = quote(recordOf(label));
  return [
    ...(format === 'rpm' ? [madeByAlien(sha256, staged)] : [`deb=${staged}`]),
    'name=$(dpkg-deb -f "$deb" Package)',
    `state=$(dpkg-query -W -f '\${db:Status-Abbrev}' "$name" 2>/dev/null || :)`,
    // Not installed, or nothing of it but its configuration.
    ...(beforeUpgrade ? [`case $state in '' | ?n* | ?c*) ;; *) (\n${beforeUpgrade}\n) ;; esac`] : []),
    'apt-mark unhold "$name" >/dev/null 2>&1 || :',
    // Also where the installation fails: what is there stays as it is.
    `trap 'apt-mark hold "$name" >/dev/null 2>&1 || :' EXIT`,
    `case $state in ${BROKEN_STATE}) (\n${unpackAgain('"$deb"')}\n) ;;`,
    // Another build may bear the same version, and the operator may go back to an older one.
    `*) (\n${aptInstall('--reinstall --allow-downgrades "$deb"')}\n) ;; esac`,
    'apt-mark hold "$name" >/dev/null',
    `mkdir -p -m 0700 ${STATE}/packages`,
    `{ printf '%s %s %s %s\\n' ${sha256} "$name" "$(dpkg-deb -f "$deb" Version)" "$(${LIST_SUM})"`,
    programSums(programs),
    `} > ${record}.new`,
    `mv -f ${record}.new ${record}`,
    `rm -rf ${staged} "$deb"`,
  ].join('\n');
}

/** Sets `deb` to a .deb made of the .rpm, with its version and its scripts. alien is installed where it is missing. */
function madeByAlien(sha256: string, staged: string): string {
  const folder = `${STAGING}/${sha256}.made`;
  return [
    `command -v alien >/dev/null || (\n${aptInstall('alien')}\n)`,
    // What a cut run left may be half a package.
    `rm -rf ${folder}`,
    `mkdir -p -m 0700 ${folder}`,
    // alien works in the folder where it stands; what it says is of interest only when it fails.
    `( cd ${folder} && alien -k --scripts --to-deb ${staged} > log 2>&1 ) || { tail -n 12 ${folder}/log; exit 1; }`,
    `deb=${STAGING}/${sha256}.deb`,
    `mv -f ${folder}/*.deb "$deb"`,
    `rm -rf ${folder}`,
  ].join('\n');
}
