/**
 * Three readings of the same organization become a Plan, and nothing else does:
 *
 *   Desired   what the YAML says          (config/)
 *   Live      what MotherDuck says        (live/)
 *   State     what was made and recorded   (state/)
 *
 *   desired, not live                 -> create_account, then its Ducklings and tokens
 *   desired, live, not in the state   -> adopt_account: adopted as it is, then only what differs is changed
 *   desired, live, in the state       -> set_ducklings, and each token by its own state machine (tokens.ts)
 *   in the state, no longer desired   -> retained; with prune, delete_account; if gone live, forget
 *   live only                         -> unmanaged: named in the plan, and not touched
 *   not readable                      -> an error in the plan; nothing is created, deleted or forgotten for it
 *
 * It is a pure function: no I/O and no clock, so the same inputs give the same plan, byte for byte.
 */
import type { ActionName, ComputeCeiling } from '../model/action.ts';
import type { Desired, DesiredToken } from '../model/desired.ts';
import type { Live, LiveAccount, Presence } from '../model/live.ts';
import { isOfBranch, type PlanWarning } from '../model/notice.ts';
import type { Plan, Scope, Summary, Unmanaged } from '../model/plan.ts';
import type { RevokesOld } from '../model/planned-token.ts';
import { rotationDue } from '../model/rotation-due.ts';
import type { State } from '../model/state.ts';
import { recentApplies, type StateRun } from '../model/state-run.ts';
import { isoTime } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey, globMatcher } from '../model/username.ts';
import type { AccountContext, AccountPlan } from './account-plan.ts';
import { planAccount } from './accounts.ts';
import { configuredCeiling, currencyOf, sumCeilings } from './compute-ceiling.ts';
import { deletedShares } from './deleted-shares.ts';
import { ceilingWarning, findViolations, selfMatcher } from './guardrails.ts';
import { notRevoked } from './not-revoked.ts';
import { obsoleteSecrets } from './obsolete-secrets.ts';
import { renamedAccounts } from './renamed-account.ts';
import { scheduledOnly } from './scheduled.ts';
import { removalsOf } from './secret-removals.ts';
import { secretWarnings, usedStores } from './secret-warnings.ts';
import { guardrailsInForce, smokeQueries } from './settings.ts';
import type { StoreFacts } from './store-facts.ts';

/** What to plan, and what else is known. */
export interface MakePlanOptions {
  /** Which accounts are planned at all (`--only`); all when absent. */
  readonly only?: (username: string) => boolean;
  /** Delete managed accounts that the configuration does not have. */
  readonly prune?: boolean;
  /** Only scheduled work; tokens with other changes are left alone. */
  readonly due?: boolean;
  /** Why accounts are deleted or forgotten; `removed` unless given. */
  readonly because?: 'removed' | 'destroyed';
  /** Tokens to rotate now, whether they are due or not (`mdacc rotate`). */
  readonly rotate?: (account: string, token: string) => boolean;
  /** Accounts whose tokens were to be rotated as well, and which have none, since they are suspended. */
  readonly rotateSuspended?: readonly string[];
  /** When the earlier tokens of those that are rotated now are revoked, if not after their overlap (`--revoke-old`). */
  readonly revokeOld?: RevokesOld;
  /** Where a store would put a token's secret; without it a changed secret path is not noticed. */
  readonly secretPath?: (account: string, token: DesiredToken, store: string) => string | undefined;
  /** What the plan is about, for its reports. */
  readonly scope?: Scope;
  /** What is known of the secret stores; without it the plan warns of nothing about them. */
  readonly storeFacts?: StoreFacts;
  /** As of `storeFacts`, where it is not given; without both, the state alone says what was not stored. */
  readonly inStores?: Pick<StoreFacts, 'unstored' | 'held'>;
  /** Which state of another configuration manages an account, by its user id or its name. */
  readonly managedBy?: (username: string, id: string | undefined) => string | undefined;
  /** States of other configurations that cannot be read, so that each may manage any account. */
  readonly unreadStates?: readonly { readonly state: string; readonly why: string }[];
  /** What the branch of a pull request changes beside what is planned. */
  readonly branch?: readonly PlanWarning[];
  /** The organization is the embedded sandbox. */
  readonly sandbox?: boolean;
  /** The accounts of the configuration where the plan is of a destruction, for which none is desired. */
  readonly configured?: Desired['accounts'];
  /** The claims of the token that runs the program, so that its own account is never deleted. */
  readonly claims?: readonly string[];
}

