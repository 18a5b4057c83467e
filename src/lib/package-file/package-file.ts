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
