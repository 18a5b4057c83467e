import { describe, expect, it } from 'vitest';
import type { Difference, Resource } from '../../../src/lib/converge/resource.js';
import { EeError } from '../../../src/lib/errors.js';
import { certbotWords, https, type HttpsWanted } from '../../../src/lib/roles/https.js';
import { isLate, readCertificate } from '../../../src/lib/roles/lineage.js';

const DIRECTORY = 'https://acme.example.com/directory';
const wanted: HttpsWanted = {
  ...{ domain: 'panel.example.com', directoryUrl: DIRECTORY, email: 'tls@example.com', certifiable: true },
};
const NOW = Date.parse('2026-12-01T00:00:00Z') / 1000;
const lineage = [
  `server ${DIRECTORY}`,
  'notBefore=Nov 27 12:00:00 2026 GMT',
  'notAfter=Feb 25 12:00:00 2027 GMT',
  'X509v3 Subject Alternative Name: ',
  '    DNS:panel.example.com',
  'pair',
  'trusted',
];
const now = `now ${NOW}`;
const own = 'served /etc/ssl/ee/own';
const live = 'served /etc/letsencrypt/live/panel.example.com';
const proof = `renewal ${DIRECTORY} panel.example.com`;
const done = [now, live, 'insists', proof, ...lineage];
const instead = (lines: readonly string[], start: string, by: string): string[] =>
  lines.map((line) => (line.startsWith(start) ? by : line));

const isOurs = ({ id }: Resource): boolean => /^(certificate|https|renewal):/.test(id);
const differences = (lines: readonly string[], changes: Partial<HttpsWanted> = {}): Difference[] =>
  https({ ...wanted, ...changes })
    .resources.filter(isOurs)
    .flatMap((resource) => resource.diff(Buffer.from(lines.join('\n'))) ?? []);
const summaries = (...given: Parameters<typeof differences>): string[] =>
  differences(...given).map(({ summary }) => summary);

const ASK = 'ask acme.example.com for a certificate for panel.example.com';
const SHOW = 'show the certificate at https://panel.example.com';
const TRY = 'try out the renewal of the certificate for panel.example.com';

describe('the certificate of a web host', () => {
  it('[R51] is asked for, shown, and its renewal tried out, once DNS leads to the host', () => {
    expect(summaries([now, own])).toEqual([ASK, SHOW, TRY]);
  });

  it('[R51] is not asked for while DNS leads elsewhere', () => {
    expect(summaries([now, own], { certifiable: false })).toEqual([]);
  });

  it('is left alone when all is done, also where DNS leads elsewhere now', () => {
    expect(summaries(done)).toEqual([]);
    expect(summaries(done, { certifiable: false })).toEqual([]);
  });

  it.each([
    ['nginx does not show it', instead(done, 'served', own), [SHOW]],
    ['browsers were not told to insist', done.filter((line) => line !== 'insists'), [SHOW]],
    ['the renewal was not tried out', done.filter((line) => line !== proof), [TRY]],
    ['a renewal was cut between certificate and key', done.filter((line) => line !== 'pair'), [ASK, SHOW, TRY]],
    ['it is of another authority', instead(done, 'server', 'server https://other.example/'), [ASK, SHOW, TRY]],
    ['it is for other names', instead(done, '    DNS', '    DNS:a.example.com, DNS:b.example.com'), [ASK, SHOW, TRY]],
    [
      'it ends in 20 days, so that its renewal failed',
      instead(done, 'now', `now ${Date.parse('2027-02-05T12:00:00Z') / 1000}`),
      [ASK, TRY],
    ],
  ])('is gone on with where %s', (_, lines, steps) => {
    expect(summaries(lines)).toEqual(steps);
  });

  it.each([
    ['that ends soon', instead(done, 'now', `now ${Date.parse('2027-02-05T12:00:00Z') / 1000}`)],
    ['whose renewal was not tried out', done.filter((line) => line !== proof)],
  ])('[R51] %s is left alone while DNS leads elsewhere: the authority would be asked in vain', (_, lines) => {
    expect(summaries(lines, { certifiable: false })).toEqual([]);
  });

  it('has browsers insist on HTTPS only where a browser would trust it', () => {
    const untrusted = done.filter((line) => line !== 'trusted');
    expect(summaries(untrusted)).toEqual([SHOW]);
    expect(summaries(untrusted.filter((line) => line !== 'insists'))).toEqual([]);
  });

  it('of six days is not taken for one whose renewal failed', () => {
    const short = (end: string) =>
      readCertificate(Buffer.from(instead([now, ...lineage], 'notAfter', `notAfter=${end}`).join('\n')));
    expect(isLate(short('Dec  3 12:00:00 2026 GMT'))).toBe(false);
    expect(isLate(short('Dec  1 12:00:00 2026 GMT'))).toBe(true);
  });

  it('is asked for by values that cannot become shell', () => {
    const [ask] = differences([now, own], { email: "o'neil@example.com" });
    expect(ask?.script).toContain(`--email 'o'\\''neil@example.com' --server '${DIRECTORY}'`);
  });
});

describe('a refusal', () => {
  const output = `step: asking for a certificate
Saving debug log to /var/log/letsencrypt/letsencrypt.log
Requesting a certificate for panel.example.com

Certbot failed to authenticate some domains (authenticator: webroot). The Certificate Authority reported these problems:
  Domain: panel.example.com
  Type:   connection
  Detail: 192.0.2.10: Connection refused

Some challenges have failed.
Ask for help or search for solutions at https://community.letsencrypt.org.
`;

  it('[R51] is told in certbot’s own words', () => {
    const [ask] = differences([now, own]);
    const failure = ask?.trial?.failure(1, output);
    expect(failure).toBeInstanceOf(EeError);
    expect(failure?.message).toBe(
      `acme.example.com gave no certificate for panel.example.com. It was asked once; everything else is done. certbot says:
  | Requesting a certificate for panel.example.com
  | Certbot failed to authenticate some domains (authenticator: webroot). The Certificate Authority reported these problems:
  |   Domain: panel.example.com
  |   Type:   connection
  |   Detail: 192.0.2.10: Connection refused
  | Some challenges have failed.`,
    );
  });

  it('of which certbot says nothing has no empty lines', () => {
    expect(certbotWords('\n\n')).toBe('');
  });
});
