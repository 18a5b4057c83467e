import { restart } from '../converge/handlers.js';
import type { Stage } from '../converge/resource.js';
import { directory } from '../converge/resources/directory.js';
import { file } from '../converge/resources/file.js';
import { link } from '../converge/resources/link.js';
import { packages } from '../converge/resources/packages.js';
import { service } from '../converge/resources/service.js';
import { systemUser } from '../converge/resources/user.js';
import { ACCOUNTING_FILE } from '../pmta/adapt/accounting.js';
import type { Settings } from '../settings/settings.js';
import { bareWord, render } from './template.js';

/** What the shipper of the accounting takes beside the settings. */
export interface AccountingInputs {
  /** The shipper in one JavaScript file. */
  readonly bundle: Buffer;
  /** The certificate that `ee` made for the API, in PEM: trusted beside the system's authorities. */
  readonly engineCertificate: string;
}

export const ACCOUNTING_PACKAGES: readonly string[] = ['nodejs'];
export const ACCOUNTING_SERVICE = 'pmta-accounting';

/** The user, and the folder's name in /var/lib (its place, dead letters) and /run (what it says of itself). */
const USER = 'ee-accounting';
export const DEAD_LETTERS = `/var/lib/${USER}/dead-letters.jsonl`;
export const SHIPPER_STATUS = `/run/${USER}/status.json`;
const FOLDER = `/etc/${USER}`;
const CONFIG = `${FOLDER}/config.json`;
const KEY = `${FOLDER}/accounting-key`;
const CERTIFICATE = `${FOLDER}/engine.crt`;
const BUNDLE = `/opt/${USER}/accounting-shipper.mjs`;
/** What a certificate authority that all systems trust has signed is trusted too. */
const SYSTEM_AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';
/** The folder in which Debian's node exporter looks for figures of others. */
const TEXTFILE = '/var/lib/prometheus/node-exporter/ee-accounting.prom';

/** It says something of itself as soon as it works; without that `ee status` right after a deployment would miss it. */
const SAYS_SOMETHING = `[ -s ${SHIPPER_STATUS} ]`;
const restartShipper = restart(ACCOUNTING_SERVICE, SAYS_SOMETHING);

/** The shipper on VPS2, which hands PowerMTA's accounting over to the API on VPS3. It reads, and writes in folders of its own only. */
export function accounting(settings: Settings, { bundle, engineCertificate }: AccountingInputs): Stage[] {
  const put = (path: string, content: string | Buffer, mode = '0644') =>
    file({ path, content, mode, notifies: [restartShipper] });
  const unit = render(
    'systemd/pmta-accounting.service',
    { user: USER, folder: USER, config: CONFIG, key: KEY, bundle: BUNDLE },
    bareWord,
  );
  return [
    { name: 'packages of the accounting', resources: [packages('accounting', ACCOUNTING_PACKAGES)] },
    {
      name: 'accounting',
      resources: [
        systemUser(USER, '/nonexistent'),
        directory(`/opt/${USER}`, '0755'),
        directory(FOLDER, '0755'),
        file({
          path: KEY,
          content: settings.engine.accountingKey.reveal(),
          mode: '0600',
          sensitive: true,
          notifies: [restartShipper],
        }),
        put(CERTIFICATE, engineCertificate),
        put(CONFIG, configuration(settings)),
        put(BUNDLE, bundle),
        put(`/etc/systemd/system/${ACCOUNTING_SERVICE}.service`, unit),
        service(ACCOUNTING_SERVICE, SAYS_SOMETHING),
        link(TEXTFILE, `/run/${USER}/metrics.prom`),
      ],
    },
  ];
}

/** The API's name need not be in the DNS yet: the connection goes to the address, and the certificate must have the name. */
function configuration({ hosts, engine }: Settings): string {
  const config = {
    accountingFile: ACCOUNTING_FILE,
    api: {
      address: hosts.vps3.address,
      port: 443,
      name: engine.domain,
      authorities: [CERTIFICATE, SYSTEM_AUTHORITIES],
    },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
