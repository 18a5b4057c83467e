import { describe, expect, it } from 'vitest';
import { configurationFrom } from '../../../src/lib/mailwizz/configuration.js';
import { lateCommands } from '../../../src/lib/mailwizz/cron.js';
import { versionIn } from '../../../src/lib/mailwizz/version.js';
import { Secret } from '../../../src/lib/secret.js';

describe('the configuration of the application', () => {
  const database = { name: 'mailwizz_v2', user: 'mailwizz', password: new Secret("$&-password-$'") };

  it('comes from its own template, with every token replaced as it is', () => {
    const template = "'{DB_CONNECTION_STRING}' '{DB_USER}' '{DB_PASS}' '{DB_PREFIX}' '{EMAILS_CUSTOM_HEADER_PREFIX}'";
    expect(configurationFrom(template, database)).toBe(
      "'mysql:host=localhost;dbname=mailwizz_v2' 'mailwizz' '$&-password-$'' 'mw_' 'X-'",
    );
  });

  it('is not written from a template that lacks a token', () => {
    expect(configurationFrom("'{DB_USER}' '{DB_PASS}'", database)).toBeUndefined();
  });
});

describe('the version of the application', () => {
  it('is what it defines', () => {
    expect(versionIn("<?php\ndefine('MW_VERSION', '2.2.11');")).toBe('2.2.11');
    expect(versionIn('define( "MW_VERSION" , "2.7.3" );')).toBe('2.7.3');
    expect(versionIn("define('OTHER', '1.0');")).toBeUndefined();
  });
});

describe('a scheduled command', () => {
  const all = (age: number) =>
    new Map(
      'send-campaigns queue send-transactional-emails process-delivery-and-bounce-log bounce-handler feedback-loop-handler hourly daily'
        .split(' ')
        .map((name) => [name, age] as const),
    );

  it('is late after two periods without a run', () => {
    expect(lateCommands({ installed: 1e6, ran: all(119) })).toEqual([]);
    expect(lateCommands({ installed: 1e6, ran: all(120) })).toEqual([
      'send-campaigns ran 120 s ago, is due every 60 s',
      'queue ran 120 s ago, is due every 60 s',
    ]);
  });

  it('is not late while the installation is too young for it', () => {
    expect(lateCommands({ installed: 100, ran: new Map() })).toEqual([]);
    expect(lateCommands({ installed: 130, ran: new Map() })).toEqual(['send-campaigns never ran', 'queue never ran']);
  });
});
