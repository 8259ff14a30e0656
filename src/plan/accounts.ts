/** One account: from desired, live and state to its actions, in the order of apply. */

import type { Action, SetDucklings } from '../model/action.ts';
import { groupBy } from '../model/collections.ts';
import { defined } from '../model/defined.ts';
import type { DesiredAccount } from '../model/desired.ts';
import { isExpired, type LiveAccount, type LiveToken, listedTokens, type Presence } from '../model/live.ts';
import type { PlanError } from '../model/notice.ts';
import type { StateAccount } from '../model/state.ts';
import { seriesOf } from '../model/tokens.ts';
import { isNewUsername } from '../model/username.ts';
import {
  type AccountContext,
  type AccountPlan,
  EMPTY_ACCOUNT_PLAN,
  sourceLine,
  unmanagedTokens,
} from './account-plan.ts';
import { inOrder } from './action-order.ts';
import { computeOfChange, computeOfDesired } from './compute-ceiling.ts';
import { ducklingChanges, ducklingRisk, mergeDucklings } from './ducklings.ts';
import { LiveTokens } from './live-tokens.ts';
import { planRemovedAccount, whyReplaced } from './removed-account.ts';
import { planRemovedToken, suspendedKey } from './removed-token.ts';
import { isRequested, revokesOld } from './revoke-request.ts';
import { planSetup } from './setup.ts';
import type { Recreated } from './token-reasons.ts';
import { accountRecords } from './token-series.ts';
import { planToken, type TokenPlan } from './tokens.ts';
import { unreadableToken, unreadableTokens } from './unreadable-token.ts';
import { stillLive, turnover } from './warnings.ts';

/** Plans an account that the configuration or the state names. */
export function planAccount(
  desired: DesiredAccount | undefined,
  state: StateAccount | undefined,
  live: Presence<LiveAccount>,
  context: AccountContext,
): AccountPlan {
  const account = desired?.username ?? state?.username ?? '';
  if (live.presence === 'unknown') {
    const { message, hint, code } = live.error;
    return { ...EMPTY_ACCOUNT_PLAN, errors: [{ kind: 'unreadable', account, code, why: message, hint }] };
  }
  const found = live.presence === 'present' ? live.value : undefined;
  const by = context.managedBy(account, found?.user?.id ?? state?.id);
  if (by !== undefined)
    return {
      ...EMPTY_ACCOUNT_PLAN,
      errors: [{ kind: 'managed_elsewhere', account, state: by, managed: state !== undefined }],
    };
  const { unreadState } = context;
  if (unreadState !== undefined && state === undefined && found !== undefined) {
    return { ...EMPTY_ACCOUNT_PLAN, errors: [{ kind: 'not_adopted', account, state: unreadState }] };
  }
  if (desired === undefined) return planRemovedAccount(account, state, found, context);
  const unusable = found && whyUnusable(account, found);
  if (unusable) return { ...EMPTY_ACCOUNT_PLAN, errors: [unusable] };
  if (found === undefined && !isNewUsername(account)) {
    return {
      ...EMPTY_ACCOUNT_PLAN,
      errors: [{ kind: 'not_a_new_name', account, location: sourceLine(desired.location, context.desired.file) }],
    };
  }
  return planDesiredAccount(desired, state, found, context);
}

function planDesiredAccount(
  desired: DesiredAccount,
  state: StateAccount | undefined,
  live: LiveAccount | undefined,
  context: AccountContext,
): AccountPlan {
  const entry = planEntry(desired, state, live, context.desired.file);
  const ducklings = planDucklings(desired, live, context);
  const tokens = planTokens(desired, state, live, context);
  const changes = tokens.flatMap((plan) => plan.actions);
  const known = new Set(tokens.flatMap((plan) => [...plan.known]));
  const isFailing = state?.smoke?.passed === false && desired.smoke !== false && live !== undefined;
  const unmanaged = unmanagedTokens(desired.username, live, known, context);
  const protection = {
    before: state?.deletion_protection ?? desired.deletionProtection,
    after: desired.deletionProtection,
  };
  return {
    ...EMPTY_ACCOUNT_PLAN,
    actions: inOrder([
      ...entry,
      ...(ducklings ? [ducklings] : []),
      ...changes,
      ...planSetup(desired, entry.length === 0 ? state : undefined, live === undefined, context.desired.file),
    ]),
    warnings: [
      ...tokens.flatMap((plan) => plan.warnings),
      ...turnover(desired, state, changes, context.now),
      ...stillLive(desired, unmanaged),
      ...(isFailing ? [{ kind: 'smoke_failed' as const, account: desired.username }] : []),
    ],
    errors: [...unreadableDucklings(desired, live), ...tokens.flatMap((plan) => plan.errors)],
    next: tokens.flatMap((plan) => plan.next),
    unmanagedTokens: unmanaged,
    retest: isFailing,
    unverified: [...desired.tokens.keys()].filter((_key, index) => tokens[index]?.unverified),
    policies: tokens.flatMap(({ policy }) => policy ?? []),
    ...(protection.before === protection.after ? {} : { protection }),
    ...computeOfDesired(desired, live, context.desired),
  };
}

