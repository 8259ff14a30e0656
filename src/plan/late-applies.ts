/** Whether applies come often enough for the tokens that they rotate. */
import type { Desired } from '../model/desired.ts';
import type { PlanWarning } from '../model/notice.ts';
import { rotationDue } from '../model/rotation-due.ts';
import type { State } from '../model/state.ts';
import { recentApplies, type StateRun } from '../model/state-run.ts';
import { accountKey } from '../model/username.ts';

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
        .map((token) => `${account.username}/${token.key}`),
    );
  return tokens.length === 0 ? [] : [{ kind: 'late_applies', interval: interval / 1000, tokens }];
}

/** In milliseconds; the time since the latest run counts too. 0 when no run is known. */
function longestInterval(runs: readonly StateRun[], now: number): number {
  const times = [...recentApplies(runs), now];
  return Math.max(0, ...times.slice(1).map((time, index) => time - (times[index] ?? time)));
}
