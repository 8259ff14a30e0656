/** Gathers the evidence of an audit. Something that cannot be read becomes a finding, not an error. */

import { type Active, type Evidence, joinEvidence, type Usage } from '../audit/evidence.ts';
import { readLive } from '../live/read.ts';
import { IDLE_AFTER } from '../model/defaults.ts';
import { defined } from '../model/defined.ts';
import type { Desired, DesiredToken } from '../model/desired.ts';
import { entryName } from '../model/entry-name.ts';
import type { Live } from '../model/live.ts';
import type { TokenAddress } from '../model/secret.ts';
import type { State, StateAccount, StateToken } from '../model/state.ts';
import type { Seconds } from '../model/time.ts';
import { generationOf } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey, globMatcher } from '../model/username.ts';
import { counted, few } from '../model/wording.ts';
import { ApiError } from '../motherduck/transport-errors.ts';
import { accountNames } from '../plan/account-names.ts';
import { ACCEPT_MISSING, missingAccounts } from '../plan/missing-accounts.ts';
import type { MakePlanOptions } from '../plan/plan.ts';
import { withStoreNames } from '../secrets/renamed-stores.ts';
import { storeRefusal } from '../secrets/secret-targets.ts';
import type { SecretStore } from '../secrets/store.ts';
import { kindOf, secretPathsIn } from '../secrets/stores.ts';
import { type OtherState, unreadStates } from '../state/other-states.ts';
import { serializeAccount } from '../state/state-document.ts';
import { describeHolder } from '../state/state-lock.ts';
import { onlyMatcher, refuseUnmatched } from './account-selection.ts';
import { checkClock } from './clock.ts';
import type { StateNow } from './open-state.ts';
import { storesFor } from './planning.ts';
import type { OpenedService, RunContext } from './service.ts';
import { configuredTargets } from './store-checks.ts';
import { inspectStores } from './store-contents.ts';

/** Which accounts an audit reads, and what it reads beside them. */
export interface EvidenceOptions extends Pick<MakePlanOptions, 'scope'> {
  /** Reads the state again after what is live was read. Without it, no run is expected meanwhile. */
  readonly readStateAgain?: () => Promise<StateNow>;
  /** The states of other configurations. */
  readonly others?: readonly OtherState[];
  /** Whether there is no configuration. */
  readonly unconfigured?: boolean;
  /** Whether it runs in CI. */
  readonly isCi?: boolean;
  readonly only?: readonly string[];
  readonly parallelism: number;
  readonly usage?: boolean;
  readonly idle?: Seconds;
  /** Whether stores are checked that run programs of the configuration. */
  readonly checkStores?: boolean;
  /** The same in a sandbox, where they are rehearsed otherwise. */
  readonly realStores?: boolean;
}

/**
 * Reads the evidence of an audit. Changes nothing, and runs no program that the configuration names unless `checkStores` is given.
 *
 * @throws UserError when no audit is possible: the token was refused, MotherDuck cannot be reached, it is another organization
 * than that of the state (ORGANIZATION_DIFFERS), or nothing matches --only
 */
