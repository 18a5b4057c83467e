import { CATALOGUE, SETTING_NAMES, type Setting } from '../../../src/lib/settings/catalogue.js';

/** The text of a valid settings file: what is required, with the catalogue's examples; `changes` replace or add lines. */
export function validText(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const required = SETTING_NAMES.filter((name) => (CATALOGUE[name] as Setting).presence === 'required');
  const values: Record<string, string | undefined> = {
    ...Object.fromEntries(required.map((name) => [name, CATALOGUE[name].example])),
    SENDING_IPS: '198.51.100.11-198.51.100.12',
    ...changes,
  };
  return Object.entries(values)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}\n`]))
    .join('');
}
