/** How long anything of an SSH connection is waited for, in milliseconds: every wait has its bound, from its first moment. */
export interface Bounds {
  /** A program of OpenSSH on this machine, which may wait for DNS. */
  readonly program: number;
  /** An answer of the SSH agent; one that is locked away behind a dialog gives none. */
  readonly agent: number;
  /**
   * A session, the start of a command or a forwarded connection, once it is asked for. A busy sshd lets each session wait for
   * systemd-logind, for the 25 seconds of a call over D-Bus.
   */
  readonly answer: number;
  /** A command that writes nothing. */
  readonly idle: number;
  /** A command that writes something all the time. */
  readonly longest: number;
  /** Stopping a command that took too long, and the end of its channel after that. */
  readonly stop: number;
  readonly close: number;
  /** Both of these together, where somebody interrupted and waits. */
  readonly interrupted: number;
  /** The end of a connection. */
  readonly farewell: number;
}

export const BOUNDS: Bounds = {
  program: 20_000,
  agent: 10_000,
  answer: 40_000,
  idle: 15 * 60_000,
  longest: 24 * 3_600_000,
  stop: 20_000,
  close: 5_000,
  interrupted: 1_200,
  farewell: 1_000,
};
