import { readFileSync } from 'node:fs';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { createApp, type Ports } from '../src/app.js';
import type { Component } from '../src/health.js';
import { VERSION } from '../src/version.js';

const KEY = 'an-admin-key-of-the-tests-1234567890';
const ACCOUNTING_KEY = 'an-accounting-key-of-the-tests-123456';
const IDENTITIES = [{ ip: '192.0.2.11', domain: 'mail1.example.com', sender: 'contact@mail1.example.com' }];
const NO_ACCOUNTING: Ports['accounting'] = {
  add: (records) => Promise.resolve(records.length),
  suppression: () => Promise.resolve(undefined),
  newest: () => Promise.resolve(undefined),
};
const works = (name: string): Component => ({ name, check: () => Promise.resolve() });
const fails = (name: string): Component => ({ name, check: () => Promise.reject(new Error('connection refused')) });

const apps: FastifyInstance[] = [];
afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

function api(ports: Partial<Ports> = {}): FastifyInstance {
  const app = createApp({
    version: '1.2.3',
    adminKey: KEY,
    accountingKey: ACCOUNTING_KEY,
    components: [works('postgres'), works('redis')],
    identities: { all: () => Promise.resolve(IDENTITIES) },
    accounting: NO_ACCOUNTING,
    mailwizz: { state: () => Promise.resolve('ok') },
    log: false,
    ...ports,
  });
  apps.push(app);
  return app;
}

const get = (app: FastifyInstance, url: string, options: InjectOptions = {}): Promise<LightMyRequestResponse> =>
  app.inject({ method: 'GET', url, ...options });
const withKey = { headers: { 'x-api-key': KEY } };

describe('/health', () => {
  it('[R101] is 200 and ok when every component answers', async () => {
    const response = await get(api(), '/health');
    expect(response.statusCode).toBe(200);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.json()).toEqual({
      status: 'ok',
      components: { postgres: 'ok', redis: 'ok' },
      mailwizz: 'ok',
      version: '1.2.3',
      uptimeSeconds: expect.any(Number) as number,
    });
  });

  it('[R101] is 503 and names the component that is down', async () => {
    const response = await get(api({ components: [works('postgres'), fails('redis')] }), '/health');
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ status: 'degraded', components: { postgres: 'ok', redis: 'down' } });
  });

  it.each(['down', 'refused', 'unknown', 'no key'] as const)(
    '[R101] says that MailWizz is %s, and is 200 all the same: it does not stand on it',
    async (state) => {
      const response = await get(api({ mailwizz: { state: () => Promise.resolve(state) } }), '/health');
      expect([response.statusCode, response.json()]).toMatchObject([200, { status: 'ok', mailwizz: state }]);
    },
  );

  it('tells nothing of the reason', async () => {
    const response = await get(api({ components: [fails('postgres')] }), '/health');
    expect(response.body).not.toContain('refused');
  });
});

describe('a request without the right key', () => {
  it.each([
    ['/v1/identities', {}],
    ['/v1/identities', { headers: { 'x-api-key': '' } }],
    ['/v1/identities', { headers: { 'x-api-key': `${KEY}x` } }],
    ['/v1/identities', { headers: { 'x-api-key': KEY.slice(0, -1) } }],
    ['/v1/identities', { headers: { authorization: `Bearer ${KEY}` } }],
    [`/v1/identities?x-api-key=${KEY}`, {}],
    ['/no/such/route', {}],
    ['/health/', {}],
    ['/v1/identities', { method: 'POST' as const }],
    ['/metrics', { remoteAddress: '203.0.113.9' }],
    ['/metrics', { headers: { 'x-forwarded-for': '127.0.0.1' } }],
    ['/metrics', { headers: { 'x-real-ip': '127.0.0.1' } }],
    ['/metrics', { headers: { forwarded: 'for=127.0.0.1' } }],
  ])('[R97] is refused on %s %j', async (url, options) => {
    const response = await get(api(), url, options);
    expect(response.statusCode).toBe(401);
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(response.headers['www-authenticate']).toBe('ApiKey realm="email-engine"');
    expect(response.json()).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      code: 'unauthorized',
      detail: 'Send the API key in the header X-API-Key.',
    });
  });

  it('[R97] is refused on every route but /health, for every route that there is', async () => {
    const app = api();
    await app.ready();
    const routes = app.printRoutes({ commonPrefix: false }).matchAll(/(?<=─ )(\S+) \(([A-Z, ]+)\)/g);
    const methods = [...routes].map(([, url = '', list = '']) => [url, list.split(', ')] as const);
    expect(methods.map(([url]) => url)).toEqual([
      '/health',
      '/metrics',
      '/v1/identities',
      '/v1/accounting',
      '/v1/suppressions/:address',
    ]);
    const outside = { headers: { 'x-forwarded-for': '203.0.113.9' } };
    for (const [url, list] of methods) {
      for (const method of list) {
        const { statusCode } = await get(app, url, { ...outside, method: method as 'GET' });
        expect([method, url, statusCode]).toEqual([method, url, url === '/health' ? 200 : 401]);
      }
    }
  });
});

