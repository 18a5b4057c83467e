import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { ConfigError } from '../config-error.js';
import { fields } from '../fields.js';
import type { ApiAddress } from './api-client.js';

/** Everything that the shipper is told, read once at its start. */
export interface ShipperConfig {
  /** The accounting file that PowerMTA writes; its rotated siblings lie beside it. */
  readonly accountingFile: string;
  readonly api: ApiAddress;
  /** Folders that systemd makes: what must not be forgotten, and what others may read. */
  readonly stateFolder: string;
  readonly reportFolder: string;
}

/**
 * Reads the JSON file that EE_CONFIG names, the key `accounting-key` from CREDENTIALS_DIRECTORY, and the folders from STATE_DIRECTORY and
 * RUNTIME_DIRECTORY: all of them names that systemd gives.
 */
export function loadShipperConfig(environment: Readonly<Record<string, string | undefined>>): ShipperConfig {
  const problems: string[] = [];
  const given = (name: string): string => {
    const value = environment[name];
    if (!value) problems.push(`${name} is not set`);
    return value ?? '';
  };
  const file = given('EE_CONFIG');
  const credentials = given('CREDENTIALS_DIRECTORY');
  const folders = { stateFolder: given('STATE_DIRECTORY'), reportFolder: given('RUNTIME_DIRECTORY') };
  if (problems.length > 0) throw new ConfigError(problems);

  const root = fields(parse(read(file, problems), file, problems), file, problems);
  const api = root.object('api');
  const address = api.text('address');
  if (address !== '' && isIP(address) === 0) api.problem('address', 'is not an IP address');
  const config: ShipperConfig = {
    accountingFile: root.text('accountingFile'),
    api: {
      address,
      port: api.port('port'),
      name: api.text('name'),
      key: read(join(credentials, 'accounting-key'), problems).trim(),
      authorities: api.texts('authorities').map((path) => read(path, problems)),
    },
    ...folders,
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function read(file: string, problems: string[]): string {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.trim() === '') problems.push(`${file} is empty`);
    return text;
  } catch (error) {
    problems.push(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return '';
  }
}

function parse(text: string, file: string, problems: string[]): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    problems.push(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
