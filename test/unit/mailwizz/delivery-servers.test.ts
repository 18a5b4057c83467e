import { describe, expect, it } from 'vitest';
import {
  type DeliveryServer,
  inOneLine,
  planServers,
  serverDisagreements,
  serversSaying,
  wantedServers,
} from '../../../src/lib/mailwizz/delivery-servers.js';
import { bind } from '../../../src/lib/dns/formats/bind.js';
import { recordSet } from '../../../src/lib/dns/record-set.js';
import { adapt } from '../../../src/lib/pmta/adapt.js';
import { adaptationPlan } from '../../../src/lib/pmta/adapt/plan.js';
import { printDocument } from '../../../src/lib/pmta/document.js';
import { parseDocument } from '../../../src/lib/pmta/parse.js';
import { settingsWith } from '../../support/role-inputs.js';

const settings = settingsWith();
const wanted = wantedServers(settings);

/** The servers as the application would tell them, once they are as they should be. */
const there = wanted.map(({ password: _, ...server }, at): DeliveryServer => ({
  ...server,
  id: at + 1,
  passwordAgrees: true,
}));
const changed = (id: number, change: Partial<DeliveryServer>) =>
  there.map((server) => (server.id === id ? { ...server, ...change } : server));
const disagreements = (servers: readonly DeliveryServer[]) => serverDisagreements(planServers(servers, wanted));

describe('the delivery servers of MailWizz', () => {
  it('[R55] are one a sender, of the type for PowerMTA, with the credentials of the relay', () => {
    expect(wanted).toHaveLength(settings.sending.identities.length);
    const { sender, ip } = settings.sending.identities[0] ?? { sender: '', ip: '' };
    expect(wanted[0]).toEqual({
      name: 'vmta-mail1',
      type: 'smtp-pmta',
      hostname: ip,
      port: settings.pmta.smtpPort,
      protocol: 'tls',
      username: settings.pmta.smtpUser,
      password: settings.pmta.smtpPassword,
      from_email: sender,
      force_from: 'always',
      use_for: 'all',
      status: 'active',
      virtualMta: 'vmta-mail1',
    });
  });

  it('[R17] agree with sender map, virtual MTAs, keys and DNS, which follow from the same senders', () => {
    const document = adapt(parseDocument(Buffer.from('')), adaptationPlan(settings, 'mail')).document;
    const text = printDocument(document).toString('latin1');
    const { identities } = settings.sending;
    const keys = identities.map(({ domain }) => ({ domain, selector: 'mail', record: 'v=DKIM1; p=' }));
    const zone = bind(recordSet(settings, keys));
    for (const { virtualMta, hostname: ip, from_email } of wanted) {
      const domain = from_email.slice(from_email.indexOf('@') + 1);
      const block = text.slice(text.indexOf(`<virtual-mta ${virtualMta}>`)).split('</virtual-mta>')[0] ?? '';
      expect(block).toContain(`smtp-source-host ${ip} ${domain}`);
      expect(block).toContain(`domain-key mail,${domain},/etc/pmta/dkim/${virtualMta.replace('vmta-', '')}.pem`);
      const mapped = text.split('\n').filter((line) => line.includes(`virtual-mta=${virtualMta}`));
      expect(mapped.map((line) => line.replaceAll('\\', '').includes(domain))).toEqual([true]);
      expect(zone).toMatch(
        new RegExp(`^${domain.replaceAll('.', '\\.')}\\.\\s.*\\sA\\s+${ip.replaceAll('.', '\\.')}$`, 'm'),
      );
      expect(zone).toContain(`mail._domainkey.${domain}.`);
    }
    expect(text.match(/^<virtual-mta /gm)).toHaveLength(wanted.length);
  });

  it('[R17] agree with the senders in both directions', () => {
    expect(disagreements(there)).toEqual([]);
    expect(disagreements(there.slice(1))).toEqual([`${wanted[0]?.from_email} has no delivery server`]);
    const stranger = { ...there[0], id: 99, name: 'old relay', from_email: 'old@example.org' } as DeliveryServer;
    expect(disagreements([...there, stranger])).toEqual([
      'delivery server 99 (old relay) sends as old@example.org, and is none of a sender',
    ]);
    const gone = { ...stranger, name: 'vmta-mail9' };
    expect(disagreements([...there, gone])).toEqual([
      'vmta-mail9 still sends as old@example.org, which is no sender of the settings',
    ]);
    expect(disagreements([...there, { ...gone, status: 'inactive' }])).toEqual([]);
  });

  it('are told in one line, the first five of many, with the command that mends what is the senders’', () => {
    const alone = planServers(
      [...there, { ...there[0], id: 99, name: 'old relay', from_email: 'old@example.org' } as DeliveryServer],
      wanted,
    );
    expect(serversSaying(alone)).toBe(
      'delivery server 99 (old relay) sends as old@example.org, and is none of a sender',
    );
    expect(serversSaying(planServers(there.slice(1), wanted))).toBe(
      `${wanted[0]?.from_email} has no delivery server. \`ee mailwizz servers\` gives each sender its own`,
    );
    expect(inOneLine(['a', 'b', 'c', 'd', 'e'])).toBe('a; b; c; d; e');
    expect(inOneLine(['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toBe('a; b; c; d; e; and 2 more');
  });

  it.each<[string, Partial<DeliveryServer>]>([
    ['hostname', { hostname: '192.0.2.99' }],
    ['port', { port: 25 }],
    ['username', { username: '' }],
    ['password', { passwordAgrees: false }],
    ['virtualMta', { virtualMta: 'vmta-mail2' }],
    ['status', { status: 'inactive' }],
    ['force_from', { force_from: 'never' }],
    ['type', { type: 'smtp' }],
  ])('[R17] are corrected where the %s differs', (field, change) => {
    const plan = planServers(changed(1, change), wanted);
    expect(plan.changes.map(({ id, differs }) => [id, differs])).toEqual([[1, [field]]]);
  });

  it('find their sender whatever its case, and take a second one of it out of use', () => {
    expect(disagreements(changed(1, { from_email: wanted[0]?.from_email.toUpperCase() ?? '' }))).toEqual([]);
    const second = { ...there[0], id: 77 } as DeliveryServer;
    expect(planServers([...there, second], wanted).retiring.map(({ id }) => id)).toEqual([77]);
  });
});
