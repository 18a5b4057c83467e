import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.js';

const ROOT = packageRoot();
const text = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const tracked = execFileSync('git', ['ls-files', 'src', 'bin', 'templates', 'engine/src', 'docs', 'README.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '');

describe('the project', () => {
  it('[R38] advises and opens plain HTTP nowhere but on the loopback', () => {
    const plain = tracked.flatMap((file) => {
      const found = text(file).match(/http:\/\/(?!127\.0\.0\.1|\[::1\]|localhost)[^\s'"`)]*/g) ?? [];
      return found.map((url) => `${file}: ${url}`);
    });
    expect(tracked.length).toBeGreaterThan(100);
    expect(plain).toEqual([]);
  });

  it.each([
    '.env',
    '.env.production',
    'secrets/dkim/mail1.example.com/mail.pem',
    'mail1.pem',
    'site.key',
    'mailwizz-email-engine/pmta-license-20260216',
    'pmta-license-20260216',
    'mailwizz-prod-20260216.tar.gz',
    'mailapp-prod-20260216.sql.gz',
    'powermta.deb',
    'powermta.rpm',
    'apps/common/config/main-custom.php',
  ])('[R123] keeps %s out of version control', (file) => {
    expect(spawnSync('git', ['check-ignore', '--no-index', '-q', file], { cwd: ROOT }).status).toBe(0);
  });

  it('keeps the example of the settings in version control', () => {
    const ignored = spawnSync('git', ['check-ignore', '--no-index', '-q', '.env.production.example'], { cwd: ROOT });
    expect(ignored.status).toBe(1);
  });

  it('[R115] runs every kind of test before a change lands, real deployments among them', () => {
    expect(text('.ci/run')).toMatch(/^set -euo pipefail$/m);
    expect(text('.ci/run')).toMatch(/^export EE_REQUIRE_LAB=1$/m);
    expect(text('.ci/run')).toMatch(/^npm test$/m);
    const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
    expect(scripts['test']).toBe('node bin/test.js');
    const projects = [...text('bin/test.js').matchAll(/\btests\(['`][^'`]+['`], '(\w+)'/g)].map(([, name]) => name);
    expect(projects.sort()).toEqual(['contract', 'lab', 'servers', 'unit']);
    expect(text('test/e2e/30-deploy.test.ts')).toContain("lab.ee('deploy', 'all', '--yes', '--json')");
  });
});
