import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiClient, type ApiAddress } from '../../src/shipper/api-client.js';
import type { AccountingRecord } from '../../src/shipper/records.js';
import { HttpsServer } from '../https-server.js';

const NAME = 'api.example.com';
const RECORD: AccountingRecord = { kind: 'record', id: 'a'.repeat(64), fields: { type: 'd' } };
const signal = new AbortController().signal;

describe('the API as the shipper sees it', () => {
  let server: HttpsServer;
  beforeAll(async () => {
    server = await HttpsServer.start(NAME);
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    server.answer = () => {
      throw new Error('nothing was to be asked');
    };
  });

  const client = (changes: Partial<ApiAddress> = {}) =>
    new ApiClient({ ...server.address, key: 'the key', ...changes });
  const json = (response: ServerResponse, status: number, document: unknown, headers = {}) =>
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(document));

  it('is sent the records under its own name, with the key', async () => {
    server.answer = ({ method, url, headers }, response, body) => {
      expect([method, url, headers.host, headers['x-api-key']]).toEqual(['POST', '/v1/accounting', NAME, 'the key']);
      expect(JSON.parse(body)).toEqual({ records: [{ id: RECORD.id, fields: { type: 'd' } }] });
      json(response, 200, { accepted: 1, duplicate: 0 });
    };
    expect(await client().send([RECORD], signal)).toEqual({ kind: 'accepted', accepted: 1, duplicate: 0 });
  });

  it('is told nothing unless its certificate is right: trusted, and of its name', async () => {
    expect(await client({ authorities: [] }).send([RECORD], signal)).toMatchObject({
      kind: 'later',
      reason: expect.stringContaining('self-signed') as string,
    });
    expect(await client({ name: 'other.example.com' }).send([RECORD], signal)).toMatchObject({
      kind: 'later',
      reason: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID') as string,
    });
  });

  it.each([
    [400, { detail: 'no batch' }, 'refused'],
    [422, { detail: 'no record' }, 'refused'],
    [413, {}, 'refused'],
    [400, {}, 'later'], // not of the API
    [401, { detail: 'Send the key' }, 'later'],
    [404, { detail: 'no such route' }, 'later'],
    [429, {}, 'later'],
    [500, {}, 'later'],
    [502, {}, 'later'],
    [503, { detail: 'the database' }, 'later'],
    [200, { hello: 'from another server' }, 'later'],
  ])('that answers %i %j has %s the batch', async (status, document, kind) => {
    server.answer = (_request, response) => json(response, status, document);
    expect(await client().send([RECORD], signal)).toMatchObject({ kind });
  });

  it('is asked again when it says so', async () => {
    server.answer = (_request, response) => json(response, 503, {}, { 'Retry-After': '17' });
    expect(await client().send([RECORD], signal)).toMatchObject({ kind: 'later', after: 17_000 });
  });

  it('may break off in the middle of its answer, or be away', async () => {
    server.answer = (_request, response) => {
      response.writeHead(200, { 'Content-Length': 100 }).write('{"accepted"');
      response.socket?.destroy();
    };
    expect(await client().send([RECORD], signal)).toMatchObject({ kind: 'later' });
    expect(await client({ port: 1 }).send([RECORD], signal)).toMatchObject({
      kind: 'later',
      reason: expect.stringContaining('ECONNREFUSED') as string,
    });
  });
});
