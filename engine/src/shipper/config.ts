import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../config-error.js';
import { fields } from '../fields.js';
import { serverAddress, type ServerAddress } from '../server-address.js';
import type { ApiAddress } from './api-client.js';

/** Who is told: the API all records, MailWizz the bounces and complaints. */
export type Destination =
  { readonly kind: 'api'; readonly server: ApiAddress } | { readonly kind: 'panel'; readonly server: ServerAddress };

/** Everything that the shipper is told, read once at its start. */
export interface ShipperConfig {
  /** The accounting file that PowerMTA writes; its rotated siblings lie beside it. */
  readonly accountingFile: string;
  readonly destination: Destination;
  /** Folders that systemd makes: what must not be forgotten, and what others may read. */
  readonly stateFolder: string;
  readonly reportFolder: string;
}

/**
 * Reads the JSON file that EE_CONFIG names and the folders from STATE_DIRECTORY and RUNTIME_DIRECTORY; for the API its key
 * `accounting-key` from CREDENTIALS_DIRECTORY: all of them names that systemd gives.
 */
export function loadShipperConfig(environment: Readonly<Record<string, string | undefined>>): ShipperConfig {
  const problems: string[] = [];
  const given = (name: string): string => {
    const value = environment[name];
    if (!value) problems.push(`${name} is not set`);
    return value ?? '';
  };
  const file = given('EE_CONFIG');
  const folders = { stateFolder: given('STATE_DIRECTORY'), reportFolder: given('RUNTIME_DIRECTORY') };
  if (problems.length > 0) throw new ConfigError(problems);

  const root = fields(parse(read(file, problems), file, problems), file, problems);
  const config: ShipperConfig = {
    accountingFile: root.text('accountingFile'),
    destination: root.has('panel')
      ? { kind: 'panel', server: serverAddress(root.object('panel'), (path) => read(path, problems)) }
      : {
          kind: 'api',
          server: {
            ...serverAddress(root.object('api'), (path) => read(path, problems)),
            key: read(join(given('CREDENTIALS_DIRECTORY'), 'accounting-key'), problems).trim(),
          },
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
