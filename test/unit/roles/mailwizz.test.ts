import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync, spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mailwizzPackages } from '../../../src/lib/roles/mailwizz.js';
import { differenceOf, newFile } from '../../support/role-inputs.js';

describe('PHP on VPS1', () => {
  describe('is asked for its extensions', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'ee-php-'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    /** Runs the check of the role with a `php8.2` that has these extensions. */
    function check(extensions: readonly string[]): { status: number | null; output: string } {
      writeFileSync(join(folder, 'php8.2'), `#!/bin/sh\nprintf '%s\\n' ${extensions.join(' ')}\n`, { mode: 0o755 });
      const { script } = differenceOf('vps1', 'file:/etc/php/8.2/fpm/conf.d/90-ee.ini');
      const verify = /if ! \{ (have=[^]*?)\n\}; then/.exec(script)?.[1] ?? 'exit 99';
      const env = { PATH: `${folder}:/usr/bin:/bin` };
      const { status, stdout } = spawnSync('/bin/sh', ['-c', verify], { encoding: 'utf8', env });
      return { status, output: stdout };
    }

    const ALL =
      'curl dom fileinfo gd iconv imap intl json libxml mbstring mysqli pcntl PDO pdo_mysql SimpleXML tidy xml zip'.split(
        ' ',
      );

    it('[R44] and passes with all that MailWizz needs', () => {
      expect(check(ALL)).toEqual({ status: 0, output: '' });
    });

    it.each(['tidy', 'pcntl', 'imap', 'fileinfo', 'SimpleXML', 'xml'])('[R44] and fails without %s', (missing) => {
      const { status, output } = check(ALL.filter((name) => name !== missing));
      expect(status).not.toBe(0);
      expect(output).toBe(`PHP 8.2 lacks: ${missing}\n`);
    });
  });

  it('[R45] takes uploads as large as the web server lets through', () => {
    expect(newFile('vps1', '/etc/php/8.2/fpm/conf.d/90-ee.ini')).toContain('post_max_size = 108M');
    expect(newFile('vps1', '/etc/nginx/conf.d/mailwizz.conf')).toContain('client_max_body_size 108m;');
  });
});

describe('the scheduled commands', () => {
  it('do nothing and do not fail before the application is installed', () => {
    const [line = ''] = newFile('vps1', '/etc/cron.d/mailwizz')
      .split('\n')
      .filter((one) => one.includes('queue'));
    const command = line.replace(/^(\S+ ){6}/, '');
    expect(() => execFileSync('/bin/sh', ['-c', command])).not.toThrow();
  });
});

describe('packages', () => {
  it('[R43] are installed without a question, and keep configuration that is there', () => {
    const { script } = differenceOf('vps1', 'packages:mailwizz', '');
    expect(script).toContain('DEBIAN_FRONTEND=noninteractive');
    expect(script).toContain('--force-confdef');
    expect(script).toContain('--force-confold');
    expect(script).toMatch(/apt-get -q -y .* install .*'?php8\.2-fpm'?/);
  });

  it('are only those that are missing', () => {
    const installed = mailwizzPackages('8.2').filter((name) => name !== 'nginx');
    const seen = installed.map((name) => `installed ${name}\n`).join('');
    expect(differenceOf('vps1', 'packages:mailwizz', seen).summary).toBe('install nginx');
  });
});
