/** Reads the live organization, and plans from it, the configuration and the state. */
import { readLive } from '../live/read.ts';
import { storesOf } from '../model/action.ts';
import { defined } from '../model/defined.ts';
import type { Desired } from '../model/desired.ts';
import type { Live } from '../model/live.ts';
import type { DeletedData, Plan } from '../model/plan.ts';
import { countRecords, STATE_LIMITS, type State } from '../model/state.ts';
import type { RenamedStore } from '../model/store-warning.ts';
import type { Storage } from '../model/usage.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { accountNames } from '../plan/account-names.ts';
import { refuseMissing } from '../plan/missing-accounts.ts';
import { type MakePlanOptions, makePlan } from '../plan/plan.ts';
import type { StoreContents } from '../plan/store-facts.ts';
import { withStoreNames } from '../secrets/renamed-stores.ts';
import { SecretPathsInUse } from '../secrets/secret-paths-in-use.ts';
import type { SecretStore } from '../secrets/store.ts';
import { kindOf, openStores, secretPathsIn } from '../secrets/stores.ts';
import { managedBy, type OtherState, unreadStates } from '../state/other-states.ts';
import { onlyMatcher, refuseUnmatched } from './account-selection.ts';
import { checkClock } from './clock.ts';
import type { SelectedTokens } from './rotation-selection.ts';
import { secretPathFacts } from './secret-path-facts.ts';
import type { OpenedService, RunContext } from './service.ts';
import { brokenPrograms, refusingFiles } from './store-checks.ts';
import { findObsolete, inspectStores } from './store-contents.ts';

/** How to plan: the options of the plan, and the maximum number of concurrent calls. */
interface PlanNowOptions extends Pick<MakePlanOptions, 'scope' | 'branch' | 'revokeOld'> {
  /** Globs of usernames; all accounts unless given. */
  readonly only?: readonly string[];
  /** Tokens to rotate now, and no other accounts than theirs are planned. */
  readonly rotation?: SelectedTokens;
  /** Delete every managed account. */
  readonly destroy?: boolean;
  readonly prune?: boolean;
  readonly due?: boolean;
  /** Run the programs of secret stores in a sandbox too. */
  readonly realStores?: boolean;
  /** Whether any number of managed accounts may be gone. */
  readonly allowMissing?: boolean;
  /** What was typed for this plan; `plan` or `destroy` unless given. */
  readonly command?: readonly string[];
  /** Read what the accounts store that are deleted, which takes a connection. */
  readonly usage?: boolean;
  /** The states of other configurations. */
  readonly others: readonly OtherState[];
  readonly parallelism: number;
}

/** A plan, with the readings that it was made from. */
export interface Planned {
  readonly desired: Desired;
  readonly stores: ReadonlyMap<string, SecretStore>;
  readonly live: Live;
  readonly plan: Plan;
}

/** Reads the organization and plans. @throws UserError when it cannot be read at all; USAGE: a name or a glob matches nothing */
export async function planNow(
  configured: Desired,
  given: State,
  service: OpenedService,
  options: PlanNowOptions,
  context: RunContext,
): Promise<Planned> {
  const {
    prune = false,
    due = false,
    destroy = false,
    allowMissing = false,
    scope,
    branch,
    rotation,
    revokeOld,
    others,
  } = options;
  // Without accounts in the configuration, every managed one is pruned.
  const desired: Desired = destroy ? { ...configured, accounts: new Map() } : configured;
  const stores = storesFor(desired, service, options.realStores);
  const { state, renamed } = withStoreNames(given, stores);
  if (rotation) refuseUnmatched(options.only, accountNames(configured, state), 'the configuration or the state');
  const globs = rotation?.accounts ?? options.only;
  const only = onlyMatcher(globs);
  const live = await readAccounts({ desired, state, service, only, parallelism: options.parallelism }, context);
  checkClock(service, context);
  const input: PlanFromInput = {
    desired,
    live,
    state,
    service,
    stores,
    renamed,
    storeContents: {
      ...(await inspectStores(desired, state, stores, only)),
      atSecretPaths: await findObsolete(state, stores, only),
      broken: whyOf(await brokenPrograms(desired, stores, only)),
    },
    prune: prune || destroy,
    due,
    allowMissing,
    others,
    ...defined({ command: options.command }),
    ...(globs ? { only: globs, names: accountNames(configured, state) } : {}),
    ...(rotation ? { rotate: rotation.has, rotateSuspended: rotation.suspended } : {}),
    ...defined({ revokeOld }),
    ...(destroy ? { because: 'destroyed', configured: configured.accounts } : {}),
    ...defined({ scope, branch }),
  };
  const plan = await withRefusals(planFrom(input), input);
  const data = options.usage ? await deletedData(plan, service, context) : undefined;
  return { desired, stores, live, plan: data === undefined ? plan : { ...plan, deleted_data: data } };
}

