/** What time will bring to a token after the plan was done: the plan's `next`. */
import type { DesiredToken } from '../model/desired.ts';
import type { LiveToken } from '../model/live.ts';
import type { NextChange } from '../model/plan.ts';
import { rotationDue } from '../model/rotation-due.ts';
import type { StateToken } from '../model/state.ts';
import { isoTime, type Seconds } from '../model/time.ts';
import type { TokenSeries } from './series.ts';

/**
 * The rotation of a token that stays as it is.
 *
 * @param requestedTtl The lifetime that was requested, in seconds; undefined for an adopted token.
 */
export function nextOfCurrent(
  want: DesiredToken,
  live: LiveToken,
  requestedTtl: Seconds | null | undefined,
  account: string,
): NextChange[] {
  const due = rotationDue(want, live, requestedTtl);
  return due === null ? [] : [{ account, token: want.key, change: 'rotates', name: live.name, at: isoTime(due) }];
}

/** A replaced token goes when its overlap has ended. */
export function overlapsToCome(held: TokenSeries, account: string, token: string, now: number): NextChange[] {
  return held.retiring.flatMap(({ record }): NextChange[] =>
    record.retire_at !== undefined && Date.parse(record.retire_at) > now
      ? [{ account, token, change: 'is revoked', name: record.name, at: record.retire_at }]
      : [],
  );
}

/** Nothing is rotated in an account that left the configuration, so its tokens come to their end. */
export function expiryOfRetained(
  state: StateToken,
  live: readonly LiveToken[],
  account: string,
  token: string,
): NextChange[] {
  const current = live.find((each) => each.id === state.current?.id);
  if (current === undefined || current.expiresAt === null) return [];
  return [{ account, token, change: 'expires', name: current.name, at: isoTime(current.expiresAt) }];
}
