/** The tokens of a series that are revoked, now or later, because nothing uses them any more. */
import type { Action } from '../model/action.ts';
import { isExpired } from '../model/live.ts';
import type { NextChange } from '../model/plan.ts';
import { shownToken } from '../model/planned-token.ts';
import type { HeldBy } from './store-facts.ts';
import type { SeriesContext } from './token-series.ts';

/**
 * A replaced token is revoked when its overlap has ended; that begins only when its replacement was verified. While a store
 * has its secret, as after a backup was restored, programs use it.
 */
export function revokeEnded({ series, account, token, now }: SeriesContext, heldBy: HeldBy): Action[] {
  return series.retiring.flatMap(({ record, live, isReplaced, isTooEarly }): Action[] => {
    if (!isReplaced || record.retire_at === undefined) return [];
    if (Date.parse(record.retire_at) > now || (heldBy(record) !== undefined && !isExpired(live, now))) return [];
    const risk = isTooEarly && !isExpired(live, now) ? 'disruptive' : 'safe';
    const about = { action: 'revoke_token', account, token, risk, before: shownToken(live), after: null } as const;
    return [{ ...about, reason: { kind: 'overlap_ended', retire_at: record.retire_at } }];
  });
}

/** Nothing uses a token whose secret was certainly never stored. */
export function orphaned({ series, account, token }: SeriesContext): Action[] {
  return series.orphans
    .filter((orphan) => !series.storedOrphans.includes(orphan))
    .map((orphan) => ({
      action: 'revoke_token',
      account,
      token,
      reason: { kind: 'orphan' },
      risk: 'safe',
      before: shownToken(orphan),
      after: null,
    }));
}

/** Replaced tokens are revoked when their overlaps end. */
export function futureRevocations({ series, account, token, now }: SeriesContext): NextChange[] {
  return series.retiring.flatMap(({ record, live, isReplaced }): NextChange[] =>
    isReplaced && !isExpired(live, now) && record.retire_at !== undefined && Date.parse(record.retire_at) > now
      ? [{ account, token, change: 'is revoked', name: record.name, at: record.retire_at }]
      : [],
  );
}
