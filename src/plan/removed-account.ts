/** An account of the state that left the configuration: it is retained, deleted, or forgotten. */
import type { Action, Forget } from '../model/action.ts';
import { compareText } from '../model/collections.ts';
import { defined } from '../model/defined.ts';
import { type LiveAccount, type LiveUser, listedTokens } from '../model/live.ts';
import type { PlanError, PlanWarning } from '../model/notice.ts';
import type { NextChange } from '../model/plan.ts';
import { shownToken } from '../model/planned-token.ts';
import type { StateAccount } from '../model/state.ts';
import { isSmokeToken } from '../model/tokens.ts';
import { type AccountContext, type AccountPlan, EMPTY_ACCOUNT_PLAN, unmanagedTokens } from './account-plan.ts';
import { computeOfRemoved } from './compute-ceiling.ts';
import { LiveTokens } from './live-tokens.ts';
import { planRetainedToken } from './removed-token.ts';
import { accountRecords } from './token-series.ts';
import { unreadableToken, unreadableTokens } from './unreadable-token.ts';

/** Deletes the account when pruning was asked for, forgets it when it is gone, and else retains it. */
export function planRemovedAccount(
  account: string,
  state: StateAccount | undefined,
  live: LiveAccount | undefined,
  context: AccountContext,
): AccountPlan {
  if (state === undefined) return EMPTY_ACCOUNT_PLAN;
  const about = { account, after: null } as const;
  const isUnconfirmed = state.intent?.action === 'create_account';
  if (live !== undefined && isUnconfirmed) return forgetOnly(account, { kind: 'unconfirmed' });
  if (live === undefined) {
    const reason = { kind: context.because };
    const forget: Action = { action: 'forget', ...about, reason, risk: 'safe', before: { username: account } };
    return {
      ...EMPTY_ACCOUNT_PLAN,
      actions: [forget],
      ...(context.desired.computeRates ? { compute: { before: 0, after: 0 } } : {}),
    };
  }
  const other = live.user && whyNotOurs(account, state, live.user);
  if (other !== undefined) return other;
  if (context.prune) {
    // An account is not deleted if it may be another account of that name.
    if (state.id === undefined || live.user === undefined) {
      return { ...EMPTY_ACCOUNT_PLAN, errors: [unidentified(account, state, live, context)] };
    }
    const unread = live.unreadableTokens?.map(({ id, name }) => ({ id, name }));
    const before = {
      username: live.username,
      // Those of a smoke test that runs elsewhere come and go, and must not make a saved plan stale.
      tokens: live.tokens.filter((token) => !isSmokeToken(token)).map(shownToken),
      ...defined({ unreadable_tokens: unread, created: state.setup?.created }),
    };
    const reason = { kind: context.because };
    const compute = computeOfRemoved(live, context.desired, 0);
    return {
      ...EMPTY_ACCOUNT_PLAN,
      actions: [{ action: 'delete_account', ...about, reason, risk: 'destructive', before }],
      ...compute,
    };
  }
  const records = accountRecords(state.tokens.values());
  const liveTokens = new LiveTokens(live.tokens);
  const unread = unreadableTokens(live);
  const tokens = [...state.tokens].map(
    ([key, token]) =>
      unreadableToken({ account, token: key }, [], token, live, unread) ??
      planRetainedToken(key, token, liveTokens.about([key], token), records, {
        account,
        now: context.now,
        heldBy: context.heldBy,
      }),
  );
  const next = tokens.flatMap((plan) => plan.next);
  const isKept = state.deletion_protection || context.desired.guardrails.maxDeletes === 0;
  return {
    ...EMPTY_ACCOUNT_PLAN,
    actions: tokens.flatMap((plan) => plan.actions),
    errors: tokens.flatMap((plan) => plan.errors),
    next,
    warnings: [...tokens.flatMap((plan) => plan.warnings), ...notRotated(account, next, isKept)],
    unmanagedTokens: unmanagedTokens(account, live, new Set(tokens.flatMap((plan) => [...plan.known])), context),
    retained: true,
    ...computeOfRemoved(live, context.desired),
  };
}

function unidentified(account: string, state: StateAccount, live: LiveAccount, context: AccountContext): PlanError {
  const ids = accountRecords(state.tokens.values()).ids;
  return {
    ...{ kind: 'unidentified', account, listed: live.user !== undefined },
    // A list that lacks a live account is incomplete, whatever MotherDuck counts.
    ...(live.user === undefined && context.areUsersListed ? { incomplete: true } : {}),
    // Ids of tokens are unique, so the account is the same.
    ...([...listedTokens(live).ids].some((id) => ids.has(id)) ? { recognized: true } : {}),
    ...(context.because === 'destroyed' ? { destroyed: true } : {}),
  };
}

/** The name of a managed account may belong to another user or account now, which is never deleted. */
function whyNotOurs(account: string, state: StateAccount, user: LiveUser): AccountPlan | undefined {
  if (!user.isServiceAccount) {
    return { ...EMPTY_ACCOUNT_PLAN, errors: [{ kind: 'person', account, managed: true }] };
  }
  return state.id === undefined || state.id === user.id ? undefined : forgetOnly(account, whyReplaced(state));
}

/** Why another account has the name of a managed one: what deleted that. */
export function whyReplaced({ intent }: StateAccount) {
  return intent?.action === 'delete_account'
    ? ({ kind: 'deleted', at: intent.at } as const)
    : ({ kind: 'replaced_outside' } as const);
}

/** Forgets the account while another one, or perhaps another one, has its name. */
function forgetOnly(account: string, reason: Forget['reason']): AccountPlan {
  const before = { username: account };
  const actions: Action[] = [{ action: 'forget', account, reason, risk: 'safe', before, after: null }];
  return { ...EMPTY_ACCOUNT_PLAN, actions };
}

function notRotated(account: string, next: readonly NextChange[], isKept: boolean): PlanWarning[] {
  const [first] = next.filter(({ change }) => change === 'expires').sort((a, b) => compareText(a.at, b.at));
  return first === undefined
    ? []
    : [{ kind: 'not_rotated', account, name: first.name, expires_at: first.at, ...(isKept ? { kept: true } : {}) }];
}
