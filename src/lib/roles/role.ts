import type { HostFacts } from '../converge/host-facts.js';
import type { Stage } from '../converge/resource.js';
import type { Settings } from '../settings/settings.js';
import type { PortRule } from './ports.js';

/** What a host should be, declared: the ports that it opens, the Debian packages that it needs, and its stages in order. */
export interface Role {
  readonly packages: readonly string[];
  /** Packages that no archive has, by the names that dpkg has for them: a stage of the role brings their files. */
  readonly brought?: readonly string[];
  readonly ports: readonly PortRule[];
  readonly stages: readonly Stage[];
}

/** What every role is made from. */
export interface RoleContext {
  readonly settings: Settings;
  readonly facts: HostFacts;
}
