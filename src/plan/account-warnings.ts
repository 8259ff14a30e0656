/** What a plan warns of about all tokens of one account. */
import type { Action } from '../model/action.ts';
import type { DesiredAccount } from '../model/desired.ts';
import type { PlanWarning } from '../model/notice.ts';
import type { Unmanaged } from '../model/plan.ts';
import type { StateAccount } from '../model/state.ts';

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
