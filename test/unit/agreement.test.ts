import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureKeys, readKeys } from '../../src/lib/dkim/key-store.js';
import { FIRST_SELECTOR, recordName } from '../../src/lib/dkim-selector.js';
import { recordSet, type RecordSet } from '../../src/lib/dns/record-set.js';
import { adapt } from '../../src/lib/pmta/adapt.js';
import { RELAY_CERTIFICATE, adaptationPlan } from '../../src/lib/pmta/adapt/plan.js';
import { printText } from '../../src/lib/pmta/document.js';
import { parseText } from '../../src/lib/pmta/parse.js';
import { senderRoutes, virtualMtaFor, virtualMtas, type VirtualMta } from '../../src/lib/pmta/senders.js';
import type { Settings } from '../../src/lib/settings/settings.js';
import { settingsWith, wantedIds } from '../support/role-inputs.js';
import { twoIps } from './pmta/two-ips.js';

describe('what one room writes, another reads', () => {
  let folder: string;
  let settings: Settings;
  let configuration: string;
  let machines: VirtualMta[];
  let records: RecordSet;
  let privateKeys: Map<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-agreement-'));
    settings = settingsWith({ SENDING_IPS: '198.51.100.11-198.51.100.13' });
    const { identities } = settings.sending;
    await ensureKeys(folder, identities);
    const keys = await readKeys(folder, identities);
    privateKeys = new Map(keys.map(({ domain, privateKey }) => [domain, privateKey.reveal()]));
    records = recordSet(settings, keys);
    const { document } = adapt(parseText(twoIps()), adaptationPlan(settings, FIRST_SELECTOR));
    configuration = printText(document);
    machines = virtualMtas(document);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const textOf = (name: string): string => {
    const found = records.records.flatMap((record) => (record.type === 'TXT' && record.name === name ? [record] : []));
    expect([name, found.length]).toEqual([name, 1]);
    return found[0]?.text ?? '';
  };

  it('[R35] the files that PowerMTA’s configuration names are those that the role puts there', () => {
    const onHost = wantedIds('vps2', settings);
    const named = machines.map(({ key }) => key?.file);
    expect(named).toEqual(['/etc/pmta/dkim/mail1.pem', '/etc/pmta/dkim/mail2.pem', '/etc/pmta/dkim/mail3.pem']);
    for (const file of [...named, RELAY_CERTIFICATE]) expect(onHost).toContain(`file:${file}`);
    expect(configuration).toContain(RELAY_CERTIFICATE);
  });

  it('[R88] the selector in the configuration is the one under which DNS has the key', () => {
    const published = records.records.map(({ name }) => name).filter((name) => name.includes('._domainkey.'));
    expect(machines.map(({ key }) => recordName(key?.selector ?? '', key?.domain ?? ''))).toEqual(published);
    expect(published).toEqual([1, 2, 3].map((index) => `mail._domainkey.mail${index}.example.com`));
  });

  it('[R86] the key in DNS is the public half of the key that signs', () => {
    for (const { domain } of settings.sending.identities) {
      const signing = createPublicKey(createPrivateKey(privateKeys.get(domain) ?? ''));
      const published = /p=([^;]+)/.exec(textOf(recordName(FIRST_SELECTOR, domain)))?.[1];
      expect(published).toBe(signing.export({ type: 'spki', format: 'der' }).toString('base64'));
    }
  });

  it('[R81] the signing domain is that of the sender, so that DMARC is aligned in its strict mode too', () => {
    const routes = senderRoutes(parseText(configuration), 'sender-to-vmta');
    for (const { sender, domain, ip } of settings.sending.identities) {
      const machine = machines.find(({ name }) => name === virtualMtaFor(routes, sender));
      expect(machine).toMatchObject({ ip, host: domain, key: { domain: sender.split('@')[1] } });
    }
    expect(textOf('_dmarc.example.com')).toMatch(/^v=DMARC1; p=/);
  });

  it('the IP that a sender leaves from is the one that SPF, the address and the reverse name speak of', () => {
    for (const { ip, host } of machines) {
      expect(textOf(host ?? '')).toBe(`v=spf1 ip4:${ip} -all`);
      expect(records.records).toContainEqual(expect.objectContaining({ type: 'A', name: host, address: ip }));
    }
    expect(records.reverse.map(({ ip, target }) => [ip, target])).toEqual(machines.map(({ ip, host }) => [ip, host]));
  });
});
