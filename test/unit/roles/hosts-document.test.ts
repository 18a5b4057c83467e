import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/lib/package-root.js';
import { baselinePackages } from '../../../src/lib/roles/baseline.js';
import { ACCOUNTING_PACKAGES } from '../../../src/lib/roles/accounting.js';
import { ENGINE_PACKAGES, ENGINE_PORTS } from '../../../src/lib/roles/engine.js';
import { MAILWIZZ_PORTS, mailwizzPackages } from '../../../src/lib/roles/mailwizz.js';
import { NODE_EXPORTER_PORT } from '../../../src/lib/roles/ports.js';
import { powermtaPorts } from '../../../src/lib/roles/powermta.js';
import { HOST_NAMES } from '../../../src/lib/settings/settings.js';
import { factsOf, settingsWith, wantedIds } from '../../support/role-inputs.js';

/** The page's sections by their first word: `Every`, `VPS1:`, … */
const sections = new Map(
  readFileSync(join(packageRoot(), 'docs', 'hosts.md'), 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split(/[ :]/, 1)[0] ?? '', section]),
);
const section = (name: string): string => sections.get(name) ?? '';
/** One sending IP: the page names the first key and the last. */
const settings = settingsWith({ SENDING_IPS: '198.51.100.11' });

describe('the page about the hosts', () => {
  it.each([
    ['Every', baselinePackages(factsOf('vps1'))],
    ['VPS1', mailwizzPackages('8.2')],
    ['VPS2', ACCOUNTING_PACKAGES],
    ['VPS3', ENGINE_PACKAGES],
  ])('names the packages of: %s', (name, packages) => {
    expect(packages.length).toBeGreaterThan(0);
    expect(packages.filter((one) => !section(name).includes(`\`${one}\``))).toEqual([]);
  });

  it.each([
    ['VPS1', MAILWIZZ_PORTS],
    ['VPS2', powermtaPorts(settings)],
    ['VPS3', ENGINE_PORTS],
  ])('names the ports of %s, and no other', (name, ports) => {
    const rows = [...section(name).matchAll(/^\| (\d+) .*?\| (everybody|[^|:]*)/gm)];
    expect(rows.map(([, port, to]) => [Number(port), to === 'everybody'])).toEqual(
      ports.map(({ port, from }) => [port, from === undefined]),
    );
  });

  it('names the port of the node exporter', () => {
    expect(section('Every')).toContain(`| ${NODE_EXPORTER_PORT} | VPS3 |`);
  });

  it.each(HOST_NAMES)('names every file, service, user and database of %s', (host) => {
    const text = section('Every') + section(host.toUpperCase());
    const named = (word: string): boolean => text.includes(`\`${word}\``) || text.includes(`\`${word}/\``);
    const wanted = wantedIds(host, settings)
      .filter((id) => !id.startsWith('package'))
      .map((id) => id.slice(id.indexOf(':') + 1));
    expect(wanted.length).toBeGreaterThan(15);
    // Folders of several files, whose files have a name of their own on the page.
    const inFolder = (path: string): boolean =>
      named(path.slice(0, path.lastIndexOf('/'))) && text.includes(path.slice(path.lastIndexOf('/') + 1));
    const missing = wanted.filter((word) => !named(word) && !inFolder(word) && !text.includes(`in \`${word}\``));
    expect(missing).toEqual([]);
  });
});
