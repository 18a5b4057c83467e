/** What an item of a backup set is for. */
export const ROLES = [
  'application',
  'database',
  'licence',
  'config',
  'archive',
  'include',
  'extraction',
  'unknown',
] as const;
export type Role = (typeof ROLES)[number];

/** The roles that a deployment takes; each needs exactly one file. */
export const REQUIRED_ROLES = ['application', 'licence', 'config'] as const;
export type RequiredRole = (typeof REQUIRED_ROLES)[number];

/** One item of a directory, by its name alone. */
export interface NamedItem {
  readonly name: string;
  readonly role: Role;
  readonly date: string | null;
  readonly used: boolean;
  readonly reason: string;
  /** A name that is nearly one of a backup set. */
  readonly resembles?: true;
}

interface RoleName {
  readonly role: Exclude<Role, 'include' | 'extraction' | 'unknown'>;
  /** What the name begins with, up to its date. */
  readonly before: RegExp;
  readonly after: RegExp;
  /** How the name is written, for messages. */
  readonly shape: string;
}

const ROLE_NAMES: readonly RoleName[] = [
  {
    role: 'application',
    before: /^mailwizz(-[a-z]\w*)?/,
    after: /^\.(tar\.gz|tgz)$/,
    shape: 'mailwizz-prod-DATE.tar.gz',
  },
  { role: 'database', before: /^mailapp(-[a-z]\w*)?/, after: /^\.sql\.gz$/, shape: 'mailapp-prod-DATE.sql.gz' },
  { role: 'licence', before: /^pmta-licen[sc]e/, after: /^$/, shape: 'pmta-license-DATE' },
  { role: 'config', before: /^pmta-config/, after: /^$/, shape: 'pmta-config-DATE' },
  { role: 'archive', before: /^backup(-[a-z]\w*)?/, after: /^\.(tar\.gz|tgz)$/, shape: 'backup-hetzner-DATE.tar.gz' },
];

const REASONS: Record<Role, string> = {
  application: 'unpacked on VPS1',
  licence: 'installed on VPS2 as it is',
  config: 'adapted for VPS2; a rule that would be lost is named',
  database: 'never imported: the new system starts with an empty database',
  archive: 'complete archive, kept for reference only',
  include: 'included by the PowerMTA configuration; goes into it',
  extraction: 'left over from an extraction; not read',
  unknown: 'not an item of a backup set',
};

const REQUIRED: ReadonlySet<Role> = new Set(REQUIRED_ROLES);

/** Whether a deployment takes files of this role. */
export const isRequired = (role: Role): role is RequiredRole => REQUIRED.has(role);

/** How a file of the role is named, with DATE where its date stands. */
export const nameShape = (role: RequiredRole): string => ROLE_NAMES.find((name) => name.role === role)?.shape ?? role;

/** The role, date and use of an item, told from its name. The date may be any: `20260216`, `2026-02-16`, with a time or not. */
export function itemNamed(name: string, kind: 'file' | 'directory'): NamedItem {
  if (kind === 'directory') {
    const role = name === 'var' ? 'extraction' : 'unknown';
    return {
      name,
      role,
      date: null,
      used: false,
      reason: role === 'unknown' ? 'a directory; not read' : REASONS[role],
    };
  }
  for (const { role, before, after, shape } of ROLE_NAMES) {
    const start = before.exec(name)?.[0];
    if (start === undefined) continue;
    const date = name[start.length] === '-' ? leadingDate(name.slice(start.length + 1)) : null;
    if (date !== null && after.test(name.slice(start.length + 1 + date.length))) {
      return { name, role, date, used: isRequired(role), reason: REASONS[role] };
    }
    return {
      name,
      role: 'unknown',
      date: null,
      used: false,
      reason: `resembles ${shape}, but is not named so`,
      resembles: true,
    };
  }
  return { name, role: 'unknown', date: null, used: false, reason: REASONS.unknown };
}

/** An item that the PowerMTA configuration of its set includes. */
export const includedItem = <Item extends NamedItem>(item: Item): Item => ({
  ...item,
  role: 'include',
  used: true,
  reason: REASONS.include,
});

/** The calendar date, with an optional time, that a text begins with. */
function leadingDate(text: string): string | null {
  const match = /^(\d{4})(-?)(\d{2})\2(\d{2})([-_T]\d{4}(\d{2})?)?/.exec(text);
  if (match === null) return null;
  const [whole, year, , month, day] = match;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCMonth() + 1 === Number(month) && date.getUTCDate() === Number(day) ? whole : null;
}

/** Several files for one role: which one is meant cannot be told. Returns the names by role, only where there are several. */
export function ambiguousRoles(items: readonly NamedItem[]): ReadonlyMap<Role, readonly string[]> {
  const byRole = new Map<Role, string[]>();
  for (const { name, role } of items) {
    if (role === 'unknown' || role === 'include' || role === 'extraction') continue;
    byRole.set(role, [...(byRole.get(role) ?? []), name]);
  }
  return new Map([...byRole].filter(([, names]) => names.length > 1));
}
