/** A setting of sshd that the baseline writes, and which of two values of it lets fewer in. */
export interface SshdSetting {
  /** As sshd_config(5) writes it: `PermitRootLogin`. */
  readonly keyword: string;
  /** What the baseline asks for. */
  readonly wanted: string;
  /** How strict a value is, as `sshd -T` prints it: more is stricter. Nothing for a value that is not known. */
  readonly strictness: (value: string) => number | undefined;
}

/** Words of a setting, the loosest first; words of one group mean the same. */
const words =
  (...groups: readonly (readonly string[])[]) =>
  (value: string): number | undefined => {
    const at = groups.findIndex((group) => group.includes(value.toLowerCase()));
    return at < 0 ? undefined : at;
  };

const NO_IS_STRICTER = words(['yes'], ['no']);

const wholeNumber = (value: string): number | undefined => (/^\d+$/.test(value) ? Number(value) : undefined);

/** Fewer is stricter, down to none at all. */
const fewer = (value: string): number | undefined => {
  const count = wholeNumber(value);
  return count === undefined ? undefined : -count;
};

/** Less is stricter, but 0 stands for no limit. */
const lessButZero = (value: string): number | undefined => (wholeNumber(value) === 0 ? -Infinity : fewer(value));

/** What the baseline writes for sshd. Times are in seconds. */
export const SSHD_SETTINGS: readonly SshdSetting[] = [
  { keyword: 'PasswordAuthentication', wanted: 'no', strictness: NO_IS_STRICTER },
  { keyword: 'KbdInteractiveAuthentication', wanted: 'no', strictness: NO_IS_STRICTER },
  {
    keyword: 'PermitRootLogin',
    wanted: 'prohibit-password',
    strictness: words(['yes'], ['prohibit-password', 'without-password'], ['forced-commands-only'], ['no']),
  },
  { keyword: 'PermitEmptyPasswords', wanted: 'no', strictness: NO_IS_STRICTER },
  { keyword: 'MaxAuthTries', wanted: '4', strictness: fewer },
  { keyword: 'LoginGraceTime', wanted: '30', strictness: lessButZero },
  { keyword: 'X11Forwarding', wanted: 'no', strictness: NO_IS_STRICTER },
  { keyword: 'AllowAgentForwarding', wanted: 'no', strictness: NO_IS_STRICTER },
  // A host gives the lock of a run whose connection was lost back within interval × count seconds.
  { keyword: 'ClientAliveInterval', wanted: '15', strictness: lessButZero },
  { keyword: 'ClientAliveCountMax', wanted: '3', strictness: lessButZero },
];

/** Values by the keyword in lower case, as `sshd -T` prints them. */
export type SshdValues = ReadonlyMap<string, string>;

/**
 * The stricter of what is wanted and what the host has of its own. A value that is not known here is the host's affair and stays,
 * since it may be stricter.
 */
export function stricter({ wanted, strictness }: SshdSetting, own: string | undefined): string {
  if (own === undefined) return wanted;
  const [ours, theirs] = [strictness(wanted) ?? -Infinity, strictness(own) ?? Infinity];
  return theirs > ours ? own : wanted;
}

/** What sshd is to be told on a host, in the order of the settings. */
export const sshdWanted = (own: SshdValues): { readonly keyword: string; readonly value: string }[] =>
  SSHD_SETTINGS.map((setting) => ({
    keyword: setting.keyword,
    value: stricter(setting, own.get(setting.keyword.toLowerCase())),
  }));

/** What writing `sshdWanted` does: the settings that get stricter than they are in effect now, and the host's own that are kept. */
export function sshdChanges(
  effective: SshdValues,
  own: SshdValues,
): {
  readonly tightened: readonly { readonly keyword: string; readonly from: string; readonly to: string }[];
  readonly kept: readonly { readonly keyword: string; readonly value: string }[];
} {
  const each = SSHD_SETTINGS.map((setting) => {
    const name = setting.keyword.toLowerCase();
    return { ...setting, value: stricter(setting, own.get(name)), from: effective.get(name) };
  });
  return {
    tightened: each.flatMap(({ keyword, value, from, strictness }) =>
      from !== undefined && (strictness(value) ?? Infinity) > (strictness(from) ?? Infinity)
        ? [{ keyword, from, to: value }]
        : [],
    ),
    kept: each.filter(({ value, wanted }) => value !== wanted).map(({ keyword, value }) => ({ keyword, value })),
  };
}