/** Makes the plan. Time is `live.now`, MotherDuck's. */
export function makePlan(desired: Desired, live: Live, state: State, options: MakePlanOptions = {}): Plan {
  const { only = () => true, due = false, rotateSuspended = [] } = options;
  // An edited script seldom moves secrets.
  const sets = new Map(
    [...(options.storeFacts?.changed ?? [])].map(([store, names]) => {
      const byScript = new Set(options.storeFacts?.users?.get(store)?.byEarlierScript);
      return [store, new Set(names.filter((name) => !byScript.has(name)))];
    }),
  );
  const changed = (store: string) => sets.get(store) ?? new Set();
  const { inStores = options.storeFacts } = options;
  const context: AccountContext = {
    desired,
    now: live.now,
    prune: options.prune ?? false,
    because: options.because ?? 'removed',
    managedBy: options.managedBy ?? (() => undefined),
    areUsersListed: live.users.listed,
    unreadState: options.unreadStates?.[0]?.state,
    isRotatedNow: options.rotate ?? (() => false),
    revokeOld: options.revokeOld,
    secretPath: options.secretPath ?? (() => undefined),
    isCommandChanged: (account, token, store) => changed(store).has(`${account}/${token}`),
    heldBy: ({ fingerprint, secret }) => inStores?.held?.get(fingerprint ?? secret?.fingerprint ?? ''),
    isUnstored: (account, token) =>
      inStores === undefined || inStores.unstored?.has(`${accountKey(account)}/${token}`) === true,
  };
  const plans = accountNames(desired, state)
    .filter(only)
    .map((username) => {
      const key = accountKey(username);
      const presence = live.accounts.get(key) ?? notRead();
      const plan = planAccount(desired.accounts.get(key), state.accounts.get(key), presence, context);
      if (!due) return { username, plan };
      const readings = {
        desired: desired.accounts.get(key),
        state: state.accounts.get(key),
        live: new Map(presence.presence === 'present' ? presence.value.tokens.map((token) => [token.id, token]) : []),
        now: live.now,
      };
      return { username, plan: scheduledOnly(username, plan, readings) };
    });
  const actions = plans.flatMap(({ plan }) => plan.actions);
  const obsolete = obsoleteSecrets(actions, state, live, desired);
  const ceilings = ceilingsOf(desired, state, live, plans);
  const sum = desired.computeRates && sumCeilings(ceilings);
  const compute = sum && { ...sum, ...currencyOf(desired) };
  const unpriced = [...ceilings].filter(([, { after }]) => after === null).map(([username]) => username);
  // Ducklings of a size that this version does not know are not changed, so they raise no ceiling.
  const isChanged = (username: string) => {
    const account = live.accounts.get(accountKey(username));
    return account?.presence !== 'present' || account.value.unreadableDucklings === undefined;
  };
  const own = [...ceilings].filter(([username]) => only(username) && isChanged(username));
  const ownCompute = sumCeilings(own);
  // A scheduled run does not accept a changed policy: somebody must see the plan first.
  const policies = due ? [] : plans.flatMap(({ plan }) => plan.policies);
  const removals = options.storeFacts && removalsOf(obsolete, options.storeFacts);
  const stores = usedStores(actions, removals ?? [], options.storeFacts);
  const guardrails = guardrailsInForce(desired.guardrails);
  const smoke_queries = smokeQueries(desired, only);
  const suspended = [...desired.accounts.values()].flatMap((account) =>
    account.suspended && only(account.username) ? [account.username] : [],
  );
  const isAsked = (account: string, token: string) =>
    options.revokeOld !== undefined && context.isRotatedNow(account, token);
  const not_revoked = notRevoked(plans, { live, state, isAsked });
  const isSelf = selfMatcher(options.claims ?? [], live.users.listed ? live.users.all : []);
  return {
    organization: desired.organization,
    sandbox: options.sandbox ?? false,
    at: isoTime(live.now),
    ...(options.scope ? { scope: options.scope } : {}),
    ...(due ? { due: true } : {}),
    actions,
    retained: plans.filter(({ plan }) => plan.retained).map(({ username }) => username),
    protection: plans.flatMap(({ username, plan }) =>
      plan.protection ? [{ account: username, ...plan.protection }] : [],
    ),
    ...(policies.length === 0 ? {} : { policies }),
    unverified: plans.flatMap(({ username, plan }) => plan.unverified.map((key) => `${username}/${key}`)),
    retest: plans.filter(({ plan }) => plan.retest).map(({ username }) => username),
    ...(removals ? { removals } : {}),
    unmanaged: {
      ...unmanagedAccounts(desired, live, state, options.only),
      tokens: plans.flatMap(({ plan }) => plan.unmanagedTokens),
    },
    ...(suspended.length === 0 ? {} : { suspended }),
    warnings: [
      ...(options.branch ?? []),
      ...unlisted(live),
      ...nothingManaged(state, plans),
      ...renamedAccounts(desired, state, plans),
      ...deletedShares(actions, options.configured ?? desired.accounts, desired.file),
      ...(options.unreadStates ?? []).map((each) => ({ kind: 'state_unread' as const, ...each })),
      ...secretWarnings(actions, obsolete, options.storeFacts, olderNames(plans)),
      ...(rotateSuspended.length === 0 ? [] : [{ kind: 'rotation_suspended' as const, accounts: rotateSuspended }]),
      ...plans.flatMap(({ plan }) => plan.warnings),
      ...lateApplies(desired, state, live.now),
      ...ceilingWarning({ desired, compute, ownCompute, due }),
    ],
    errors: plans.flatMap(({ plan }) => plan.errors),
    ...(not_revoked.length === 0 ? {} : { not_revoked }),
    violations: findViolations({
      desired,
      state,
      actions,
      compute,
      ownCompute,
      due,
      unpriced,
      isPlanned: only,
      isSelf,
    }),
    next: plans.flatMap(({ plan }) => plan.next).sort((a, b) => order(a.at, b.at) || order(a.account, b.account)),
    ...(stores.length === 0 ? {} : { stores }),
    ...(guardrails.length === 0 ? {} : { guardrails }),
    ...(smoke_queries.length === 0 ? {} : { smoke_queries }),
    ...(desired.variables ? { variables: desired.variables } : {}),
    ...(compute ? { compute } : {}),
  };
}

