/**
 * Which live tokens a creation that was begun can have made. A state is not trusted alone: other clones of it may have
 * created a token of an intended name, and use it, and anyone may have edited it.
 */
import type { LiveToken } from '../model/live.ts';
import { mayBeStored, type TokenIntent } from '../model/state.ts';
import { DAY_MS, MINUTE_MS } from '../model/time.ts';

/** How long the call of an intent may take, with its repetitions. */
const CALL_LIFE_MS = 5 * MINUTE_MS;
/**
 * A token that was created later than a call's time limit after its intent may be another run's. A call that was repeated may
 * have created it too: then it is adopted, since nothing is lost by that.
 */
const SOON_MS = 30_000;
/** MotherDuck's time is known to the second, and by one of its servers. */
const SKEW_MS = 10_000;
/** An interrupted run is repeated sooner; a token that is older and unknown may be in use, whatever a state says. One that may be stored is never revoked at once. */
const INTENT_LIFE_MS = 30 * DAY_MS;

/**
 * Whether the call of an intent can have created a token: it has the name, and was created in the time of the call.
 *
 * @param token `createdAt` in milliseconds since 1970.
 * @param now Milliseconds since 1970.
 * @param soon How long the call can have taken, in milliseconds.
 */
export function canHaveCreated(
  intent: TokenIntent,
  token: Pick<LiveToken, 'name' | 'createdAt'>,
  now: number,
  soon = SOON_MS,
): boolean {
  const { name, at } = intent;
  const begun = Date.parse(at);
  const took = token.createdAt - begun;
  return (
    token.name === name && took >= -SKEW_MS && took <= soon && (now - begun <= INTENT_LIFE_MS || mayBeStored(intent))
  );
}

/** The same, of a call whose run knows that it was sent, repeated, and not answered. */
export function wasCreatedByOwn(
  intent: TokenIntent,
  token: Pick<LiveToken, 'name' | 'createdAt'>,
  now: number,
): boolean {
  return canHaveCreated(intent, token, now, CALL_LIFE_MS);
}

/** Whether the call of an intent may still create its token. */
export function mayStillCreate({ at }: TokenIntent, now: number): boolean {
  return Math.abs(now - Date.parse(at)) <= CALL_LIFE_MS;
}
