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
import { compareText } from '../model/collections.ts';
import { defined } from '../model/defined.ts';
import type { Desired, DesiredToken } from '../model/desired.ts';
import { entryName } from '../model/entry-name.ts';
import type { Live, LiveAccount, Presence } from '../model/live.ts';
import type { PlanWarning } from '../model/notice.ts';
import type { Plan, Scope, Unmanaged } from '../model/plan.ts';
import type { RevokesOld } from '../model/planned-token.ts';
import type { State } from '../model/state.ts';
import { isoTime } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { accountNames, unmanagedAccounts } from './account-names.ts';
import type { AccountContext, AccountPlan, PlannedAccount } from './account-plan.ts';
import { planAccount } from './accounts.ts';
import { deletedShares } from './deleted-shares.ts';
import { ceilingWarning, findViolations, selfMatcher } from './guardrails.ts';
import { obsoleteSecrets } from './obsolete-secrets.ts';
import { planCeilings } from './plan-ceilings.ts';
import { renamedAccounts } from './renamed-account.ts';
import { guardrailsInForce, smokeQueries } from './reviewed-settings.ts';
import { notRevoked } from './revoke-request.ts';
import { scheduledOnly } from './scheduled.ts';
import { removalsOf } from './secret-removals.ts';
import { secretWarnings, usedStores } from './secret-warnings.ts';
import type { StoreFacts } from './store-facts.ts';
import { lateApplies, nothingManaged, suspendedRotations, unlisted } from './warnings.ts';

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
  const { only = () => true, due = false, storeFacts } = options;
  const planned = planAccounts(desired, live, state, options);
  const plans = planned.map(({ plan }) => plan);

  const actions = plans.flatMap((plan) => plan.actions);
  // A scheduled run does not accept a changed policy: somebody must see the plan first.
  const policies = due ? [] : plans.flatMap((plan) => plan.policies);
  const obsolete = obsoleteSecrets(actions, state, live, desired);
  const removals = storeFacts && removalsOf(obsolete, storeFacts);

  const { compute, ownCompute, unpriced } = planCeilings(desired, live, state, planned, only);
  const isSelf = selfMatcher(options.claims ?? [], live.users.listed ? live.users.all : []);
  const limits = { desired, state, actions, compute, ownCompute, unpriced, due, isPlanned: only, isSelf };

  const isAsked = (account: string, token: string) =>
    options.revokeOld !== undefined && options.rotate?.(account, token) === true;
  const not_revoked = notRevoked(planned, { live, state, isAsked });
  const stores = usedStores(actions, removals ?? [], storeFacts);
  const guardrails = guardrailsInForce(desired.guardrails);
  const smoke_queries = smokeQueries(desired, only);
  const suspended = [...desired.accounts.values()].flatMap((account) =>
    account.suspended && only(account.username) ? [account.username] : [],
  );
  return {
    organization: desired.organization,
    sandbox: options.sandbox ?? false,
    at: isoTime(live.now),
    ...defined({ scope: options.scope }),
    ...(due ? { due: true } : {}),
    actions,
    retained: planned.filter(({ plan }) => plan.retained).map(({ username }) => username),
    protection: planned.flatMap(({ username, plan }) =>
      plan.protection ? [{ account: username, ...plan.protection }] : [],
    ),
    ...(policies.length === 0 ? {} : { policies }),
    unverified: planned.flatMap(({ username, plan }) => plan.unverified.map((token) => ({ account: username, token }))),
    retest: planned.filter(({ plan }) => plan.retest).map(({ username }) => username),
    ...defined({ removals }),
    unmanaged: {
      ...unmanagedIn(desired, live, state, options.only),
      tokens: plans.flatMap((plan) => plan.unmanagedTokens),
    },
    ...(suspended.length === 0 ? {} : { suspended }),
    warnings: [
      ...(options.branch ?? []),
      ...unlisted(live),
      ...nothingManaged(state, plans),
      ...renamedAccounts(desired, state, planned),
      ...deletedShares(actions, options.configured ?? desired.accounts, desired.file),
      ...(options.unreadStates ?? []).map((each) => ({ kind: 'state_unread' as const, ...each })),
      ...secretWarnings(actions, obsolete, storeFacts, olderNames(plans)),
      ...suspendedRotations(options.rotateSuspended),
      ...plans.flatMap((plan) => plan.warnings),
      ...lateApplies(desired, state, live.now, only),
      ...ceilingWarning(limits),
    ],
    errors: plans.flatMap((plan) => plan.errors),
    ...(not_revoked.length === 0 ? {} : { not_revoked }),
    violations: findViolations(limits),
    next: plans
      .flatMap((plan) => plan.next)
      .sort((a, b) => compareText(a.at, b.at) || compareText(a.account, b.account)),
    ...(stores.length === 0 ? {} : { stores }),
    ...(guardrails.length === 0 ? {} : { guardrails }),
    ...(smoke_queries.length === 0 ? {} : { smoke_queries }),
    ...defined({ variables: desired.variables, compute }),
  };
}

