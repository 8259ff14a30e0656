import type { DesiredToken } from './desired.ts';
import type { LiveToken } from './live.ts';
import type { Seconds } from './time.ts';

type Life = Pick<LiveToken, 'createdAt' | 'expiresAt'>;

/**
 * When a token is due for rotation, in milliseconds since 1970; null when it never expires. That is `rotate_before`
 * before it expires. If MotherDuck gave it a shorter lifetime than requested, the margin is at most half of that
 * lifetime, so that a new token is not due at once. A policy of tokens that never expire has no `rotate_before`; one of
 * its tokens that does expire is due after half of its lifetime.
 *
 * @param requestedTtl The lifetime that was requested, in seconds; null: until revoked; undefined: adopted, so not known.
 */
export function rotationDue(
  desired: Pick<DesiredToken, 'rotateBefore'>,
  { createdAt, expiresAt }: Life,
  requestedTtl: Seconds | null | undefined,
): number | null {
  if (expiresAt === null) return null;
  const half = (expiresAt - createdAt) / 2;
  const margin = desired.rotateBefore === 0 ? half : desired.rotateBefore * 1000;
  return expiresAt - (isShortened({ createdAt, expiresAt }, requestedTtl) ? Math.min(margin, half) : margin);
}

/** Whether MotherDuck gave a token less life than requested. */
export function isShortened({ createdAt, expiresAt }: Life, requestedTtl: Seconds | null | undefined): boolean {
  if (expiresAt === null || requestedTtl === undefined) return false;
  return requestedTtl === null || expiresAt - createdAt < requestedTtl * 990;
}