export async function gatherEvidence(
  desired: Desired,
  before: State,
  service: OpenedService,
  options: EvidenceOptions,
  context: RunContext,
): Promise<Evidence> {
  const isSelected = onlyMatcher(options.only);
  const live = await readAllAccounts(
    desired,
    before,
    service,
    { only: isSelected, parallelism: options.parallelism },
    context,
  );
  const { state: given, holder } = (await options.readStateAgain?.()) ?? { state: before };
  const changing = changingAccounts(desired, before, given, holder !== undefined, isSelected);
  if (changing.size > 0) warnOfRun([...changing.values()], holder, context);
  const only = (username: string) => isSelected(username) && !changing.has(accountKey(username));
  checkClock(service, context);
  const judged = new Map([...given.accounts].filter(([key]) => !changing.has(key)));
  missingAccounts(desired, { accounts: judged }, live, ACCEPT_MISSING);
  const stores = storesFor(desired, service, options.realStores);
  const { state } = withStoreNames(given, stores);
  if (options.checkStores) warnOfRehearsed(stores, context);
  const [active, { lost, lostRetained, unstored, held, shared }, unusableStores, usage] = await Promise.all([
    readActive(service),
    inspectStores(desired, state, stores, only),
    checkStores(desired, state, live, {
      stores,
      isSandbox: service.isSandbox,
      only,
      runsPrograms: options.checkStores ?? false,
    }),
    options.usage ? readUsage(service, live.now, options.idle ?? IDLE_AFTER, context.signal) : undefined,
  ]);
  const evidence = joinEvidence({
    desired,
    live,
    state,
    sandbox: service.isSandbox,
    unconfigured: options.unconfigured ?? false,
    isCi: options.isCi ?? false,
    machineStores: new Set([...desired.stores].flatMap(([name, store]) => (kindOf(store).isOfMachine ? [name] : []))),
    active,
    inStores: { unstored, held },
    lostSecrets: storesByToken([...lost, ...lostRetained]),
    ...defined({ sharedStores: shared }),
    unusableStores,
    unreadStates: unreadStates(options.others ?? []),
    secretPath: secretPathsIn(stores),
    ...(options.only || changing.size > 0 ? { only } : {}),
    ...defined({ usage, adminToken: service.adminToken, scope: options.scope }),
  });
  refuseUnmatched(options.only, namesOf(desired, live, state), 'the configuration, the state or MotherDuck');
  return evidence;
}

/**
 * The usernames, by `accountKey`, of accounts that another run changes: their readings do not fit the state.
 * While a run holds the lock, intents and unverified tokens of the state are of that run, and it may be about to create what is
 * missing.
 */
function changingAccounts(
  desired: Desired,
  before: State,
  after: State,
  isLocked: boolean,
  only: (username: string) => boolean,
): ReadonlyMap<string, string> {
  if (before === after && !isLocked) return new Map();
  const changing = new Map<string, string>();
  for (const key of new Set([...before.accounts.keys(), ...after.accounts.keys()])) {
    const [then, now] = [before.accounts.get(key), after.accounts.get(key)];
    const username = (now ?? then)?.username ?? key;
    const isSame = then !== undefined && now !== undefined && serializeAccount(then) === serializeAccount(now);
    const isLeft = isLocked && now !== undefined && isPending(now, desired.accounts.has(key));
    if (only(username) && (!isSame || isLeft)) changing.set(key, username);
  }
  for (const [key, { username, tokens }] of isLocked ? desired.accounts : []) {
    const known = after.accounts.get(key)?.tokens;
    const isNew = known === undefined || [...tokens.keys()].some((token) => !known.has(token));
    if (isNew && only(username)) changing.set(key, username);
  }
  return changing;
}

/** Whether a run has begun something with an account that it may still finish. */
function isPending({ intent, tokens }: StateAccount, isConfigured: boolean): boolean {
  return (
    intent !== undefined ||
    [...tokens.values()].some(
      (token) => token.intents.length > 0 || token.revoke_old !== undefined || (isConfigured && awaitsTest(token)),
    )
  );
}

/** Whether a token was stored, and the overlap of those that it replaces waits for its smoke test, or for the write after it was stored. */
function awaitsTest({ current, retiring }: StateToken): boolean {
  if (current === undefined || current.secret === 'unknown' || current.failed_at !== undefined) return false;
  return current.verified_at === undefined && retiring.some((old) => old.retire_at === undefined);
}

/** Nothing is run in a sandbox. */
function warnOfRehearsed(stores: ReadonlyMap<string, SecretStore>, { warn }: RunContext): void {
  const names = [...stores.values()].flatMap(({ name, rehearsedIn }) => (rehearsedIn === undefined ? [] : [name]));
  if (names.length === 0) return;
  const command = ['audit', '--check-stores', '--real-stores'];
  warn(`in the sandbox, the check of a secret store is not run: ${few(names)}`, { text: 'To run it:', command });
}