/** A plan that says which stores refuse its secrets: what they are asked to store is known when it is made. */
async function withRefusals(plan: Plan, input: PlanFromInput): Promise<Plan> {
  const { desired, state, stores, service, storeContents } = input;
  const refusals = await refusingFiles(plan.actions, { desired, state, stores, isSandbox: service.isSandbox });
  if (refusals.size === 0 || storeContents === undefined) return plan;
  return planFrom({ ...input, storeContents: { ...storeContents, unusable: whyOf(refusals) } });
}

function whyOf(errors: ReadonlyMap<string, UserError>): NonNullable<StoreContents['unusable']> {
  return new Map([...errors].map(([store, { message, hint }]) => [store, { why: message, hint }]));
}

/** Connects only where something is deleted. */
async function deletedData(
  { actions }: Plan,
  service: OpenedService,
  { signal }: RunContext,
): Promise<DeletedData | undefined> {
  const deleted = actions.filter(({ action }) => action === 'delete_account').map(({ account }) => account);
  if (deleted.length === 0) return undefined;
  const storage = await service.readStorage(signal);
  if (!storage.ok) return { unknown: storage.why, accounts: [] };
  const none: Storage = { databases: 0, bytes: 0 };
  return { accounts: deleted.map((account) => ({ account, ...(storage.value.get(accountKey(account)) ?? none) })) };
}

/**
 * Opens the secret stores, which a sandbox rehearses where they run programs, unless `real` is given.
 *
 * @throws UserError USAGE: `real` is for a sandbox only
 */
export function storesFor(
  desired: Desired,
  { env, isSandbox, sandboxFolder: folder }: Pick<OpenedService, 'env' | 'isSandbox' | 'sandboxFolder'>,
  real = false,
): ReadonlyMap<string, SecretStore> {
  if (real && !isSandbox) {
    throw new UserError(
      'USAGE',
      '--real-stores is for the sandbox',
      'Without a sandbox, stores are real: leave it out.',
    );
  }
  return openStores(desired.stores, env, isSandbox && !real ? { folder } : undefined);
}

/** The readings and the options of a plan. */
interface PlanFromInput
  extends Pick<
    MakePlanOptions,
    'prune' | 'due' | 'rotate' | 'revokeOld' | 'because' | 'configured' | 'scope' | 'branch'
  > {
  readonly desired: Desired;
  readonly live: Live;
  readonly state: State;
  readonly service: Pick<OpenedService, 'claims' | 'isSandbox'>;
  readonly stores: ReadonlyMap<string, SecretStore>;
  readonly storeContents?: StoreContents;
  /** Stores that the state had under other names, where it has those of the configuration now; looked for unless given. */
  readonly renamed?: readonly RenamedStore[];
  readonly others?: readonly OtherState[];
  readonly only?: readonly string[];
  /** The accounts that `only` may name; those of `desired` and the state unless given. */
  readonly names?: readonly string[];
  readonly allowMissing?: boolean;
  /** What to type again with `--allow-missing`. */
  readonly command?: readonly string[];
}

/**
 * Makes a plan from the readings.
 *
 * @throws UserError USAGE: a glob of `only` matches nothing; ORGANIZATION_DIFFERS, MANY_MISSING, STATE_INVALID
 */
