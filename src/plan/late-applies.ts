/** Rotation happens in runs: when they come too seldom, a token may expire between two of them. */
import type { Desired } from '../model/desired.ts';
import type { Notice } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { describeSpan } from '../model/time.ts';
import { accountKey } from '../model/username.ts';

const NAMES_SHOWN = 5;

/** Warns of tokens whose time between being due and expiring is shorter than the longest time between recent applies. */
export function lateApplies(desired: Desired, state: State, now: number): Notice[] {
  const interval = longestInterval(state.runs, now);
  const late = [...desired.accounts.values()].flatMap((account) =>
    [...account.tokens.values()]
      .filter((token) => {
        const current = state.accounts.get(accountKey(account.username))?.tokens.get(token.key)?.current;
        return current !== undefined && current.expires_at !== null && token.rotateBefore * 1000 <= interval;
      })
      .map((token) => `${account.username}/${token.key}`),
  );
  if (late.length === 0) return [];
  const shown = late.slice(0, NAMES_SHOWN).join(', ');
  const names = late.length > NAMES_SHOWN ? `${shown} and ${late.length - NAMES_SHOWN} more` : shown;
  const message = `applies were up to ${describeSpan(interval / 1000)} apart, longer than rotate_before of ${names}`;
  return [
    {
      message,
      hint: { text: 'Such a token can expire before it is replaced. Apply more often, for example every night.' },
    },
  ];
}

/** Milliseconds; the time since the latest run counts too. 0 when no run is known. */
function longestInterval(runs: readonly string[], now: number): number {
  const times = [...runs.map((run) => Date.parse(run)), now];
  return Math.max(0, ...times.slice(1).map((time, index) => time - (times[index] ?? time)));
}
