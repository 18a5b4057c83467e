/** The lab as a library, for the commands and for tests. */
export { describeEvent, type Emit, type LabEvent } from './events.js';
export { boot, powerCut, LAB_DOMAIN } from './host.js';
export { DUMP_TABLE, makeBackupSet } from './backup-set.js';
export {
  DEFAULT_LAB,
  DEFAULT_STORE,
  LAB_HOSTS,
  hostPlace,
  labPlace,
  type HostPlace,
  type LabHostName,
  type LabPlace,
  type LabStore,
} from './names.js';
export { labDown, type LabDownOptions, type LabDownResult } from './down.js';
export { labExec, type LabExecOptions, type LabExecResult } from './ssh.js';
export { labStatus, type LabHostStatus, type LabStatus } from './status.js';
export { labUp, type LabUpOptions, type LabUpResult } from './up.js';
export { describeLacking, installRequirements, lacking, type Lacking } from './requirements.js';
export { ORIGINS, type Origin } from './state.js';
export { MOST_SENDING_IPS } from './network.js';
export {
  NAME_SERVERS,
  RESOLVERS,
  worldAddresses,
  type LabResolver,
  type NameServer,
  type WorldAddresses,
} from './world/addresses.js';
export {
  behave,
  bounceLate,
  complain,
  emptyMailboxes,
  misbehave,
  rawMessage,
  receivedMessages,
  refusals,
} from './world/control.js';
export {
  BOUNCE_ACTIONS,
  COMPLAINT_TYPES,
  PHASES,
  type Bounce,
  type Complaint,
  type Misbehaviour,
  type Phase,
  type ReceivedMessage,
  type Refusal,
  type Rule,
  type SentReport,
} from './world/mailbox-types.js';
export { showMessages, showReport, showRule } from './world/present.js';
export { findWorld, type World } from './world/world.js';
export { changeListings, disturb, heal, publish, remember, type PublishResult } from './world/dns.js';
export { DNS_SERVERS, isNameServer, showFault, type DnsFault, type DnsServer } from './world/faults.js';
export {
  BLOCKLISTS,
  BLOCKLIST_NAMES,
  showListings,
  usualCode,
  withListing,
  withoutListing,
  type Blocklist,
  type Listings,
} from './world/blocklists.js';
