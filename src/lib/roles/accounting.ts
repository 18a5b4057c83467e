import { restart } from '../converge/handlers.js';
import type { Handler, Resource, Stage } from '../converge/resource.js';
import { directory } from '../converge/resources/directory.js';
import { file } from '../converge/resources/file.js';
import { link } from '../converge/resources/link.js';
import { packages } from '../converge/resources/packages.js';
import { service } from '../converge/resources/service.js';
import { systemUser } from '../converge/resources/user.js';
import { ACCOUNTING_FILE } from '../pmta/adapt/accounting.js';
import type { Settings } from '../settings/settings.js';
import { bareWord, render } from './template.js';
import { SYSTEM_AUTHORITIES } from './web.js';

/** What the shippers of the accounting take beside the settings. */
export interface AccountingInputs {
  /** The shipper in one JavaScript file. */
  readonly bundle: Buffer;
  /** The certificates that `ee` made for the API and for the panel, in PEM: trusted beside the system's authorities. */
  readonly engineCertificate: string;
  readonly panelCertificate: string;
}

/** One of the shippers on VPS2. Each has a place of its own in the same files: none waits for another. */
interface Shipper {
  readonly to: 'api' | 'panel';
  readonly service: string;
  readonly description: string;
  /** The folder's name in /var/lib (its place, dead letters) and /run (what it says of itself). */
  readonly folder: string;
  /** Files in FOLDER, by their names. */
  readonly config: string;
  readonly certificate: string;
  readonly key?: string;
}

export const ACCOUNTING_PACKAGES: readonly string[] = ['nodejs'];

/** Tells the API of every record. */
export const TO_API = {
  to: 'api',
  service: 'pmta-accounting',
  description: 'Hands the accounting of PowerMTA over to the Email-Engine API',
  folder: 'ee-accounting',
  config: 'config.json',
  certificate: 'engine.crt',
  key: 'accounting-key',
} satisfies Shipper;

/** Tells MailWizz of bounces and complaints. */
export const TO_PANEL = {
  to: 'panel',
  service: 'pmta-bounces',
  description: 'Tells MailWizz of the bounces and complaints that PowerMTA has in its accounting',
  folder: 'ee-bounces',
  config: 'panel.json',
  certificate: 'panel.crt',
} satisfies Shipper;

export const deadLettersOf = ({ folder }: Shipper): string => `/var/lib/${folder}/dead-letters.jsonl`;
export const shipperStatusOf = ({ folder }: Shipper): string => `/run/${folder}/status.json`;

/** Runs the shippers: a user of their own. */
export const SHIPPER_USER = 'ee-accounting';
const FOLDER = '/etc/ee-accounting';
const BUNDLE = '/opt/ee-accounting/accounting-shipper.mjs';

/** It says something of itself as soon as it works; without that `ee status` right after a deployment would miss it. */
const saysSomething = (shipper: Shipper): string => `[ -s ${shipperStatusOf(shipper)} ]`;
const restartOf = (shipper: Shipper): Handler => restart(shipper.service, saysSomething(shipper));

/** The shippers on VPS2, which hand PowerMTA's accounting over. They read, and write in folders of their own only. */
export function accounting(settings: Settings, inputs: AccountingInputs): Stage[] {
  const { hosts, engine, mailwizz } = settings;
  const key = file({
    path: `${FOLDER}/${TO_API.key}`,
    content: engine.accountingKey.reveal(),
    mode: '0600',
    sensitive: true,
    notifies: [restartOf(TO_API)],
  });
  const api = { address: hosts.vps3.address, port: 443, name: engine.domain };
  const panel = { address: hosts.vps1.address, port: 443, name: mailwizz.panelDomain };
  return [
    { name: 'packages of the accounting', resources: [packages('accounting', ACCOUNTING_PACKAGES)] },
    {
      name: 'accounting',
      resources: [
        systemUser(SHIPPER_USER, '/nonexistent'),
        directory('/opt/ee-accounting', '0755'),
        directory(FOLDER, '0755'),
        file({
          path: BUNDLE,
          content: inputs.bundle,
          mode: '0644',
          notifies: [restartOf(TO_API), restartOf(TO_PANEL)],
        }),
        key,
        ...shipper(TO_API, api, inputs.engineCertificate),
        ...shipper(TO_PANEL, panel, inputs.panelCertificate),
      ],
    },
  ];
}

/** Where a receiver is. Its name need not be in the DNS yet: the connection goes to the address, and the certificate must have the name. */
interface Server {
  readonly address: string;
  readonly port: number;
  readonly name: string;
}

function shipper(it: Shipper, server: Server, certificate: string): Resource[] {
  const put = (name: string, content: string) =>
    file({ path: `${FOLDER}/${name}`, content, mode: '0644', notifies: [restartOf(it)] });
  const authorities = [`${FOLDER}/${it.certificate}`, SYSTEM_AUTHORITIES];
  const config = { accountingFile: ACCOUNTING_FILE, [it.to]: { ...server, authorities } };
  const names = { ...it, user: SHIPPER_USER, config: `${FOLDER}/${it.config}`, bundle: BUNDLE };
  const unit = render(
    'systemd/accounting-shipper.service',
    { ...names, key: it.key === undefined ? undefined : `${FOLDER}/${it.key}` },
    bareWord,
  );
  return [
    put(it.certificate, certificate),
    put(it.config, `${JSON.stringify(config, null, 2)}\n`),
    file({
      path: `/etc/systemd/system/${it.service}.service`,
      content: unit,
      mode: '0644',
      notifies: [restartOf(it)],
    }),
    service({ name: it.service, ready: saysSomething(it) }),
    // The folder in which Debian's node exporter looks for figures of others.
    link(`/var/lib/prometheus/node-exporter/${it.folder}.prom`, `/run/${it.folder}/metrics.prom`),
  ];
}