/** The account itself: created, adopted, or unchanged. */
function planEntry(
  desired: DesiredAccount,
  state: StateAccount | undefined,
  live: LiveAccount | undefined,
  file: string,
): Action[] {
  const location = sourceLine(desired.location, file);
  const about = { account: desired.username, location, risk: 'safe', before: null } as const;
  const after = { username: desired.username, deletion_protection: desired.deletionProtection };
  if (live === undefined) {
    const gone = state !== undefined && state.intent?.action !== 'create_account';
    const { intent } = state ?? {};
    const reason =
      intent?.action === 'delete_account'
        ? ({ kind: 'deleted', at: intent.at } as const)
        : gone
          ? ({ kind: 'deleted_outside', since: state.since } as const)
          : ({ kind: 'new' } as const);
    return [{ action: 'create_account', ...about, reason, after }];
  }
  if (state === undefined) {
    return [{ action: 'adopt_account', ...about, reason: { kind: 'unmanaged' }, after }];
  }
  // Without an id, the run that created it ended before it could tell it from another account of that name.
  const isUnidentified = state.id === undefined && live.user !== undefined;
  if (state.intent?.action === 'create_account' || isUnidentified) {
    return [{ action: 'adopt_account', ...about, reason: { kind: 'interrupted' }, after }];
  }
  if (state.id !== undefined && live.user !== undefined && state.id !== live.user.id) {
    return [{ action: 'adopt_account', ...about, reason: whyReplaced(state), after }];
  }
  return [];
}

function planDucklings(
  desired: DesiredAccount,
  live: LiveAccount | undefined,
  context: AccountContext,
): SetDucklings | undefined {
  if (desired.ducklings === undefined) return undefined;
  const { location: _, ...ducklings } = desired.ducklings;
  const location = sourceLine(desired.ducklings.location, context.desired.file);
  const about = { action: 'set_ducklings', account: desired.username, location } as const;
  if (live?.unreadableDucklings !== undefined) return undefined;
  if (live?.ducklings === undefined) {
    const compute = computeOfChange(context.desired, undefined, ducklings);
    return {
      ...about,
      reason: { kind: 'new_account' },
      risk: 'safe',
      before: null,
      after: ducklings,
      ...compute,
    };
  }
  const changes = ducklingChanges(ducklings, live.ducklings);
  if (changes.length === 0) return undefined;
  const after = mergeDucklings(ducklings, live.ducklings);
  return {
    ...about,
    reason: { kind: 'changed' },
    risk: ducklingRisk(ducklings, live.ducklings),
    before: live.ducklings,
    after,
    ...computeOfChange(context.desired, live.ducklings, after),
  };
}

/** Ducklings that are managed and not known are not changed. */
function unreadableDucklings({ username, ducklings }: DesiredAccount, live: LiveAccount | undefined): PlanError[] {
  const why = live?.unreadableDucklings;
  if (why === undefined || ducklings === undefined) return [];
  return [{ kind: 'unreadable', account: username, code: why.code, why: why.message, hint: why.hint }];
}

