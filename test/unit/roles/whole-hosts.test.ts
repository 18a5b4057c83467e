import { describe, expect, it } from 'vitest';
import type { Difference } from '../../../src/lib/converge/resource.js';
import { wantedStages } from '../../../src/lib/deploy/wanted.js';
import { HOST_NAMES, type HostName } from '../../../src/lib/settings/settings.js';
import { factsOf, inputsFor, newFile, settingsWith } from '../../support/role-inputs.js';

const settings = settingsWith();
const resourcesOf = (host: HostName) =>
  wantedStages(host, settings, factsOf(host), inputsFor(settings)).flatMap(({ resources }) => resources);
const differencesOf = (host: HostName): Difference[] =>
  resourcesOf(host).flatMap(({ diff }) => diff(Buffer.from('absent\n')) ?? []);

/** Every script that a deployment of a bare host sends there, with the texts of its files. */
function sentTo(host: HostName): string[] {
  const handlers = resourcesOf(host).flatMap(({ notifies = [] }) => notifies.map(({ script }) => script));
  const differences = differencesOf(host);
  return [
    ...resourcesOf(host).map(({ probe }) => probe),
    ...differences.flatMap(({ script, revert = '', detail = '' }) => [script, revert, detail]),
    ...handlers,
  ];
}

/** Variables that a script reads and does not set. What the shell does not expand does not count. */
function foreignIn(script: string): string[] {
  const text = script.replace(/<<'(\w+)'[^]*?\n\1(?=\n|$)/g, '').replace(/'[^']*'/g, "''");
  const used = [...text.matchAll(/\$\{?([A-Z][A-Z0-9_]*)/g)].map(([, name = '']) => name);
  // Set by what the tool itself puts before every change.
  return used.filter((name) => !new RegExp(`(^|[\\s;])${name}=`, 'm').test(text) && name !== 'EE_BACKUP');
}

describe.each(HOST_NAMES)('a deployment of %s', (host) => {
  it('[R29] passes every value in the script itself: no script reads a variable that it did not set', () => {
    expect(sentTo(host).flatMap(foreignIn)).toEqual([]);
  });

  it('[R12] has no credentials in a URL', () => {
    const all = sentTo(host);
    expect(all.length).toBeGreaterThan(30);
    expect(all.filter((text) => /:\/\/[^\s/'"]*:[^\s/'"]*@/.test(text))).toEqual([]);
  });

  it('runs nothing that it fetched from somewhere', () => {
    const all = sentTo(host).join('\n');
    expect(all).not.toMatch(/(curl|wget)[^\n]*\|\s*(sudo )?(ba)?sh\b/);
    expect(all).not.toMatch(/allow-unauthenticated|trusted=yes|--no-check-certificate|apt-key/);
  });
});

it('a script that read a variable of somebody else would be found', () => {
  expect(foreignIn('echo "$VPS1_IP"')).toEqual(['VPS1_IP']);
  expect(foreignIn("VPS1_IP=192.0.2.1\necho \"$VPS1_IP\" '$QUOTED'\ncat <<'END'\n$HEREDOC\nEND")).toEqual([]);
});

it('[R121] Prometheus has one job of each name', () => {
  const text = newFile('vps3', '/etc/prometheus/prometheus.yml');
  const jobs = [...text.matchAll(/job_name: (\S+)/g)].map(([, name]) => name);
  expect(jobs).toEqual(expect.arrayContaining(['prometheus', 'email-engine', 'node']));
  expect(new Set(jobs).size).toBe(jobs.length);
});