/** The ceilings of all managed accounts; one that was not planned, or could not be, counts as configured if it may exist. */
function ceilingsOf(
  desired: Desired,
  state: State,
  { users }: Live,
  plans: readonly { readonly username: string; readonly plan: AccountPlan }[],
): Map<string, ComputeCeiling> {
  const planned = new Map(plans.map(({ username, plan }) => [username, plan.compute]));
  const listed =
    users.listed && users.complete ? new Set(users.all.map((user) => accountKey(user.username))) : undefined;
  const mayExist = (key: string) => state.accounts.has(key) || listed?.has(key) !== false;
  return new Map(
    accountNames(desired, state).flatMap((username): [string, ComputeCeiling][] => {
      const key = accountKey(username);
      const ceiling = planned.get(username);
      if (ceiling === undefined && !mayExist(key)) return [];
      return [[username, ceiling ?? configuredCeiling(desired, desired.accounts.get(key))]];
    }),
  );
}

/** An account that was not read is unknown, never absent. */
function notRead(): Presence<LiveAccount> {
  const error = new UserError('ACCOUNT_UNREADABLE', 'it was not read', { text: 'Run it again.', command: ['plan'] });
  return { presence: 'unknown', error };
}

/** All accounts of the configuration, in its order, then those that only the state has, by name. */
export function accountNames(desired: Desired, state: State): string[] {
  const rest = [...state.accounts].filter(([key]) => !desired.accounts.has(key)).map(([, account]) => account.username);
  return [...[...desired.accounts.values()].map((account) => account.username), ...rest.sort(order)];
}

/** The counts of the summary line. */
export function summarize(plan: Plan): Summary {
  const count = (name: ActionName) => plan.actions.filter((action) => action.action === name).length;
  const forgets = plan.actions.filter((action) => action.action === 'forget');
  return {
    accounts: {
      create: count('create_account'),
      adopt: count('adopt_account'),
      change: changedAccounts(plan),
      delete: count('delete_account'),
      forget: forgets.filter((action) => action.token === undefined).length,
    },
    tokens: {
      create: count('create_token'),
      adopt: count('adopt_token'),
      rotate: count('rotate_token'),
      revoke: count('revoke_token'),
      forget: forgets.filter((action) => action.token !== undefined).length,
    },
    setups: count('run_setup'),
  };
}

/** Ducklings of an account that is created are part of its creation, not a change. */
function changedAccounts(plan: Plan): number {
  const changed = plan.actions.filter((action) => action.action === 'set_ducklings' && action.before !== null);
  return new Set([...changed, ...plan.protection].map(({ account }) => account)).size;
}