/** Plans each account that the configuration or the state names. */
function planAccounts(desired: Desired, live: Live, state: State, options: MakePlanOptions): PlannedAccount[] {
  const { only = () => true, due = false } = options;
  const context = accountContext(desired, live, options);
  return accountNames(desired, state)
    .filter(only)
    .map((username) => {
      const key = accountKey(username);
      const own = { desired: desired.accounts.get(key), state: state.accounts.get(key) };
      const presence = live.accounts.get(key) ?? notRead();
      const plan = planAccount(own.desired, own.state, presence, context);
      if (!due) return { username, plan };
      const tokens = presence.presence === 'present' ? presence.value.tokens : [];
      const readings = { ...own, live: new Map(tokens.map((token) => [token.id, token])), now: live.now };
      return { username, plan: scheduledOnly(username, plan, readings) };
    });
}

/** What all accounts are planned with. */
function accountContext(desired: Desired, live: Live, options: MakePlanOptions): AccountContext {
  const { storeFacts, inStores = storeFacts } = options;
  // An edited script seldom moves secrets.
  const moved = new Map(
    [...(storeFacts?.changed ?? [])].map(([store, names]) => {
      const byScript = new Set(storeFacts?.users?.get(store)?.byEarlierScript);
      return [store, new Set(names.filter((name) => !byScript.has(name)))];
    }),
  );
  return {
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
    isCommandChanged: (account, token, store) => moved.get(store)?.has(entryName({ account, token })) === true,
    heldBy: ({ fingerprint, secret }) => inStores?.held?.get(fingerprint ?? secret?.fingerprint ?? ''),
    isUnstored: (account, token) =>
      inStores === undefined || inStores.unstored?.has(entryName({ account: accountKey(account), token })) === true,
  };
}

/** An account that was not read is unknown, never absent. */
function notRead(): Presence<LiveAccount> {
  const error = new UserError('ACCOUNT_UNREADABLE', 'it was not read', { text: 'Run it again.', command: ['plan'] });
  return { presence: 'unknown', error };
}

function unmanagedIn(
  desired: Desired,
  live: Live,
  state: State,
  only: MakePlanOptions['only'],
): Pick<Unmanaged, 'accounts'> {
  if (!live.users.listed) return only ? {} : { accounts: null };
  const { reported: accounts } = unmanagedAccounts(desired, live, state, only);
  return only && accounts.length === 0 ? {} : { accounts };
}

/** Tokens whose live ones only a newer state knows. */
function olderNames(plans: readonly AccountPlan[]): ReadonlySet<string> {
  const warnings = plans.flatMap((plan) => plan.warnings);
  return new Set(warnings.flatMap((each) => (each.kind === 'older_state' ? [entryName(each)] : [])));
}
