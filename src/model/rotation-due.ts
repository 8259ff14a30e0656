import { createHash } from 'node:crypto';
import type { DesiredToken } from './desired.ts';
import type { LiveToken } from './live.ts';
import { DAY, HOUR, MINUTE, type Seconds } from './time.ts';
import { accountKey } from './username.ts';

type Life = Pick<LiveToken, 'createdAt' | 'expiresAt'>;
type Margins = Pick<DesiredToken, 'rotateBefore' | 'earlier'>;

/** How long before its expiry a token rotates by its policy: `rotate_before`, and its share of the jitter. */
export function policyMargin({ rotateBefore, earlier = 0 }: Margins): Seconds {
  return rotateBefore + earlier;
}

/**
 * How much earlier a token rotates, from 0 to the jitter of its policy: always the same for one token, and evenly spread
 * over the tokens of an organization. Of a jitter of days a whole number of hours, so that people can read it.
 *
 * @param name The token's name in the configuration, which stays when its key is renamed.
 */
export function shareOfJitter(jitter: Seconds, username: string, name: string): Seconds {
  const hash = createHash('sha256')
    .update(`${accountKey(username)}/${name}`)
    .digest();
  const unit = jitter >= DAY ? HOUR : jitter >= HOUR ? MINUTE : 1;
  return Math.floor((hash.readUIntBE(0, 6) / 2 ** 48) * (Math.floor(jitter / unit) + 1)) * unit;
}

/**
 * When a token is due for rotation, in milliseconds since 1970; null when it never expires. That is `rotate_before`, and its
 * share of the jitter, before it expires. If MotherDuck gave it a shorter lifetime than requested, the margin is at most half
 * of that lifetime, so that a new token is not due at once. A policy of tokens that never expire has no `rotate_before`; one
 * of its tokens that does expire is due after half of its lifetime.
 *
 * @param requestedTtl The lifetime that was requested, in seconds; null: until revoked; undefined: adopted, so not known.
 */
export function rotationDue(
  desired: Margins,
  { createdAt, expiresAt }: Life,
  requestedTtl: Seconds | null | undefined,
): number | null {
  if (expiresAt === null) return null;
  const half = (expiresAt - createdAt) / 2;
  const margin = desired.rotateBefore === 0 ? half : policyMargin(desired) * 1000;
  return expiresAt - (isShortened({ createdAt, expiresAt }, requestedTtl) ? Math.min(margin, half) : margin);
}

/** Whether MotherDuck gave a token less life than requested. */
export function isShortened({ createdAt, expiresAt }: Life, requestedTtl: Seconds | null | undefined): boolean {
  if (expiresAt === null || requestedTtl === undefined) return false;
  return requestedTtl === null || expiresAt - createdAt < requestedTtl * 990;
}

/** In seconds. In less, no program reads a new secret: the replaced token is revoked while it is in use. */
export const SHORT_OVERLAP = 5 * MINUTE;
