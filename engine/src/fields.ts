/** Typed access to an untyped JSON object. What is missing or of another type becomes a problem, and an empty value in its place. */
export interface Fields {
  has(name: string): boolean;
  text(name: string): string;
  /** A TCP port. */
  port(name: string): number;
  /** A list of texts. */
  texts(name: string): string[];
  object(name: string): Fields;
  list(name: string): Fields[];
  problem(name: string, message: string): void;
}

export function fields(value: unknown, path: string, problems: string[]): Fields {
  const object = isObject(value) ? value : {};
  // A whole object that is missing is one problem, not one for each of its fields.
  if (value !== undefined && !isObject(value)) problems.push(`${path} is not an object`);
  const report = isObject(value)
    ? (name: string, message: string) => problems.push(`${path}: ${name} ${message}`)
    : () => 0;

  return {
    has: (name) => object[name] !== undefined,
    text(name) {
      const found = object[name];
      if (typeof found === 'string' && found !== '') return found;
      report(name, 'must be a text');
      return '';
    },
    port(name) {
      const found = object[name];
      if (typeof found === 'number' && Number.isInteger(found) && found > 0 && found < 65_536) return found;
      report(name, 'must be a port, 1 to 65535');
      return 0;
    },
    texts(name) {
      const found: unknown = object[name];
      if (Array.isArray(found) && found.every((item) => typeof item === 'string' && item !== ''))
        return found as string[];
      report(name, 'must be a list of texts');
      return [];
    },
    object(name) {
      const found = object[name];
      if (found === undefined) report(name, 'is missing');
      return fields(found, `${path}: ${name}`, problems);
    },
    list(name) {
      const found: unknown = object[name];
      if (Array.isArray(found)) return found.map((item, index) => fields(item, `${path}: ${name}[${index}]`, problems));
      report(name, 'must be a list');
      return [];
    },
    problem: report,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