describe('/v1/identities', () => {
  it('lists who may send', async () => {
    const response = await get(api(), '/v1/identities', withKey);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ identities: IDENTITIES });
  });

  it('is 503 while the database does not answer', async () => {
    const identities = { all: () => Promise.reject(new Error('password authentication failed for user "x"')) };
    const response = await get(api({ identities }), '/v1/identities', withKey);
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ status: 503, code: 'database_unavailable' });
    expect(response.body).not.toContain('password');
  });
});

describe('/v1/accounting', () => {
  const withKeyOf = (key: string) => ({ method: 'POST' as const, headers: { 'x-api-key': key } });
  const record = (id: string, fields: Record<string, unknown> = {}) => ({
    id: id.repeat(64),
    fields: { type: 'd', timeLogged: '1795508100', ...fields },
  });
  const post = (payload: object, ports: Partial<Ports> = {}) =>
    get(api(ports), '/v1/accounting', { ...withKeyOf(ACCOUNTING_KEY), payload });

  it('[R97] takes its own key alone, which opens nothing else', async () => {
    const app = api();
    const payload = { records: [record('a')] };
    const status = async (url: string, key: string, method: 'GET' | 'POST') =>
      (await get(app, url, { ...withKeyOf(key), method, ...(method === 'POST' ? { payload } : {}) })).statusCode;
    expect(await status('/v1/accounting', ACCOUNTING_KEY, 'POST')).toBe(200);
    expect(await status('/v1/accounting', KEY, 'POST')).toBe(401);
    for (const url of ['/v1/identities', '/v1/suppressions/a@b.example', '/metrics', '/v1/accounting', '/nothing']) {
      const asIfOutside = { headers: { 'x-api-key': ACCOUNTING_KEY, 'x-forwarded-for': '203.0.113.9' } };
      expect([url, (await get(app, url, asIfOutside)).statusCode]).toEqual([url, 401]);
    }
  });

  it('says how many records were new', async () => {
    const accounting = { ...NO_ACCOUNTING, add: () => Promise.resolve(1) };
    const app = api({ accounting });
    const payload = { records: [record('a'), record('b'), record('c')] };
    const { statusCode, body } = await get(app, '/v1/accounting', { ...withKeyOf(ACCOUNTING_KEY), payload });
    expect([statusCode, JSON.parse(body)]).toEqual([200, { accepted: 1, duplicate: 2 }]);
    const metrics = (await get(app, '/metrics')).body;
    expect(metrics).toContain('\nee_acct_records_total{result="accepted"} 1\n');
    expect(metrics).toContain('\nee_acct_records_total{result="duplicate"} 2\n');
    expect(metrics).not.toContain('\nee_acct_last_record_timestamp_seconds ');
  });

  it('says when the newest record was logged', async () => {
    const newest = () => Promise.resolve(new Date('2026-11-24T08:15:00Z'));
    const { body } = await get(api({ accounting: { ...NO_ACCOUNTING, newest } }), '/metrics');
    expect(body).toContain('\nee_acct_last_record_timestamp_seconds 1795508100\n');
  });

  it.each([
    ['no batch', {}, 400],
    ['an empty batch', { records: [] }, 400],
    ['too many records', { records: Array.from({ length: 1001 }, () => record('a')) }, 400],
    ['an id that is none', { records: [{ ...record('a'), id: 'x' }] }, 400],
    ['a field that is no text', { records: [record('a', { rcpt: { a: 1 } })] }, 400],
    ['a type that is none', { records: [record('a', { type: 'x' })] }, 422],
    ['more than four megabytes', { records: [record('a', { dsnDiag: 'x'.repeat(4_200_000) })] }, 413],
  ])('refuses %s', async (_what, payload, status) => {
    const response = await post(payload);
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  });

  it('blames itself while the database is away, and the record where PostgreSQL refuses a value', async () => {
    const failing = (error: Error) => ({ accounting: { ...NO_ACCOUNTING, add: () => Promise.reject(error) } });
    const payload = { records: [record('a')] };
    expect((await post(payload, failing(new Error('connection refused')))).statusCode).toBe(503);
    const refused = Object.assign(new Error('bad value'), { code: '22P05' });
    expect((await post(payload, failing(refused))).json()).toMatchObject({ status: 422, code: 'not_storable' });
  });
});

