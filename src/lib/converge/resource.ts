import type { Upload } from '../ssh/host.js';
import type { Trial } from './trial.js';

export type Action = 'create' | 'update' | 'remove' | 'run';

/** What differs between the host and what is wanted, and the script that makes it equal. */
export interface Difference {
  readonly action: Action;
  /** One line for the operator: `install nginx, php8.2-fpm`. Never a secret. */
  readonly summary: string;
  /** A unified diff, where there is one to show. */
  readonly detail?: string;
  /** Files that must be on the host before the script runs. */
  readonly uploads?: readonly Upload[];
  /** POSIX shell, run as root under `set -eu` in a subshell of its own. */
  readonly script: string;
  /**
   * Set where the script installs packages: it runs to its end on the host though the connection is gone, since dpkg that is
   * killed half way leaves what no second run of the same command repairs.
   */
  readonly isPackageStep?: true;
  /**
   * Set where the change could lock the operator out: the script that takes it back. It is armed on the host before the
   * change, and disarmed only over a fresh connection.
   */
  readonly revert?: string;
  /** What the journal notes beside the summary: checksums, never a secret. */
  readonly journal?: Readonly<Record<string, string>>;
  /** Set where the result is judged before it is kept. */
  readonly trial?: Trial;
}

/** Something to run once after a change, at the end of the stage: a reload. It survives a kill between the change and itself. */
export interface Handler {
  /** `reload:nginx` */
  readonly id: string;
  readonly summary: string;
  readonly script: string;
}

/** The wanted state of one thing on a host. */
export interface Resource {
  /** Unique on its host: `file:/etc/nginx/nginx.conf`. */
  readonly id: string;
  /** POSIX shell that prints what is there. It changes nothing, and succeeds on a bare host too. */
  readonly probe: string;
  /**
   * Compares what the probe printed with what is wanted; nothing means that it is so already. Throws an EeError where
   * going on would destroy something.
   */
  diff(seen: Buffer): Difference | undefined;
  /**
   * A refusal of `diff` stops the host at this resource's stage: the stages before it are planned and made, as they neither need
   * nor change what was refused. Without it a refusal stops the host before its first change.
   */
  readonly refusesItsStageOnly?: true;
  readonly notifies?: readonly Handler[];
}

/** Resources that can be probed together, in one round trip, and the handlers that they notify run at its end. */
export interface Stage {
  readonly name: string;
  readonly resources: readonly Resource[];
}

/** A change, planned or made. */
export interface Change {
  readonly id: string;
  readonly action: Action;
  readonly summary: string;
  readonly detail?: string;
}
