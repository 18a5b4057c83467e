import { describe, expect, it } from 'vitest';
import { hostPlace, labPlace } from '../../../src/lib/lab/names.js';

describe('labPlace', () => {
  it('names folder, bridge and table after the lab', () => {
    expect(labPlace('lab')).toMatchObject({
      folder: '/var/lib/ee-lab/lab',
      settingsFile: '/var/lib/ee-lab/lab/.env.production',
      bridge: 'br-lab',
      nftTable: 'ee_lab_lab',
    });
  });

  it('keeps interface names within the 15 characters that Linux allows, and apart for names that begin alike', () => {
    const long = labPlace('rehearsal-of-the-new-year');
    const other = labPlace('rehearsal-of-the-old-year');
    const links = [long, other].flatMap((lab) => [
      lab.bridge,
      hostPlace(lab, 'vps1').link,
      hostPlace(lab, 'vps2').link,
    ]);
    expect(links.filter((link) => link.length > 15)).toEqual([]);
    expect(new Set(links).size).toBe(6);
  });

  it('writes the hyphens of a name so that nft takes them', () => {
    expect(labPlace('t-1').nftTable).toBe('ee_lab_t_1');
  });

  it.each(['', 'Lab', '../etc', 'a b', '-lab', 'lab-', 'a'.repeat(33), 'x;reboot'])('refuses %j as a name', (name) => {
    expect(() => labPlace(name)).toThrow('cannot name a lab');
  });
});

describe('hostPlace', () => {
  it('gives the release that each host runs', () => {
    const lab = labPlace('lab');
    expect(hostPlace(lab, 'vps1').suite).toBe('bookworm');
    expect(hostPlace(lab, 'vps2').suite).toBe('bookworm');
    expect(hostPlace(lab, 'vps3').suite).toBe('trixie');
  });
});
