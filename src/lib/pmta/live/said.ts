/** What one command of `pmta` gave: both streams, and its exit status. None when it was not run. */
export interface Said {
  readonly text: string;
  readonly status: number | undefined;
}

/** `timeout` ends with 124, or with 137 when it had to kill. */
export const isTimeout = ({ status }: Said): boolean => status === 124 || status === 137;

/** Sentences of a command that did not do what it was asked. No line of `--dom` output looks so: those begin with a key and `="`. */
const REFUSAL =
  /^(error|fatal|usage|unknown|invalid|failed|cannot|could not)\b|not running|cannot connect|could not connect|refused/i;

/** Exit statuses of `pmta` are not documented, so the text has a say as well. */
export function isRefusal({ text, status }: Said): boolean {
  return status !== 0 || text.split('\n').some((line) => !/^[\w[\].-]+="/.test(line) && REFUSAL.test(line.trim()));
}

/** The first line of what was said, for a sentence about it. */
export const firstLine = ({ text }: Said): string => printable(text.trim().split('\n')[0] ?? '');

/** Text that comes from elsewhere, such as another server's reply: without what could steer a terminal. */
export const printable = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();

/** A count as PowerMTA writes it. Null is "unknown", which is never shown as 0. */
export const count = (value: string | undefined): number | null =>
  value !== undefined && /^\d+%?$/.test(value.trim()) ? Number.parseInt(value, 10) : null;

export const truth = (value: string | undefined): boolean | null => {
  if (value !== undefined && /^(yes|true|1|paused)$/i.test(value)) return true;
  if (value !== undefined && /^(no|false|0|)$/i.test(value)) return false;
  return null;
};

/** A value that people read. Null where there is none. */
export const words = (value: string | undefined): string | null => (value && printable(value)) || null;
