import { reload, restart } from '../converge/handlers.js';
import type { HostFacts } from '../converge/host-facts.js';
import type { Stage } from '../converge/resource.js';
import { directory } from '../converge/resources/directory.js';
import { file } from '../converge/resources/file.js';
import { link } from '../converge/resources/link.js';
import { packages } from '../converge/resources/packages.js';
import { service } from '../converge/resources/service.js';
import { soundPackages } from '../converge/resources/sound-packages.js';
import type { HostName, Settings } from '../settings/settings.js';
import { firewall } from './firewall.js';
import { NODE_EXPORTER_PORT, type PortRule } from './ports.js';
import { sshHardening } from './ssh-hardening.js';
import type { Role } from './role.js';
import { bareWord, render } from './template.js';

/** Debian packages of every host. */
export function baselinePackages({ container }: Pick<HostFacts, 'container'>): string[] {
  return [
    'nftables',
    'unattended-upgrades',
    'ca-certificates',
    'curl',
    'cron',
    'logrotate',
    'prometheus-node-exporter',
    ...(container ? [] : ['systemd-timesyncd']),
  ];
}

/** What lies under every role: updates, time, SSH with keys only, and a firewall that drops what is not named. */
export function baseline(
  host: HostName,
  settings: Settings,
  facts: HostFacts,
  { ports, brought = [] }: Pick<Role, 'ports' | 'brought'>,
): Stage[] {
  return [
    {
      name: 'baseline packages',
      resources: [soundPackages(brought), packages('baseline', baselinePackages(facts))],
    },
    firewallStage(host, settings, facts, ports),
    { name: 'SSH', resources: [sshHardening(facts.rootLogin)] },
    { name: 'system', resources: system(facts) },
  ];
}

/** What comes in: SSH, the ports of the role, and Prometheus. */
export function firewallStage(host: HostName, settings: Settings, facts: HostFacts, ports: readonly PortRule[]): Stage {
  const exporter: PortRule = {
    port: NODE_EXPORTER_PORT,
    from: [settings.hosts.vps3.address],
    why: 'Prometheus on VPS3 reads the node exporter',
  };
  return {
    name: 'firewall',
    resources: [
      firewall({
        host,
        sshPorts: facts.sshPorts,
        adminIps: settings.adminIps,
        clientAddress: facts.clientAddress,
        rules: [...ports, exporter],
      }),
      service('nftables'),
    ],
  };
}

function system(facts: HostFacts) {
  const journald = restart('systemd-journald');
  return [
    file({
      path: '/etc/apt/apt.conf.d/52ee-unattended-upgrades',
      content: render('apt/52ee-unattended-upgrades', {}, bareWord),
      mode: '0644',
    }),
    file({
      path: '/etc/sysctl.d/60-ee.conf',
      content: render('sysctl/60-ee.conf', {}, bareWord),
      mode: '0644',
      activate: 'sysctl -q -p /etc/sysctl.d/60-ee.conf',
    }),
    link('/etc/localtime', '/usr/share/zoneinfo/Etc/UTC', [reload('cron')]),
    directory('/etc/systemd/journald.conf.d', '0755'),
    file({
      path: '/etc/systemd/journald.conf.d/60-ee.conf',
      content: render('journald/60-ee.conf', {}, bareWord),
      mode: '0644',
      notifies: [journald],
    }),
    service('unattended-upgrades'),
    service('prometheus-node-exporter'),
    service('cron'),
    ...(facts.container ? [] : [service('systemd-timesyncd')]),
  ];
}
