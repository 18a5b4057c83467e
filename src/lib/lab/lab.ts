/** The lab as a library, for the commands and for tests. */
export { describeEvent, type Emit, type LabEvent } from './events.js';
export { boot, powerCut, LAB_DOMAIN } from './host.js';
export { DUMP_TABLE, makeBackupSet } from './backup-set.js';
export {
  DEFAULT_LAB,
  DEFAULT_STORE,
  hostPlace,
  labPlace,
  type HostPlace,
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
