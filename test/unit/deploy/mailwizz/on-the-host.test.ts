import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { curlConfiguration } from '../../../../src/lib/deploy/mailwizz/browser.js';
import { healthProofs, cronProof } from '../../../../src/lib/deploy/mailwizz/health.js';
import { lookScript, parseLook } from '../../../../src/lib/deploy/mailwizz/look.js';
import { phpCommand } from '../../../../src/lib/roles/panel-php.js';
import { undoScript } from '../../../../src/lib/deploy/mailwizz/undo.js';
import { Answers } from '../../../../src/lib/deploy/status/proof.js';
import { Secret } from '../../../../src/lib/secret.js';
import { settingsWith } from '../../../support/role-inputs.js';

const settings = settingsWith();

describe('the browser on the host', () => {
  it('[R41] writes forms as options of curl, in which nothing can become another option', () => {
    const text = curlConfiguration('panel.example.com', '/x?y=1', [
      ['UserLogin[email]', 'a"b\\c@example.com'],
      ['password', new Secret('s=&"')],
    ]);
    expect(text.split('\n')).toEqual([
      'insecure',
      'url = "https://panel.example.com/x?y=1"',
      'resolve = "panel.example.com:443:127.0.0.1"',
      'noproxy = "*"',
      'cookie = "cookies"',
      'cookie-jar = "cookies"',
      'header = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"',
      'user-agent = "Mozilla/5.0 (compatible; ee)"',
      'max-time = "660"',
      'output = "page"',
      'write-out = "%{http_code}\\t%{redirect_url}"',
      'data-urlencode = "UserLogin%5Bemail%5D=a\\"b\\\\c@example.com"',
      'data-urlencode = "password=s=&\\""',
    ]);
    expect(() => curlConfiguration('d', '/', [['a', 'b\nurl = "http://elsewhere"']])).toThrow(
      'not a value for one line',
    );
  });
});

describe('the look at the application', () => {
  it('is shell that a bare host understands, and then tells of no application', () => {
    const output = execFileSync('sh', { input: lookScript(settings.mailwizz, '8.2') }).toString();
    expect(parseLook(output, 'vps1')).toEqual({ proven: false, schema: [], rows: new Map(), administrator: false });
  });

  it('holds no secret', () => {
    expect(lookScript(settings.mailwizz, '8.2')).not.toContain(settings.mailwizz.database.password.reveal());
  });

  it('is understood line by line', () => {
    const output = [
      `version\tdefine('MW_VERSION', '2.2.11');`,
      `installer\tdefine('MW_VERSION', '2.2.10');`,
      'schema\toption',
      'schema\tuser',
      'configuration\t{"dsn":"mysql:host=localhost;dbname=x","user":"u","prefix":"mw_"}',
      'database\tyes',
      'table\tmw_option',
      'rows\tuser\t1',
      'rows\tcampaign\t0',
      'administrator\t1',
    ].join('\n');
    expect(parseLook(output, 'vps1')).toEqual({
      version: '2.2.11',
      installer: { version: '2.2.10' },
      configuration: { dsn: 'mysql:host=localhost;dbname=x', user: 'u', prefix: 'mw_' },
      proven: false,
      tables: ['mw_option'],
      schema: ['option', 'user'],
      rows: new Map([
        ['user', 1],
        ['campaign', 0],
      ]),
      administrator: true,
    });
    expect(parseLook('unanswered\tyes', 'vps1')).toMatchObject({ unanswered: true });
    expect(parseLook('installer\t\nconfiguration\tunreadable', 'vps1')).toMatchObject({
      installer: {},
      configuration: 'unreadable',
    });
  });
});