describe('/v1/suppressions', () => {
  it('says why an address is not written to', async () => {
    const found = {
      address: 'a@b.example',
      reason: 'complaint',
      category: null,
      since: '2026-11-24T08:15:00Z',
      until: null,
    };
    const suppression = (address: string) => Promise.resolve(address === 'a@b.example' ? found : undefined);
    const app = api({ accounting: { ...NO_ACCOUNTING, suppression } });
    expect((await get(app, '/v1/suppressions/a%40b.example', withKey)).json()).toEqual(found);
    const other = await get(app, '/v1/suppressions/c@d.example', withKey);
    expect([other.statusCode, other.json()]).toMatchObject([404, { code: 'not_suppressed' }]);
    expect((await get(app, '/v1/suppressions/nobody', withKey)).statusCode).toBe(400);
  });
});

describe('failures', () => {
  it('are problem documents, and show nothing of the inside', async () => {
    const app = api();
    app.get('/broken', () => {
      throw new Error('a secret detail');
    });
    const missing = await get(app, '/nothing?x=1', withKey);
    expect(missing.json()).toMatchObject({ status: 404, code: 'not_found', detail: 'There is no GET /nothing.' });
    const broken = await get(app, '/broken', withKey);
    expect(broken.statusCode).toBe(500);
    expect(broken.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(broken.body).not.toContain('secret');
  });
});

describe('/metrics', () => {
  it('has the build, the components, the process and the requests, by route and not by address', async () => {
    const app = api({ components: [works('postgres'), fails('redis')] });
    await get(app, '/health');
    await get(app, '/v1/identities', withKey);
    await get(app, '/made/up/path', withKey);

    const { statusCode, headers, body } = await get(app, '/metrics');
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(body.split('\n')).toEqual(
      expect.arrayContaining([
        `ee_build_info{version="1.2.3",node="${process.versions.node}"} 1`,
        'ee_component_up{component="postgres"} 1',
        'ee_component_up{component="redis"} 0',
        'ee_api_requests_total{route="/health",method="GET",code="503"} 1',
        'ee_api_requests_total{route="/v1/identities",method="GET",code="200"} 1',
        'ee_api_requests_total{route="none",method="GET",code="404"} 1',
        'ee_api_request_duration_seconds_count{route="/health",method="GET"} 1',
      ]),
    );
    expect(body).toContain('process_resident_memory_bytes');
    expect(body).not.toContain('made/up');
  });

  it('[R122] counts on every further request', async () => {
    const app = api();
    for (let count = 0; count < 3; count++) await get(app, '/health');
    expect((await get(app, '/metrics')).body).toContain(
      'ee_api_requests_total{route="/health",method="GET",code="200"} 3',
    );
  });

  it('is given to the holder of the key from elsewhere', async () => {
    const response = await get(api(), '/metrics', { headers: { 'x-forwarded-for': '203.0.113.9', 'x-api-key': KEY } });
    expect(response.statusCode).toBe(200);
  });
});

describe('the version', () => {
  it('is that of the package', () => {
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(VERSION).toBe(manifest.version);
  });
});