function planTokens(
  desired: DesiredAccount,
  state: StateAccount | undefined,
  live: LiveAccount | undefined,
  context: AccountContext,
): TokenPlan[] {
  const account = desired.username;
  const liveTokens = new LiveTokens(live?.tokens ?? []);
  const unread = unreadableTokens(live);
  const renamed = renamedKeys(desired, state, liveTokens, context.now);
  const all = accountRecords(state?.tokens.values() ?? []);
  const recreated = howRecreated(state, live, all.ids);
  // No creation that this state began made a token of an account that was created again since.
  const records = recreated === 'certain' ? { ...all, intents: [] } : all;
  const stateOf = (key: string) => {
    const token = state?.tokens.get(key);
    return token && recreated === 'certain' ? { ...token, intents: [] } : token;
  };
  const isSameUser = state?.id !== undefined && state.id === live?.user?.id;
  const plans = [...desired.tokens.values()].map((token) => {
    const renamedFrom = renamed.get(token.key);
    const stateToken = stateOf(renamedFrom ?? token.key);
    const unreadable = unreadableToken(
      { account, token: token.key },
      [token.key, token.name],
      stateToken,
      live,
      unread,
    );
    if (unreadable) return unreadable;
    const rotateNow = context.isRotatedNow(account, token.key);
    return planToken(token, stateToken, liveTokens.about([token.key, token.name], stateToken), {
      account,
      now: context.now,
      file: context.desired.file,
      newAccount: live === undefined,
      recreated,
      rotateNow,
      revokesOld: revokesOld(rotateNow ? context.revokeOld : undefined, stateToken),
      isRevocationDue: (generation) => stateToken !== undefined && isRequested(stateToken, generation),
      secretPath: (each, store) => context.secretPath(account, each, store),
      isSmokeTested: desired.smoke !== false,
      isCommandChanged: (store) => context.isCommandChanged(account, token.key, store),
      heldBy: context.heldBy,
      isUnstored: isSameUser && context.isUnstored(account, token.key),
      records,
      ...defined({ renamedFrom }),
    });
  });
  const moved = new Set(renamed.values());
  const names = new Set([...desired.tokens.values()].map(({ name }) => name));
  const claimed = new Set(plans.flatMap(({ known }) => [...known]));
  const isClaimed = ({ id, name }: LiveToken) => claimed.has(id) || names.has(name) || names.has(seriesOf(name));
  for (const key of state?.tokens.keys() ?? []) {
    const token = stateOf(key);
    if (desired.tokens.has(key) || moved.has(key) || token === undefined) continue;
    const unreadable = unreadableToken({ account, token: key }, [], token, live, unread);
    const suspended = suspendedKey(desired, key, context.desired.file);
    const about = { account, now: context.now, recreated, ...defined({ suspended }) };
    plans.push(unreadable ?? planRemovedToken(key, token, liveTokens.about([key], token), isClaimed, records, about));
  }
  return plans;
}

/** Whether the account is another one than in the state: by its user id or, where users cannot be listed, since no token is left. */
function howRecreated(
  state: StateAccount | undefined,
  live: LiveAccount | undefined,
  ids: ReadonlySet<string>,
): Recreated | undefined {
  if (state?.id === undefined || live === undefined) return undefined;
  if (live.user !== undefined) return live.user.id === state.id ? undefined : 'certain';
  return [...listedTokens(live).ids].some((id) => ids.has(id)) ? undefined : 'possible';
}

/** Keys that were renamed in the configuration while the token kept its name: new key to old. */
function renamedKeys(
  desired: DesiredAccount,
  state: StateAccount | undefined,
  live: LiveTokens,
  now: number,
): Map<string, string> {
  const renamed = new Map<string, string>();
  const unknown = [...desired.tokens.values()].filter(({ key }) => !state?.tokens.has(key));
  const byName = groupBy(unknown, ({ name }) => name);
  for (const [old, { current }] of state?.tokens ?? []) {
    const found = live.byId(current?.id);
    if (desired.tokens.has(old) || found === undefined || isExpired(found, now)) continue;
    const successor = [found.name, seriesOf(found.name)]
      .flatMap((name) => byName.get(name) ?? [])
      .find(({ key, type }) => !renamed.has(key) && type === found.type);
    if (successor) renamed.set(successor.key, old);
  }
  return renamed;
}

function whyUnusable(account: string, { user }: LiveAccount): PlanError | undefined {
  if (user?.isServiceAccount === false) return { kind: 'person', account, managed: false };
  return user?.isDeprovisioned ? { kind: 'deprovisioned', account } : undefined;
}
