import { isIPv4 } from 'node:net';
import type { Secret } from '../secret.js';
import { restart } from '../converge/handlers.js';
import type { Resource, Stage } from '../converge/resource.js';
import { addresses, retiredAddresses } from '../converge/resources/addresses.js';
import { directory } from '../converge/resources/directory.js';
import { file } from '../converge/resources/file.js';
import { debianName, localPackage } from '../converge/resources/local-package.js';
import { writtenByRoot } from '../converge/resources/written-by-root.js';
import { service } from '../converge/resources/service.js';
import type { PackageFile } from '../package-file/package-file.js';
import { KEY_DIR, RELAY_CERTIFICATE } from '../pmta/adapt/plan.js';
import { parseDocument } from '../pmta/parse.js';
import { sourceAddresses } from '../pmta/source-addresses.js';
import type { HostAccess, Settings } from '../settings/settings.js';
import { accounting, ACCOUNTING_PACKAGES, type AccountingInputs } from './accounting.js';
import { dkimKey, noDkimKey, type DkimKeyFile } from './dkim-keys.js';
import { knownKeys, type KnownKeys } from './known-keys.js';
import { notWhileDraining } from './pmta-configuration/not-while-draining.js';
import { pmtaConfiguration } from './pmta-configuration/resource.js';
import type { PortRule } from './ports.js';
import type { Role, RoleContext } from './role.js';
import { powermtaService } from './services.js';

/** What the role takes from the backup set and from the secrets. */
export interface PowermtaInputs {
  readonly package: Pick<PackageFile, 'path' | 'format' | 'name' | 'version' | 'bytes' | 'sha256'>;
  readonly licence: Buffer;
  /** The adapted configuration. Bytes, since it need not be UTF-8; it holds the relay password. */
  readonly configuration: Buffer;
  /** One a sending identity; `pem` is missing where a plan is made before the keys are. */
  readonly dkimKeys: readonly DkimKeyFile[];
  readonly knownKeys: KnownKeys;
  /** Names of key files that were revoked. */
  readonly revokedKeys: readonly string[];
  /** Certificate and key of the submission service. */
  readonly relayTls: { readonly certificate: string; readonly key: Secret };
  readonly accounting: AccountingInputs;
  /** What somebody else wrote into the configuration on the host may go, with a copy. */
  readonly overwriteDrift?: boolean;
}

export const PMTA_PACKAGE_LABEL = 'powermta';
/** What runs with rights and holds the licence to its word: only as the vendor's package brought it. */
export const PMTA_PROGRAMS: readonly string[] = ['/usr/sbin/pmtad', '/usr/sbin/pmtahttpd'];

/** root writes, the service's user reads, nobody else does. */
const OWNER = 'root:pmta';
const restartPmta = restart('pmta');

/** Submission from the two feeders only, on the port of the settings and on `further` ones; 25 comes in for bounces and complaints. */
export function powermtaPorts({ hosts, pmta }: Settings, further: readonly number[] = []): PortRule[] {
  const from = [hosts.vps1.address, hosts.vps3.address];
  return [
    { port: 25, why: 'bounces and complaints come in; nothing is relayed from here' },
    ...[...new Set([pmta.smtpPort, ...further])].map((port) => ({
      port,
      from,
      why: 'submission by MailWizz and the API',
    })),
  ];
}

/** VPS2: PowerMTA with the old licence and the adapted configuration. */
export function powermta({ settings, facts }: RoleContext, inputs: PowermtaInputs): Role {
  const keptAddresses = [settings.hosts.vps2.address, ...sendingAddresses(settings, inputs.configuration)];
  const onInterface = {
    interface: facts.interface,
    manager: facts.network,
    addresses: sendingAddresses(settings, inputs.configuration),
  };
  const stages: Stage[] = [
    { name: 'sending addresses', resources: addresses(onInterface) },
    {
      name: 'PowerMTA',
      resources: [
        knownKeys(inputs.knownKeys),
        ...packageAndLicence(inputs),
        writtenByRoot('/etc/pmta'),
        ...keys(inputs, settings.hosts.vps2),
        pmtaConfiguration({ content: inputs.configuration, overwriteDrift: inputs.overwriteDrift ?? false }),
        ...inputs.revokedKeys.map(noDkimKey),
        service(powermtaService(settings.pmta.smtpPort)),
        service('pmtahttp'),
      ],
    },
    {
      name: 'retired addresses',
      resources: [notWhileDraining(retiredAddresses(onInterface), inputs.configuration, keptAddresses)],
    },
    ...accounting(settings, inputs.accounting),
  ];
  return {
    packages: ACCOUNTING_PACKAGES,
    brought: [debianName(inputs.package)],
    ports: powermtaPorts(settings),
    stages,
  };
}

/**
 * Those of the sending identities, and those that the configuration sends from besides: a virtual MTA that is drained keeps its
 * address until it is gone from the configuration. VPS2's own is the provider's affair.
 */
function sendingAddresses({ sending, hosts }: Settings, configuration: Buffer): string[] {
  const inUse = sourceAddresses(parseDocument(configuration)).filter((address) => isIPv4(address));
  const all = new Set([...sending.identities.map(({ ip }) => ip), ...inUse]);
  return [...all].filter((ip) => ip !== hosts.vps2.address);
}

/** The licence comes before an upgrade: the package refuses to take the place of another version without one for itself. */
function packageAndLicence({ package: { path, ...known }, licence }: PowermtaInputs): Resource[] {
  const licenceOf = (owner: string) =>
    file({
      path: '/etc/pmta/license',
      content: licence,
      mode: '0640',
      owner,
      sensitive: true,
      notifies: [restartPmta],
    });
  const licenceFile = licenceOf(OWNER);
  const [write, writeForRoot] = [licenceFile, licenceOf('root:root')].map(
    (wanted) => wanted.diff(Buffer.from('absent\n'))?.script ?? ':',
  );
  return [
    localPackage({
      label: PMTA_PACKAGE_LABEL,
      file: path,
      ...known,
      programs: PMTA_PROGRAMS,
      // A package that was never configured has not made its group yet.
      beforeUpgrade: `mkdir -p /etc/pmta\nif getent group pmta >/dev/null; then\n${write}\nelse\n${writeForRoot}\nfi`,
      notifies: [restartPmta],
    }),
    licenceFile,
  ];
}

function keys({ dkimKeys, relayTls }: PowermtaInputs, vps2: HostAccess): Resource[] {
  return [
    directory(KEY_DIR, '0750', OWNER),
    ...dkimKeys.map((key) => dkimKey(key, vps2)),
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
