/** Warnings of a plan about the organization as a whole, or about all tokens of one account. */
import type { Action } from '../model/action.ts';
import type { Desired, DesiredAccount } from '../model/desired.ts';
import { entryName } from '../model/entry-name.ts';
import type { Live } from '../model/live.ts';
import type { PlanWarning } from '../model/notice.ts';
import type { Unmanaged } from '../model/plan.ts';
import { rotationDue } from '../model/rotation-due.ts';
import type { State, StateAccount } from '../model/state.ts';
import { recentApplies, type StateRun } from '../model/state-run.ts';
import { accountKey } from '../model/username.ts';
import type { AccountPlan } from './account-plan.ts';

/** Of a plan of scheduled work: without a state it knows no token of accounts that exist. */
export function nothingManaged({ serial }: State, plans: readonly AccountPlan[]): PlanWarning[] {
  const isLeft = (each: PlanWarning) => each.kind === 'not_scheduled' && each.actions.includes('adopt_account');
  return serial === 0 && plans.some((plan) => plan.warnings.some(isLeft)) ? [{ kind: 'nothing_managed' }] : [];
}

/** @param accounts Those whose tokens were to be rotated, and that have none. */
export function suspendedRotations(accounts: readonly string[] = []): PlanWarning[] {
  return accounts.length === 0 ? [] : [{ kind: 'rotation_suspended', accounts }];
}

/** Warns when some users may be unknown. */
export function unlisted({ users }: Live): PlanWarning[] {
  if (!users.listed) return [{ kind: 'users_unlisted', why: users.why.message, hint: users.why.hint }];
  return users.complete ? [] : [{ kind: 'users_incomplete', listed: users.all.length, total: users.total ?? null }];
}

/** Tokens whose time between due and expiry is shorter than the longest time between recent applies. */
export function lateApplies(
  desired: Desired,
  state: State,
  now: number,
  only: (username: string) => boolean,
): PlanWarning[] {
  const interval = longestInterval(state.runs, now);
  const tokens = [...desired.accounts.values()]
    .filter(({ username }) => only(username))
    .flatMap((account) =>
      [...account.tokens.values()]
        .filter((token) => {
          const current = state.accounts.get(accountKey(account.username))?.tokens.get(token.key)?.current;
          if (current === undefined || current.expires_at === null) return false;
          const [createdAt, expiresAt] = [Date.parse(current.created_at), Date.parse(current.expires_at)];
          return expiresAt - (rotationDue(token, { createdAt, expiresAt }, current.ttl) ?? expiresAt) <= interval;
        })
        .map((token) => entryName({ account: account.username, token: token.key })),
    );
  return tokens.length === 0 ? [] : [{ kind: 'late_applies', interval: interval / 1000, tokens }];
}

/** In milliseconds; the time since the latest run counts too. 0 when no run is known. */
function longestInterval(runs: readonly StateRun[], now: number): number {
  const times = [...recentApplies(runs), now];
  return Math.max(0, ...times.slice(1).map((time, index) => time - (times[index] ?? time)));
}

/** Unmanaged tokens of a suspended account are not revoked, so they still give access. */
export function stillLive({ username, suspended }: DesiredAccount, unmanaged: Unmanaged['tokens']): PlanWarning[] {
  if (suspended === undefined || unmanaged.length === 0) return [];
  return [{ kind: 'suspended_live', account: username, tokens: unmanaged.map(({ name, id }) => name || id) }];
}

/** Warns when all tokens of an account are replaced within one overlap: a program that restarts late has none that works. */
export function turnover(
  desired: DesiredAccount,
  state: StateAccount | undefined,
  actions: readonly Action[],
  now: number,
): PlanWarning[] {
  // Whoever asks for no overlap knows that there is none.
  const rotating = new Set(
    actions.flatMap((action) => (action.action === 'rotate_token' && !action.after.revokes_old ? [action.token] : [])),
  );
  if (desired.tokens.size < 2 || rotating.size === 0) return [];
  const inOverlap = (key: string) =>
    state?.tokens.get(key)?.retiring.some((old) => old.retire_at !== undefined && Date.parse(old.retire_at) > now);
  const all = [...desired.tokens.keys()].every((key) => rotating.has(key) || inOverlap(key));
  const jitter = [...desired.tokens.values()].every((token) => token.jitter !== undefined);
  const { username: account, tokens } = desired;
  return all ? [{ kind: 'turnover', account, tokens: tokens.size, ...(jitter ? { jitter } : {}) }] : [];
}
