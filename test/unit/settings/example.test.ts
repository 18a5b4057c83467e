import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/lib/package-root.js';
import { CATALOGUE, NUMBERED, SETTING_NAMES, type Setting } from '../../../src/lib/settings/catalogue.js';
import { readEnvText } from '../../../src/lib/settings/env-text.js';
import { renderExample, renderSettingsTable } from '../../../src/lib/settings/example.js';
import { parseSettings, problemsOf } from '../../../src/lib/settings/parse.js';
import { checkValue } from '../../../src/lib/settings/validate.js';

/** The example with every empty line filled with the example value that its comment shows. */
function filledIn(): string {
  return renderExample().replace(/^([A-Z0-9_]+)=$/gm, (_, name: string) => {
    return `${name}=${CATALOGUE[name as keyof typeof CATALOGUE].example}`;
  });
}

describe('.env.production.example', () => {
  it('[R9] is the one generated from the catalogue', () => {
    expect(readFileSync(join(packageRoot(), '.env.production.example'), 'utf8')).toBe(renderExample());
  });

  it('[R2] is valid once it is filled in', () => {
    expect(problemsOf(filledIn())).toEqual([]);
  });

  it('[R2] is valid too with every commented setting uncommented, but for the ways that exclude each other', () => {
    const all = filledIn()
      .replace(/^#([A-Z0-9_]+=)/gm, '$1')
      .replace(/^IP1=.*$/m, '');
    expect(problemsOf(all)).toEqual([]);
    expect(parseSettings(all, '/srv/.env.production', '/root').hosts.vps1.jump).toBe('operator@bastion.example.com:22');
  });

  it('[R9] has every setting once, and as empty lines exactly those that must be filled', () => {
    const text = renderExample();
    for (const name of [...SETTING_NAMES, 'IP1', 'DOMAIN1', 'SENDER1']) {
      expect([name, text.match(new RegExp(`^#?${name}=`, 'gm'))?.length]).toEqual([name, 1]);
    }
    const toFill = readEnvText(text).assignments.map(({ name }) => name);
    const required = SETTING_NAMES.filter((name) => (CATALOGUE[name] as Setting).presence === 'required');
    expect(toFill.sort()).toEqual([...required, 'SENDING_IPS'].sort());
  });

  it('is empty where a secret belongs', () => {
    const secrets = SETTING_NAMES.filter((name) => (CATALOGUE[name] as Setting).generated);
    expect(secrets).toHaveLength(8);
    for (const name of secrets) expect(renderExample()).toMatch(new RegExp(`^${name}=$`, 'm'));
  });
});

describe('the catalogue', () => {
  it.each([...Object.entries<Setting>(CATALOGUE), ...Object.entries<Setting>(NUMBERED)])(
    'has an example and a default for %s that pass its own check',
    (_, setting) => {
      expect(checkValue(setting, setting.example)).toHaveProperty('value');
      if (setting.presence === 'default') expect(setting.type.safeParse(setting.otherwise).success).toBe(true);
    },
  );
});

describe('the settings table', () => {
  it('has a row for each setting, with its default or that it is required', () => {
    const table = renderSettingsTable();
    expect(table).toContain('| hosts | `VPS1_IP` | Address of VPS1 (MailWizz) | **required** |');
    expect(table).toContain('| hosts | `SSH_PORT` | Port of the SSH service | `22` |');
    expect(table).toContain(
      '| engine | `REDIS_PASSWORD` | Password of the API’s cache and queue | made by `ee init` |',
    );
    expect(table).toContain(
      '| sending | `DOMAIN1…DOMAINn` | Sending domain of the IP with the same number | mail{i}.BASE_DOMAIN |',
    );
    expect(table.match(/^\| /gm)).toHaveLength(SETTING_NAMES.length + 3 + 2);
  });
});
