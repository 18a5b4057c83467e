import type { Secret } from '../secret.js';
import { restart } from '../converge/handlers.js';
import type { Resource, Stage } from '../converge/resource.js';
import { addresses } from '../converge/resources/addresses.js';
import { directory } from '../converge/resources/directory.js';
import { file } from '../converge/resources/file.js';
import { localPackage } from '../converge/resources/local-package.js';
import { service } from '../converge/resources/service.js';
import { KEY_DIR, RELAY_CERTIFICATE } from '../pmta/adapt/plan.js';
import { printDocument } from '../pmta/document.js';
import { parseDocument } from '../pmta/parse.js';
import { withoutSecrets } from '../pmta/redact.js';
import type { HostAccess, Settings } from '../settings/settings.js';
import { accounting, ACCOUNTING_PACKAGES, type AccountingInputs } from './accounting.js';
import type { PortRule } from './ports.js';
import type { Role, RoleContext } from './role.js';

/** What the role takes from the backup set and from the secrets. */
export interface PowermtaInputs {
  readonly package: { path: string; bytes: number; sha256: string };
  readonly licence: Buffer;
  /** The adapted configuration. Bytes, since it need not be UTF-8; it holds the relay password. */
  readonly configuration: Buffer;
  /** One a sending identity; `pem` is missing where a plan is made before the keys are. */
  readonly dkimKeys: readonly DkimKeyFile[];
  /** Certificate and key of the submission service. */
  readonly relayTls: { readonly certificate: string; readonly key: Secret };
  readonly accounting: AccountingInputs;
}

/** A DKIM key, and where it is on both sides. */
export interface DkimKeyFile {
  /** In the key folder of the host. */
  readonly fileName: string;
  readonly domain: string;
  readonly pem: Secret | undefined;
  /** Path on this machine, where it is or where it would be. */
  readonly local: string;
}

export const PMTA_CONFIG = '/etc/pmta/config';

/** root writes, the service's user reads, nobody else does. */
const OWNER = 'root:pmta';
const restartPmta = restart('pmta');

/** Submission from the two feeders only; 25 comes in for bounces and complaints. */
export function powermtaPorts({ hosts, pmta }: Settings): PortRule[] {
  return [
    { port: 25, why: 'bounces and complaints come in; nothing is relayed from here' },
    { port: pmta.smtpPort, from: [hosts.vps1.address, hosts.vps3.address], why: 'submission by MailWizz and the API' },
  ];
}

/** VPS2: PowerMTA with the old licence and the adapted configuration. */
export function powermta({ settings, facts }: RoleContext, inputs: PowermtaInputs): Role {
  const stages: Stage[] = [
    {
      name: 'sending addresses',
      resources: addresses({
        interface: facts.interface,
        addresses: settings.sending.identities.map(({ ip }) => ip).filter((ip) => ip !== settings.hosts.vps2.address),
        ...(facts.networkFile ? { networkFile: facts.networkFile } : {}),
      }),
    },
    {
      name: 'PowerMTA',
      resources: [
        localPackage({
          label: 'powermta',
          file: inputs.package.path,
          bytes: inputs.package.bytes,
          sha256: inputs.package.sha256,
          notifies: [restartPmta],
        }),
        file({
          path: '/etc/pmta/license',
          content: inputs.licence,
          mode: '0640',
          owner: OWNER,
          sensitive: true,
          notifies: [restartPmta],
        }),
        ...keys(inputs, settings.hosts.vps2),
        configuration(inputs),
        service('pmta'),
        service('pmtahttp'),
      ],
    },
    ...accounting(settings, inputs.accounting),
  ];
  return { packages: ACCOUNTING_PACKAGES, ports: powermtaPorts(settings), stages };
}

function keys({ dkimKeys, relayTls }: PowermtaInputs, { user, address }: HostAccess): Resource[] {
  return [
    directory(KEY_DIR, '0750', OWNER),
    ...dkimKeys.map(({ fileName, domain, pem, local }) =>
      file({
        path: `${KEY_DIR}/${fileName}`,
        content: pem?.reveal() ?? '',
        mode: '0640',
        owner: OWNER,
        sensitive: true,
        createOnly: {
          why: `it is the DKIM key of ${domain}, and DNS may name it`,
          next: `If it is the right one, bring it here: \`scp -p ${user}@${address}:${KEY_DIR}/${fileName} ${local}\` (mode 600), then run again.`,
        },
      }),
    ),
    directory('/etc/pmta/tls', '0750', OWNER),
    file({
      path: RELAY_CERTIFICATE,
      content: `${relayTls.certificate.trimEnd()}\n${relayTls.key.reveal()}`,
      mode: '0640',
      owner: OWNER,
      sensitive: true,
      notifies: [restartPmta],
    }),
  ];
}

/** Checked on the host by PowerMTA itself; a refused one never stays on the disk, where the next restart would meet it. */
function configuration({ configuration: content, dkimKeys }: PowermtaInputs): Resource {
  const readable = [...dkimKeys.map(({ fileName }) => `${KEY_DIR}/${fileName}`), RELAY_CERTIFICATE];
  return file({
    path: PMTA_CONFIG,
    content,
    mode: '0640',
    owner: OWNER,
    shown: (bytes) => printDocument(withoutSecrets(parseDocument(bytes))),
    verify: [
      ...readable.map(
        (path) => `{ runuser -u pmta -- test -r ${path} || { echo "the user pmta cannot read ${path}"; false; } } &&`,
      ),
      'pmta test config',
    ].join('\n'),
    activate: '! systemctl is-active --quiet pmta || pmta reload',
  });
}
