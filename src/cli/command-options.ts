/** The options that each command shares with others. Its own are declared with it, in `program.ts`, `state-commands.ts` or `sandbox-commands.ts`. */
import type { Option } from 'commander';
import {
  ALLOW_MISSING,
  APPLYING,
  CONFIG,
  DRY_RUN,
  FORCE,
  LOCK_TIMEOUT,
  NO_SERVICE,
  OF_SANDBOX,
  ONLY,
  OUTPUT,
  PLANNING,
  REAL_STORES,
  REVOKE_OLD,
  ROTATING,
  SERVICE,
  STATE_FILE,
  USAGE,
  VERBOSE,
  YES,
} from './options.ts';

const COMMON = [...CONFIG, ...SERVICE, ...OUTPUT];
const OFFLINE = [...NO_SERVICE, ...CONFIG, ...OUTPUT];
const SANDBOX = [...OF_SANDBOX, ...OUTPUT];

export const COMMAND_OPTIONS = {
  init: [YES, DRY_RUN, LOCK_TIMEOUT, ...COMMON],
  validate: OFFLINE,
  doctor: [REAL_STORES, ...COMMON],
  plan: [...PLANNING, USAGE, VERBOSE, LOCK_TIMEOUT, ...COMMON],
  apply: [...PLANNING, USAGE, ...APPLYING, ...COMMON],
  show: [VERBOSE, ...OFFLINE],
  smoke: [ONLY, LOCK_TIMEOUT, ...COMMON],
  audit: [ONLY, REAL_STORES, ...COMMON],
  import: [ALLOW_MISSING, YES, DRY_RUN, LOCK_TIMEOUT, ...COMMON],
  rotate: [REVOKE_OLD, FORCE, ONLY, ALLOW_MISSING, ...ROTATING, ...COMMON],
  destroy: [ONLY, USAGE, ALLOW_MISSING, ...APPLYING, ...COMMON],
  'state list': COMMON,
  'state show': COMMON,
  'state history': COMMON,
  'state mv': [LOCK_TIMEOUT, ...COMMON],
  'state forget': [YES, LOCK_TIMEOUT, ...COMMON],
  'state unlock': [YES, ...COMMON],
  'state migrate': [LOCK_TIMEOUT, ...COMMON],
  'sandbox serve': SANDBOX,
  'sandbox connect': SANDBOX,
  'sandbox reset': [...OF_SANDBOX, STATE_FILE, ...OUTPUT],
  'sandbox seed': SANDBOX,
  'sandbox advance': SANDBOX,
  schema: OUTPUT,
  version: OUTPUT,
} satisfies Record<string, readonly Option[]>;
