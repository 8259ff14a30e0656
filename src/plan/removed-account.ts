/** An account that the state has and the configuration does not: left, deleted, or forgotten. */
import type { LiveAccount, LiveUser } from '../model/live.ts';
import type { Action, ComputeCeiling, NextChange, Notice } from '../model/plan.ts';
import type { StateAccount } from '../model/state.ts';
import { type AccountContext, type AccountPlan, NOTHING } from './account-plan.ts';
import { hourlyCeiling, type Rates } from './ducklings.ts';
import { accountRecords, show } from './series.ts';
import { planRetainedToken } from './tokens.ts';

/** An account that left the configuration: deleted when pruning was asked for, forgotten when it is gone, else left. */
export function planRemovedAccount(
  account: string,
  state: StateAccount | undefined,
  live: LiveAccount | undefined,
  context: AccountContext,
): AccountPlan {
  if (state === undefined) return NOTHING;
  const about = { account, after: null } as const;
  if (live === undefined) {
    const reason = { kind: context.because };
    const forget: Action = { action: 'forget', ...about, reason, risk: 'safe', before: { username: account } };
    return {
      ...NOTHING,
      actions: [forget],
      ...(context.desired.computeRates ? { compute: { before: 0, after: 0 } } : {}),
    };
  }
  const other = live.user && whyNotOurs(account, state, live.user);
  if (other !== undefined) return other;
  if (context.prune) {
    const before = { username: live.username, tokens: live.tokens.map(show) };
    const reason = { kind: context.because };
    const compute = priceLive(live, context.desired.computeRates, 0);
    return {
      ...NOTHING,
      actions: [{ action: 'delete_account', ...about, reason, risk: 'destructive', before }],
      ...compute,
    };
  }
  const holds = accountRecords(state.tokens.values());
  const tokens = [...state.tokens].map(([key, token]) =>
    planRetainedToken(key, token, live.tokens, holds, account, context.now),
  );
  const actions = tokens.flatMap((plan) => plan.actions);
  const next = tokens.flatMap((plan) => plan.next);
  return {
    ...NOTHING,
    actions,
    next,
    warnings: notRotated(account, next),
    retained: true,
    ...priceLive(live, context.desired.computeRates),
  };
}

/** What has the name of a managed account may be another one by now, and that is never deleted. */
function whyNotOurs(account: string, state: StateAccount, user: LiveUser): AccountPlan | undefined {
  if (!user.isServiceAccount) {
    const message = `"${account}" is a person's user at MotherDuck now, and not the account that is managed`;
    const hint = { text: 'Nothing is done to it. Remove it from the state.', command: ['state', 'forget', account] };
    return { ...NOTHING, errors: [{ account, code: 'ACCOUNT_UNUSABLE', message, hint }] };
  }
  if (state.id === undefined || state.id === user.id) return undefined;
  const reason = { kind: 'replaced_outside' } as const;
  const before = { username: account };
  return { ...NOTHING, actions: [{ action: 'forget', account, reason, risk: 'safe', before, after: null }] };
}

function notRotated(account: string, next: readonly NextChange[]): Notice[] {
  const [first] = [...next].sort((a, b) => (a.at < b.at ? -1 : 1));
  if (first === undefined) return [];
  const message = `its tokens are not rotated any more, since it left the configuration; ${first.name} expires ${first.at.slice(0, 10)}`;
  return [
    {
      account,
      message,
      hint: { text: 'Put it back, or delete it.', command: ['apply', '--prune', '--only', account] },
    },
  ];
}

/** The ceiling of an account that left the configuration; `after` where it does not stay what it is. */
function priceLive(live: LiveAccount, rates: Rates | undefined, after?: number): { compute?: ComputeCeiling } {
  if (rates === undefined) return {};
  const before = live.ducklings === undefined ? null : hourlyCeiling(live.ducklings, rates);
  return { compute: { before, after: after ?? before } };
}
