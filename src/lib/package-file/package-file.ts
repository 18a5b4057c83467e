/** What a package says of itself. */
export interface PackageIdentity {
  readonly format: 'deb' | 'rpm';
  readonly name: string;
  /** With the release: `5.0r8-1`. */
  readonly version: string;
  /** As the format spells it: `amd64`, `x86_64`. */
  readonly architecture: string;
}

/** A package file on this machine, read and known. */
export interface PackageFile extends PackageIdentity {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** Why a file is not a package; the sentence goes on after the file's name. */
export class NotAPackage extends Error {
  override readonly name = 'NotAPackage';
}

/** Throws NotAPackage where a name, version or architecture is not a word as packages have them: they are shown, and sent to hosts. */
export function assertNamed(identity: PackageIdentity): PackageIdentity {
  for (const word of [identity.name, identity.version, identity.architecture]) {
    if (!/^[A-Za-z0-9][A-Za-z0-9.+:~^_-]{0,199}$/.test(word)) {
      throw new NotAPackage('its name, version or architecture is not one that a package has');
    }
  }
  return identity;
}