describe('PHP on the host', () => {
  it('[R41] is told its input on standard input', () => {
    const command = phpCommand('8.2', 'www-data', 'administrator', { password: 'secret-of-mine' });
    expect(command.split('\n')[0]).toMatch(/^runuser -u 'www-data' -- \/usr\/bin\/php8\.2 [^']* <<'EE_PHP_\w+'$/);
    expect(command).not.toContain('secret-of-mine');
    expect(command.match(/<\?php/g)).toHaveLength(1);
  });
});

describe('what undoes a half-made installation', () => {
  const script = undoScript({
    php: '8.2',
    answers: { ...settings.mailwizz, purchaseCode: new Secret('x') },
  });

  it('[R23] ends what still imports, and keeps copies before it drops anything', () => {
    const order = [
      'restart php8.2-fpm',
      "'KILL '",
      'ee_keep',
      'mariadb-dump',
      'DROP DATABASE',
      'CREATE DATABASE',
      'rm -f apps/',
    ];
    const places = order.map((word) => script.indexOf(word));
    expect(places).not.toContain(-1);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
  });

  it('is shell', () => {
    expect(() => execFileSync('sh', ['-n'], { input: script })).not.toThrow();
  });
});

describe('the health of the panel', () => {
  const good = [
    'page:0\t200',
    'page:1\t200',
    'page:2\t200',
    'page:3\t200',
    'page:4\t400',
    'page:5\t403',
    'page:6\t403',
    'page:7\t403',
    'page:8\t404',
    `version\tdefine('MW_VERSION', '2.2.11');`,
    'hello\tHello World!',
    'option:system.common.version\t2.2.11',
    'option:system.common.site_status\tonline',
    'option:system.common.api_status\tonline',
    ...['frontend', 'backend', 'customer', 'api'].map(
      (name) => `option:system.urls.${name}_absolute_url\thttps://panel.example.com/${name}/index.php/`,
    ),
    'installed\t100000',
  ];
  const proofs = (lines: readonly string[]) =>
    healthProofs(new Answers(lines.join('\n')), { ...settings.mailwizz, panelDomain: 'panel.example.com' });
  const bad = (lines: readonly string[]) =>
    proofs(lines)
      .filter(({ ok }) => !ok)
      .map(({ what, seen }) => `${what}: ${seen}`);
  const without = (start: string, ...instead: string[]) => [
    ...good.filter((line) => !line.startsWith(start)),
    ...instead,
  ];

  it('is good when every page answers as it must', () => {
    expect(bad(good)).toEqual([]);
  });

  it.each([
    [
      'page:1',
      'page:1\t200 without csrf_token',
      'login of the backend: /backend/index.php/guest/index answers 200 without csrf_token',
    ],
    ['page:8', 'page:8\t200', 'wizard: /install/ answers 200'],
    ['page:6', 'page:6\t200', 'configuration: /apps/common/config/main-custom.php answers 200'],
    ['hello', 'hello\t', 'console: says nothing: offline'],
    [
      'option:system.common.version',
      'option:system.common.version\t2.1.13',
      'version: 2.2.11, and its database is of 2.1.13',
    ],
    ['option:system.common.site_status', '', 'version: 2.2.11, offline'],
    [
      'option:system.urls.api',
      'option:system.urls.api_absolute_url\thttp://192.0.2.10/api/',
      'addresses in mails: api_absolute_url is http://192.0.2.10/api/',
    ],
    ['foreign', 'foreign\tapps/common/runtime/x', 'files of PHP: apps/common/runtime/x belong to somebody else'],
    ['code', 'code\t./index.php', 'code on disk: ./index.php can be written by PHP'],
    ['open', 'open\t./apps/extensions', 'modes: ./apps/extensions can be written by everybody'],
  ])('is not with another %s', (start, instead, problem) => {
    expect(bad(without(start, instead))).toEqual([problem]);
  });

  it('has commands that run', () => {
    expect(cronProof(new Answers('installed\t100000\nran\tqueue\t10')).seen).toContain('send-campaigns never ran');
    expect(cronProof(new Answers('installed\t50')).ok).toBe(true);
  });
});
