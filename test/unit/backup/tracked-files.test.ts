import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judgeTracked, trackedSecrets } from '../../../src/lib/backup/tracked-files.js';

describe('what git may track', () => {
  it.each([
    '.env',
    '.env.production',
    'deploy/.env.local',
    'id_ed25519',
    'secrets/dkim/mail1.example.com/s1.pem',
    'tls/panel.key',
    'mailwizz-email-engine/pmta-license-20260216',
    'etc/pmta/license',
    'mailwizz-email-engine/mailwizz-prod-20260216.tar.gz',
    'mailwizz-email-engine/mailapp-prod-20260216.sql.gz',
    'packages/PowerMTA-5.0.rpm',
    'packages/pmta.deb',
    'www/apps/common/config/main-custom.php',
  ])('[R123] is not %s', (path) => {
    expect(judgeTracked('/repo', [path]).map(({ code, severity }) => [code, severity])).toEqual([
      ['TRACKED_BY_GIT', 'error'],
    ]);
    expect(judgeTracked('/repo', [path])[0]?.message).toContain(path);
  });

  it('[R123] is not the source tree of MailWizz', () => {
    const tree = [
      'www/apps/init.php',
      ...Array.from({ length: 600 }, (_, i) => `www/apps/common/models/Model${i}.php`),
    ];
    expect(judgeTracked('/repo', tree)[0]?.message).toContain(
      'sources of MailWizz are tracked by git in /repo: www/apps/init.php',
    );
  });

  it('is an example, a public key and ordinary source', () => {
    const fine = [
      '.env.production.example',
      'keys/id_ed25519.pub',
      'src/key.ts',
      'docs/license.md',
      'LICENSE',
      'notes.tar.gz',
    ];
    expect(judgeTracked('/repo', fine)).toEqual([]);
  });
});

describe('asking git', () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'ee-tracked-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const track = async (...paths: readonly string[]): Promise<void> => {
    await promisify(execFile)('git', ['init', '-q'], { cwd: folder });
    for (const path of paths) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), 'x');
      await promisify(execFile)('git', ['add', '-f', path], { cwd: folder });
    }
  };

  it('[R123] finds what is tracked in the repository around a folder', async () => {
    await track('.env.production', 'set/pmta-license-20260216', 'src/index.ts');
    await writeFile(join(folder, 'id_rsa'), 'not tracked');
    const problems = await trackedSecrets([join(folder, 'set'), folder]);
    expect(problems.map(({ message }) => message.split(' are tracked')[0])).toEqual([
      'settings with secrets',
      'licences',
    ]);
  });

  it('finds nothing where there is no repository', async () => {
    expect(await trackedSecrets([folder, join(folder, 'missing')])).toEqual([]);
  });
});
