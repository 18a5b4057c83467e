import { randomInt } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { LabPlace } from './names.js';
import { directoryUrl } from './world/authority.js';
import { BLOCKLISTS } from './world/blocklists.js';
import type { LabSubnet } from './network.js';

/** What the lab itself decides about a settings file: set at every `up`, while all else in the file stays as it is. */
export interface LabAddresses {
  readonly subnet: LabSubnet;
  /** Addresses of the world's resolvers, where the lab has a world. */
  readonly resolvers?: readonly string[];
  /** Path of the PowerMTA package, relative to the lab's folder; absent when there is none. */
  readonly pmtaPackage?: string;
}

/** Writes the lab's settings file (mode 600), or brings an existing one up to date: its secrets stay. */
export async function writeSettings(lab: LabPlace, domain: string, addresses: LabAddresses): Promise<void> {
  const present = await readFile(lab.settingsFile, 'utf8').catch(() => undefined);
  const text = withAddresses(present ?? newSettings(lab, domain), addresses);
  if (text === present) return;
  await writeFile(`${lab.settingsFile}.part`, text, { mode: 0o600 });
  await rename(`${lab.settingsFile}.part`, lab.settingsFile);
}

/** Settings for a lab, with the lines of its addresses still empty. Paths are relative to the lab's folder. */
export function newSettings(lab: LabPlace, domain: string, password: () => string = generatePassword): string {
  return `# Settings of the lab "${lab.name}". Every command takes this file with --env-file; the lab sets the addresses in it.

VPS1_IP=
VPS2_IP=
VPS3_IP=
SSH_USER=root
SSH_KEY=id_ed25519
SSH_KNOWN_HOSTS=known_hosts

BASE_DOMAIN=${domain}
SENDING_IPS=
POSTMASTER=postmaster@${domain}

BACKUP_DIR=mailwizz-email-engine
SECRETS_DIR=secrets

PMTA_SMTP_USER=mailwizz
PMTA_SMTP_PASSWORD=${password()}

PANEL_DOMAIN=panel.${domain}
MAILWIZZ_DB_PASSWORD=${password()}
MAILWIZZ_ADMIN_EMAIL=admin@${domain}
MAILWIZZ_ADMIN_PASSWORD=${password()}
MAILWIZZ_ADMIN_FIRST_NAME=Camille
MAILWIZZ_ADMIN_LAST_NAME=Martin
MAILWIZZ_SITE_NAME=Lab Email Engine
MAILWIZZ_PURCHASE_CODE=TEST-0000-0000-0000

ENGINE_DOMAIN=api.${domain}
ENGINE_ADMIN_KEY=${password()}
ENGINE_ACCOUNTING_KEY=${password()}
POSTGRES_PASSWORD=${password()}
REDIS_PASSWORD=${password()}

ACME_EMAIL=tls@${domain}
ACME_DIRECTORY_URL=${directoryUrl(domain)}

GRAFANA_ADMIN_PASSWORD=${password()}
`;
}

/** Sets the lab's own lines in a settings text: replaced where they stand, else added at the end. */
export function withAddresses(text: string, { subnet, resolvers, pmtaPackage }: LabAddresses): string {
  const { first, last } = subnet.sending;
  const lines: Record<string, string> = {
    VPS1_IP: subnet.hosts.vps1,
    VPS2_IP: subnet.hosts.vps2,
    VPS3_IP: subnet.hosts.vps3,
    SENDING_IPS: first === last ? first : `${first}-${last}`,
    ...(resolvers === undefined
      ? {}
      : {
          DNS_RESOLVERS: resolvers.join(','),
          IP_BLOCKLISTS: BLOCKLISTS.zen,
          NAME_BLOCKLISTS: BLOCKLISTS.dbl,
        }),
    ...(pmtaPackage === undefined ? {} : { PMTA_PACKAGE: pmtaPackage }),
  };
  return Object.entries(lines).reduce((result, [name, value]) => {
    const line = new RegExp(`^${name}=.*$`, 'm');
    if (line.test(result)) return result.replace(line, () => `${name}=${value}`);
    return `${result.replace(/\n*$/, '\n')}${name}=${value}\n`;
  }, text);
}

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** 32 letters and digits (190 bits): nothing in it needs quoting or escaping anywhere (R11). */
function generatePassword(): string {
  return Array.from({ length: 32 }, () => LETTERS_AND_DIGITS[randomInt(LETTERS_AND_DIGITS.length)]).join('');
}
