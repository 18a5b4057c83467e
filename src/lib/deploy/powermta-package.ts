import type { LicenceFacts } from '../backup/report.js';
import { EeError } from '../errors.js';
import { Meter } from '../package-file/meter.js';
import { NotAPackage, type PackageFile } from '../package-file/package-file.js';
import { readPackageFile } from '../package-file/read.js';
import type { Settings } from '../settings/settings.js';

const SETTING = 'PMTA_PACKAGE';
const DIGEST_SETTING = 'PMTA_PACKAGE_SHA256';

/** PowerMTA is built for this alone; deb and rpm spell it differently. */
const ARCHITECTURE = { deb: 'amd64', rpm: 'x86_64' } as const;

/** The one package that the settings name: PowerMTA's own, for VPS2's processor, with the right checksum. */
export async function powermtaPackage({ pmta }: Pick<Settings, 'pmta'>, meter = new Meter()): Promise<PackageFile> {
  const { package: path, packageSha256 } = pmta;
  if (path === undefined) {
    throw new EeError('USAGE', {
      message: `${SETTING} is not set: the PowerMTA package (.deb or .rpm) for VPS2 is needed.`,
      hint: `Set ${SETTING} to its path in the settings file.`,
    });
  }
  const found = await read(path, meter);
  const refuse = (reason: string) => new EeError('PACKAGE_UNFIT', { path, setting: SETTING, reason });
  const { format, name, architecture, sha256 } = found;
  if (/^powermta-?(api|snmp)/i.test(name)) throw refuse(`it is the add-on ${name}, and not PowerMTA itself`);
  if (!/^powermta/i.test(name)) throw refuse(`it is the package ${name}, and not PowerMTA`);
  if (architecture !== ARCHITECTURE[format]) {
    throw refuse(`it is built for ${architecture}, and VPS2 needs ${ARCHITECTURE[format]}`);
  }
  if (packageSha256 !== undefined && packageSha256 !== sha256) {
    throw refuse(`its SHA-256 is ${sha256}, and ${DIGEST_SETTING} says ${packageSha256}`);
  }
  return found;
}

async function read(path: string, meter: Meter): Promise<PackageFile> {
  try {
    return await readPackageFile(path, meter);
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (absent && /[*?[\]{}]/.test(path)) {
      const reason = 'it is a pattern, and exactly one file is to be named';
      throw new EeError('PACKAGE_UNFIT', { path, setting: SETTING, reason }, { cause });
    }
    if (absent) throw new EeError('FILE_MISSING', { what: 'The PowerMTA package', path, setting: SETTING }, { cause });
    const reason = cause instanceof NotAPackage ? cause.message : `it cannot be read: ${(cause as Error).message}`;
    throw new EeError('PACKAGE_UNFIT', { path, setting: SETTING, reason }, { cause });
  }
}

/**
 * Where package and licence do not seem to go together. PowerMTA alone can tell (`pmta show license`; its package refuses an upgrade
 * without a licence for it), so these are warnings; they name nothing of the licence but product, version and platform.
 */
export function licenceDoubts({ name, version }: PackageFile, licence: LicenceFacts | undefined): string[] {
  if (!licence) return [];
  const ours = major(version);
  const theirs = major(licence.version ?? '');
  const foreign = /win|sun|solaris|sparc|bsd|mac|darwin/i.test(licence.platform ?? '');
  return [
    ...(/power\s*mta/i.test(licence.product) ? [] : [`The licence is for ${licence.product}, and not for PowerMTA.`]),
    ...(ours !== undefined && theirs !== undefined && theirs < ours
      ? [
          `${SETTING} is ${name} ${version}, and the licence says version ${licence.version ?? ''}: PowerMTA may refuse it.`,
        ]
      : []),
    ...(foreign ? [`The licence is for ${licence.platform ?? ''}, and VPS2 runs Linux on x86_64.`] : []),
  ];
}

/** 5 of `5.0r8-1`, of `1:5.0` (an epoch) too. */
function major(version: string): number | undefined {
  const [, digits] = /^(?:\d+:)?(\d+)/.exec(version) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
