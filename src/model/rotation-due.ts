import type { DesiredToken } from './desired.ts';
import type { LiveToken } from './live.ts';
import type { Seconds } from './time.ts';

/**
 * When a token is due for rotation, in milliseconds since 1970; null when it never expires. That is `rotate_before`
 * before it expires. If MotherDuck gave it a shorter lifetime than requested, the margin is at most half of that
 * lifetime, so that a new token is not due at once.
 *
 * @param requestedTtl The lifetime that was requested, in seconds; null: until revoked; undefined: adopted, so not known.
 */
export function rotationDue(
  desired: Pick<DesiredToken, 'rotateBefore'>,
  { createdAt, expiresAt }: Pick<LiveToken, 'createdAt' | 'expiresAt'>,
  requestedTtl: Seconds | null | undefined,
): number | null {
  if (expiresAt === null) return null;
  const margin = desired.rotateBefore * 1000;
  if (requestedTtl === undefined || requestedTtl === null) return expiresAt - margin;
  const lifetime = expiresAt - createdAt;
  return expiresAt - (lifetime < requestedTtl * 990 ? Math.min(margin, lifetime / 2) : margin);
}
