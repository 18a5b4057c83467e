import { inspect } from 'node:util';

const HIDDEN = '[redacted]';

/**
 * A value that must not be shown. It prints as `[redacted]` in templates, JSON, `console.log` and errors, and opens only
 * through `reveal()`, at the place where it is sent to its host.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}

/** Replaces what must not be shown in a text on its way out. */
export type Redact = (text: string) => string;

/**
 * The one redactor of the program. It hides the given secrets as they are, URL-encoded, JSON-encoded and in base64, and any
 * private key block, known or not. Values under 4 characters are not secrets worth hiding: they would blot out ordinary words.
 */
export function redactor(secrets: Iterable<Secret>): Redact {
  const forms = new Set<string>();
  for (const secret of secrets) {
    const value = secret.reveal();
    if (value.length < 4) continue;
    forms.add(value);
    forms.add(encodeURIComponent(value));
    forms.add(JSON.stringify(value).slice(1, -1));
    forms.add(Buffer.from(value).toString('base64'));
  }
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return (text) => {
    let shown = text.replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN);
    for (const form of longestFirst) shown = shown.replaceAll(form, HIDDEN);
    return shown;
  };
}
