/** Where `ee` keeps its own things on a host. Everything below is root's, mode 0700. */
export const STATE = '/var/lib/ee';
/** Previous versions of what was replaced, one folder a run. */
export const BACKUPS = `${STATE}/backups`;
/** One JSON line for each change. */
export const JOURNAL = `${STATE}/journal.jsonl`;
/** A marker for each reload that a change made necessary and that has not run yet. */
export const PENDING = `${STATE}/pending`;
/** Uploads on their way. */
export const STAGING = `${STATE}/staging`;
/** Held while a run works on the host; on a tmpfs, so that a reboot clears it. */
export const LOCK = '/run/ee.lock';
/** The package step that works on the host just now: its script, what it writes, and its status; on a tmpfs, as the lock is. */
export const PACKAGE_STEP = '/run/ee.packages';