function warnOfRun(names: readonly string[], holder: StateNow['holder'], { warn }: RunContext): void {
  const verb = holder === undefined ? 'was changing' : 'is changing';
  const run = holder === undefined || holder === 'this program' ? 'it' : describeHolder(holder);
  warn(`another run ${verb} ${counted(names.length, 'account')}, not checked: ${few(names)}`, {
    text: `Audit again when ${run} has ended.`,
  });
}

/** Reads the accounts of the configuration and the state, and every other service account that is not ignored. */
function readAllAccounts(
  desired: Desired,
  state: State,
  { api }: OpenedService,
  { only, parallelism }: { readonly only: (username: string) => boolean; readonly parallelism: number },
  { progress, signal }: RunContext,
): Promise<Live> {
  const isIgnored = globMatcher(desired.ignore);
  const names = accountNames(desired, state).filter(only);
  const question = {
    api,
    names: names.map((username) => ({ username, needsDucklings: true })),
    managed: state.accounts,
    others: ({ username }: { readonly username: string }) => only(username) && !isIgnored(username),
    parallelism,
    ...defined({ onProgress: progress, signal }),
  };
  return readLive(question);
}

async function readActive({ api }: OpenedService): Promise<Active> {
  try {
    return { ok: true, accounts: await api.activeAccounts() };
  } catch (error) {
    if (!(error instanceof ApiError) || error.failure === 'unauthorized') throw error;
    return { ok: false, why: error };
  }
}

/** The stores that lost the secret of a token, by its name: `etl_prod/airflow`. */
function storesByToken(
  lost: readonly (readonly [string, readonly TokenAddress[]])[],
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [store, tokens] of lost) {
    for (const token of tokens.map(entryName)) found.set(token, [...(found.get(token) ?? []), store]);
  }
  return found;
}

/** Checks the secret stores that tokens of the accounts use. Returns the errors of unusable stores by name. */
async function checkStores(
  desired: Desired,
  state: State,
  live: Live,
  { stores, isSandbox, only, runsPrograms }: StoreCheck,
): Promise<ReadonlyMap<string, UserError>> {
  const isLive = (account: string, { name }: DesiredToken) => {
    const found = live.accounts.get(accountKey(account));
    if (found?.presence !== 'present') return false;
    const isOfSeries = (token: { readonly name: string }) => generationOf(name, token.name) !== undefined;
    return found.value.tokens.some(isOfSeries) || found.value.unreadableTokens?.some(isOfSeries) === true;
  };
  const { all } = configuredTargets({ desired, state, stores, isSandbox }, only, isLive);
  const unusable = new Map<string, UserError>();
  await Promise.all(
    [...all].map(async ([name, targets]) => {
      const config = desired.stores.get(name);
      // The configuration may be a pull request of a stranger.
      if (config && kindOf(config).recipient !== undefined && !runsPrograms) return;
      const store = stores.get(name);
      const error = (await store?.missingProgram?.()) ?? (await storeRefusal(store, targets, { readOnly: true }));
      if (error !== undefined) unusable.set(name, error);
    }),
  );
  return unusable;
}

interface StoreCheck {
  readonly stores: ReadonlyMap<string, SecretStore>;
  readonly isSandbox: boolean;
  readonly only: (username: string) => boolean;
  readonly runsPrograms: boolean;
}

async function readUsage(
  service: OpenedService,
  now: number,
  idleSeconds: Seconds,
  signal?: AbortSignal,
): Promise<Usage> {
  try {
    const { lastQueryAt, compute, storage } = await service.readUsage(now, signal);
    const reading = lastQueryAt.ok ? { ok: true as const, lastQueryAt: lastQueryAt.value } : lastQueryAt;
    return { idleSeconds, reading, compute, storage };
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'USAGE_UNREADABLE') throw error;
    return { idleSeconds, reading: { ok: false, why: error } };
  }
}

function namesOf(desired: Desired, live: Live, state: State): string[] {
  const services = live.users.listed ? live.users.all.filter(({ isServiceAccount }) => isServiceAccount) : [];
  return [...new Set([...accountNames(desired, state), ...services.map(({ username }) => username)])];
}
