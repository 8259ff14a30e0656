/** The life that a token's replacements are to have, and when it is replaced so that it is not due at once. */

import type { Guardrails } from '../model/desired.ts';
import type { Seconds } from '../model/duration.ts';
import type { LiveToken } from '../model/live.ts';
import { TOKEN_TTL_SECONDS } from '../model/tokens.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** For the replacements of a token that has no end, where that is not allowed. */
const USUAL_TTL = 90 * DAY;
/** A token must not be due before its import was confirmed, written and planned anew. */
const GRACE = 10 * MINUTE;

export interface Life {
  /** Seconds; null: until revoked. */
  readonly ttl: Seconds | null;
  /** In which way the live token's own life is not allowed to its replacements. */
  readonly shortened?: 'never' | 'long';
}

/** The life of a token's replacements: as long as its own, in round numbers, within the guardrails. */
export function lifeOf({ createdAt, expiresAt }: LiveToken, guardrails: Guardrails): Life {
  const longest = Math.min(guardrails.maxTokenTtl ?? TOKEN_TTL_SECONDS.max, TOKEN_TTL_SECONDS.max);
  if (expiresAt === null) {
    return guardrails.allowNeverExpiring ? { ttl: null } : { ttl: Math.min(USUAL_TTL, longest), shortened: 'never' };
  }
  const ttl = rounded((expiresAt - createdAt) / 1000);
  return ttl > longest ? { ttl: longest, shortened: 'long' } : { ttl };
}

/** Days from three days on, hours from one hour on, else five minutes: what a person would have written. */
function rounded(life: number): Seconds {
  const unit = life >= 3 * DAY ? DAY : life >= HOUR ? HOUR : 5 * MINUTE;
  return Math.max(TOKEN_TTL_SECONDS.min, Math.round(life / unit) * unit);
}

/** When tokens of such a life are replaced, and how long both live then: with room for a weekend where there is. */
export function timesOf(ttl: Seconds): { readonly rotateBefore: Seconds; readonly overlap: Seconds } {
  const rotateBefore = rotateBeforeOf(ttl);
  return { rotateBefore, overlap: Math.min(DAY, rotateBefore) };
}

function rotateBeforeOf(ttl: Seconds): Seconds {
  if (ttl >= 60 * DAY) return 14 * DAY;
  if (ttl >= 21 * DAY) return 7 * DAY;
  if (ttl >= 7 * DAY) return 3 * DAY;
  return down(ttl / 3);
}

/** A later time of replacement for a token that would be due now, in seconds before its end; undefined when it is not. */
export function postponed({ expiresAt }: LiveToken, rotateBefore: Seconds, now: number): Seconds | undefined {
  if (expiresAt === null) return undefined;
  const left = (expiresAt - now) / 1000;
  return left >= rotateBefore + GRACE ? undefined : down(Math.min(rotateBefore, left) / 2);
}

/** Rounded down to days, hours or minutes, whichever still says much. */
function down(seconds: number): Seconds {
  const unit = seconds >= 2 * DAY ? DAY : seconds >= 2 * HOUR ? HOUR : MINUTE;
  return Math.max(MINUTE, Math.floor(seconds / unit) * unit);
}
