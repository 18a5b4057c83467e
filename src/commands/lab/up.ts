import { Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import {
  DEFAULT_LAB,
  DEFAULT_STORE,
  MOST_SENDING_IPS,
  ORIGINS,
  describeEvent,
  labUp,
  type LabUpResult,
} from '../../lib/lab/lab.js';
import { EeError } from '../../lib/errors.js';
import { HOST_NAMES, type HostName } from '../../lib/settings/settings.js';
import { labPackages } from '../../lib/roles/lab-packages.js';

export default class LabUp extends EeCommand {
  static override summary = 'Bring up three disposable hosts on this machine';

  static override description = `Boots three Debian hosts, each with systemd and sshd in a network namespace of its own, and the world around them: name
servers, a certificate authority and mailbox providers. No mail leaves the lab. Writes a folder with an SSH key, known_hosts, a settings file for every other command, a backup set and a PowerMTA package (both stand-ins).
Needs root on Linux; missing Debian packages are installed. The first time builds the root file systems, which takes
some minutes; afterwards a lab is up in seconds. What runs already is left alone.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --from packages --name rehearsal',
    '<%= config.bin %> <%= command.id %> --reset --ips 100',
    '<%= config.bin %> <%= command.id %> --no-world --hosts vps1,vps2',
  ];

  static override flags = {
    name: Flags.string({ description: 'Name of the lab; several can be up.', default: DEFAULT_LAB }),
    from: Flags.option({ options: ORIGINS })({
      description: 'What new hosts start from: a bare image, or one with the packages of its role. Default: bare.',
    }),
    hosts: Flags.string({ description: 'The hosts to bring up.', default: HOST_NAMES.join(','), helpValue: 'LIST' }),
    world: Flags.boolean({
      description: 'Name servers, a certificate authority, and mailbox providers that receive what is sent.',
      default: true,
      allowNo: true,
    }),
    reset: Flags.boolean({ description: 'Throw the hosts away and make them anew.', default: false }),
    ips: Flags.integer({
      description: 'Number of sending IPs in the settings file. Default: 5.',
      min: 1,
      max: MOST_SENDING_IPS,
    }),
    'cache-dir': Flags.string({
      description: 'Folder of root file systems and packages.',
      default: DEFAULT_STORE.cache,
    }),
  };

  async run(): Promise<LabUpResult> {
    const { flags } = await this.parse(LabUp);
    const started = performance.now();
    const result = await labUp(
      {
        name: flags.name,
        store: { ...DEFAULT_STORE, cache: flags['cache-dir'] },
        hosts: parseHosts(flags.hosts),
        world: flags.world,
        reset: flags.reset,
        packages: labPackages(),
        ...(flags.from === undefined ? {} : { from: flags.from }),
        ...(flags.ips === undefined ? {} : { sendingIps: flags.ips }),
      },
      (event) => this.note(describeEvent(event)),
    );
    this.#show(result, (performance.now() - started) / 1000);
    return result;
  }

  #show(result: LabUpResult, seconds: number): void {
    for (const { host, address, from, started } of result.hosts) {
      this.print(`${host}  ${address.padEnd(14)} ${from.padEnd(9)} ${started ? 'started' : 'ran already'}`);
    }
    if (result.hosts.some(({ started }) => started)) this.print(`Up in ${seconds.toFixed(1)} s.`);
    else this.print('Nothing to do: the lab was up already.');
    this.note(`Next: ee verify --env-file ${result.settingsFile}`);
  }
}

function parseHosts(list: string): HostName[] {
  const names = list.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !(HOST_NAMES as readonly string[]).includes(name));
  if (wrong === undefined) return names as HostName[];
  throw new EeError('USAGE', {
    message: `--hosts names "${wrong}", which is no host.`,
    hint: `Use a list of ${HOST_NAMES.join(', ')}, such as --hosts vps1,vps2.`,
  });
}