export function planFrom(input: PlanFromInput): Plan {
  const {
    desired,
    live,
    state: given,
    service,
    stores,
    storeContents,
    only: globs,
    names: nameable,
    allowMissing = false,
    command,
    others = [],
    ...rest
  } = input;
  const only = onlyMatcher(globs);
  const { state, renamed } = input.renamed ? { state: given, renamed: input.renamed } : withStoreNames(given, stores);
  const names = accountNames(desired, state);
  refuseUnmatched(globs, nameable ?? names, 'the configuration or the state');
  const typed = command ?? [rest.because === 'destroyed' ? 'destroy' : 'plan'];
  if (!allowMissing) refuseMissing(desired, state, live, typed);
  if (rest.because !== 'destroyed') refuseFull(desired, state, names.length);
  const inUse = new SecretPathsInUse(desired, state, stores);
  return makePlan(desired, live, state, {
    ...rest,
    ...(globs ? { only } : {}),
    claims: service.claims,
    managedBy: managedBy(others, state),
    unreadStates: unreadStates(others),
    sandbox: service.isSandbox,
    secretPath: secretPathsIn(stores),
    storeFacts: {
      rehearsed: new Map([...stores].flatMap(([name, { rehearsedIn }]) => (rehearsedIn ? [[name, rehearsedIn]] : []))),
      removing: new Map(
        [...stores].map(([name, { remove, programRemoves }]) => [name, programRemoves ?? remove !== undefined]),
      ),
      renamed,
      isUsed: (record) => inUse.isUsed(record, state),
      ...secretPathFacts(desired, state, stores, only),
      holderOf: (action, actions) => inUse.holderOf(action, storesOf(action), actions),
      isElsewhere: (record) => inUse.isElsewhere(record),
      whyKept: (record) => inUse.whyKept(record, state),
      perGeneration: new Set([...stores].flatMap(([name, store]) => (store.namesGeneration ? [name] : []))),
      mayBeInUse: (record) => inUse.mayBeInUse(record),
      howRemoved: (record) => inUse.howRemoved(record, state),
      destinations: new Map([...desired.stores].map(([name, config]) => [name, kindOf(config).destination(config)])),
      ...storeContents,
    },
  });
}

/** A token may leave its key, an intent and a replaced token in the state. */
const RECORDS_PER_TOKEN = 3;

/** What an apply writes must be readable for the next one. @throws UserError STATE_INVALID */
function refuseFull(desired: Desired, state: State, accounts: number): void {
  const full = [...desired.accounts].find(([key, { tokens }]) => {
    const known = countRecords(state.accounts.get(key)?.tokens ?? new Map());
    return tokens.size > 0 && known + RECORDS_PER_TOKEN * tokens.size > STATE_LIMITS.records;
  });
  if (full === undefined && accounts <= STATE_LIMITS.accounts) return;
  const what = full
    ? `${STATE_LIMITS.records.toLocaleString('en')} tokens of ${full[1].username}`
    : `${STATE_LIMITS.accounts.toLocaleString('en')} accounts`;
  const hint = full
    ? 'Either the account has too many tokens: configure fewer. Or the state was edited: restore its last good version from git.'
    : 'Remove from it accounts that are no longer at MotherDuck, each with state forget ACCOUNT.';
  throw new UserError('STATE_INVALID', `the state cannot hold more than ${what}, and an apply would write more`, hint);
}

/** The input for reading MotherDuck for a plan. */
interface ReadingInput {
  readonly desired: Desired;
  readonly state: State;
  readonly service: Pick<OpenedService, 'api'>;
  /** Whether an account is read. */
  readonly only: (username: string) => boolean;
  readonly parallelism: number;
}

/** Reads the accounts of the configuration and the state. @throws UserError when nothing can be read, INTERRUPTED */
export function readAccounts(input: ReadingInput, { progress, signal }: Omit<RunContext, 'warn'>): Promise<Live> {
  const { desired, state, service, only, parallelism } = input;
  return readLive({
    api: service.api,
    names: accountsToRead(desired, state, only),
    managed: state.accounts,
    parallelism,
    ...defined({ onProgress: progress, signal }),
  });
}

/** The accounts that a plan needs, and whether it needs their Ducklings. */
function accountsToRead(desired: Desired, state: State, only: (username: string) => boolean) {
  return accountNames(desired, state)
    .filter(only)
    .map((username) => ({
      username,
      needsDucklings:
        desired.computeRates !== undefined || desired.accounts.get(accountKey(username))?.ducklings !== undefined,
    }));
}