/**
 * Whether an apply of the plan would change anything: at MotherDuck, in a secret store, or a setting in the state. Without
 * changes, it may test accounts again, record that it ran, and drop from the state what is gone at MotherDuck.
 *
 * @example
 * ```ts
 * import { hasChanges, loadConfig, openService, plan, readLive, readState } from 'motherduck-accounts';
 *
 * const { desired } = await loadConfig();
 * const service = await openService({ sandbox: '.motherduck-sandbox' });
 * const state = await readState({ desired, service });
 * const live = await readLive({ desired, state, service });
 * console.log(hasChanges(plan({ desired, live, state, service })) ? 'There are changes.' : 'No changes.');
 * ```
 */
export function hasChanges(plan: Plan): boolean {
  return (
    plan.actions.length > 0 ||
    plan.protection.length > 0 ||
    (plan.removals ?? []).length > 0 ||
    (plan.policies ?? []).length > 0 ||
    storesToRename(plan) > 0
  );
}

/** The number of secret stores of which an apply records another name. */
export function storesToRename({ warnings }: Plan): number {
  return warnings.filter(({ kind }) => kind === 'store_renamed').length;
}

/** Whether the branch of a pull request changes the state or a setting, or may do so, since it could not be compared. */
export function changesBranch({ warnings }: Pick<Plan, 'warnings'>): boolean {
  return warnings.some(isOfBranch);
}

/** Whether something is due, or may be, that a plan of scheduled work leaves alone. */
export function leavesDueWork({ warnings }: Pick<Plan, 'warnings'>): boolean {
  return warnings.some(({ kind }) => kind === 'due_left' || kind === 'nothing_managed');
}

/** Of a plan of scheduled work: without a state it knows no token of accounts that exist. */
function nothingManaged({ serial }: State, plans: readonly { readonly plan: AccountPlan }[]): PlanWarning[] {
  const isLeft = (each: PlanWarning) => each.kind === 'not_scheduled' && each.actions.includes('adopt_account');
  return serial === 0 && plans.some(({ plan }) => plan.warnings.some(isLeft)) ? [{ kind: 'nothing_managed' }] : [];
}

function unmanagedAccounts(
  desired: Desired,
  live: Live,
  state: State,
  only: MakePlanOptions['only'],
): Pick<Unmanaged, 'accounts'> {
  if (!live.users.listed) return only ? {} : { accounts: null };
  const ignored = globMatcher(desired.ignore);
  const accounts = live.users.all
    .filter((user) => user.isServiceAccount && !user.isDeprovisioned && !ignored(user.username))
    .map((user) => user.username)
    .filter((username) => !desired.accounts.has(accountKey(username)) && !state.accounts.has(accountKey(username)))
    .filter((username) => only?.(username) ?? true)
    .sort(order);
  return only && accounts.length === 0 ? {} : { accounts };
}

function unlisted({ users }: Live): PlanWarning[] {
  if (!users.listed) return [{ kind: 'users_unlisted', why: users.why.message, hint: users.why.hint }];
  return users.complete ? [] : [{ kind: 'users_incomplete', listed: users.all.length, total: users.total ?? null }];
}

/** Tokens whose time between due and expiry is shorter than the longest time between recent applies. */
function lateApplies(desired: Desired, state: State, now: number): PlanWarning[] {
  const interval = longestInterval(state.runs, now);
  const tokens = [...desired.accounts.values()].flatMap((account) =>
    [...account.tokens.values()]
      .filter((token) => {
        const current = state.accounts.get(accountKey(account.username))?.tokens.get(token.key)?.current;
        if (current === undefined || current.expires_at === null) return false;
        const [createdAt, expiresAt] = [Date.parse(current.created_at), Date.parse(current.expires_at)];
        return expiresAt - (rotationDue(token, { createdAt, expiresAt }, current.ttl) ?? expiresAt) <= interval;
      })
      .map((token) => `${account.username}/${token.key}`),
  );
  return tokens.length === 0 ? [] : [{ kind: 'late_applies', interval: interval / 1000, tokens }];
}

/** In milliseconds; the time since the latest run counts too. 0 when no run is known. */
function longestInterval(runs: readonly StateRun[], now: number): number {
  const times = [...recentApplies(runs), now];
  return Math.max(0, ...times.slice(1).map((time, index) => time - (times[index] ?? time)));
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Tokens whose live ones only a newer state knows. */
function olderNames(plans: readonly { readonly plan: AccountPlan }[]): ReadonlySet<string> {
  const warnings = plans.flatMap(({ plan }) => plan.warnings);
  return new Set(warnings.flatMap((each) => (each.kind === 'older_state' ? [`${each.account}/${each.token}`] : [])));
}
