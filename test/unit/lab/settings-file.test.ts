import { describe, expect, it } from 'vitest';
import { labPlace } from '../../../src/lib/lab/names.js';
import { labSubnet } from '../../../src/lib/lab/network.js';
import { newSettings, withAddresses } from '../../../src/lib/lab/settings-file.js';
import { parseSettings } from '../../../src/lib/settings/parse.js';

const lab = labPlace('t-unit');
const addresses = { subnet: labSubnet(4, 5), pmtaPackage: 'packages/stand-in.deb' };
const text = withAddresses(newSettings(lab, 'lab.example'), addresses);

describe('the settings file of a lab', () => {
  it('[R2] passes the validation of the program that it is written for', async () => {
    const settings = await parseSettings(text, lab.settingsFile);
    expect(settings.hosts.vps2).toEqual({
      name: 'vps2',
      address: '10.77.4.12',
      user: 'root',
      port: 22,
      keyFile: '/var/lib/ee-lab/t-unit/id_ed25519',
      knownHosts: '/var/lib/ee-lab/t-unit/known_hosts',
    });
    expect(settings.sending.identities.map(({ ip }) => ip)).toEqual([
      '10.77.4.101',
      '10.77.4.102',
      '10.77.4.103',
      '10.77.4.104',
      '10.77.4.105',
    ]);
    expect(settings.pmta.package).toBe('/var/lib/ee-lab/t-unit/packages/stand-in.deb');
  });

  it('[R11] holds a password of its own for each use, of letters and digits only', () => {
    const passwords = [...text.matchAll(/^\w*(?:PASSWORD|ADMIN_KEY)=(.*)$/gm)].map(([, value]) => value ?? '');
    expect(passwords).toHaveLength(7);
    expect(passwords.filter((password) => !/^[A-Za-z0-9]{32}$/.test(password))).toEqual([]);
    expect(new Set(passwords).size).toBe(7);
  });

  it('keeps everything but the addresses when it is brought up to date', () => {
    const edited = text.replace('ADMIN_LAST_NAME=Martin', 'ADMIN_LAST_NAME=Durand');
    const later = withAddresses(edited, { ...addresses, subnet: labSubnet(9, 1) });
    const changed = later.split('\n').filter((line) => !edited.split('\n').includes(line));
    expect(changed).toEqual([
      'VPS1_IP=10.77.9.11',
      'VPS2_IP=10.77.9.12',
      'VPS3_IP=10.77.9.13',
      'SENDING_IPS=10.77.9.101',
    ]);
  });

  it('names the resolvers and blocklists of the world where the lab has one', async () => {
    const withWorld = withAddresses(text, { ...addresses, resolvers: ['10.77.4.4', '10.77.4.5'] });
    expect(withWorld).toBe(
      `${text}DNS_RESOLVERS=10.77.4.4,10.77.4.5
IP_BLOCKLISTS=zen.lab-blocklist.example
NAME_BLOCKLISTS=dbl.lab-blocklist.example
`,
    );
    expect((await parseSettings(withWorld, lab.settingsFile)).dns).toEqual({
      resolvers: ['10.77.4.4', '10.77.4.5'],
      ipBlocklists: ['zen.lab-blocklist.example'],
      nameBlocklists: ['dbl.lab-blocklist.example'],
    });
  });

  it('is not changed by addresses that it has', () => {
    expect(withAddresses(text, addresses)).toBe(text);
  });
});
