import type { RetryHandler } from 'undici';
import { parseHttpDate } from './clock.ts';
import { heals, isSlow } from './no-answer.ts';
import type { Outcome } from './outcome.ts';
import type { Trail } from './trail.ts';

const MOST_RETRIES = 4;
/** A 429 has no effect, so patience costs nothing: with many calls in flight one of them can be turned away often. */
const MOST_RETRIES_WHEN_THROTTLED = 8;
/** A second try often meets another machine; more would only multiply the time that a person waits. */
const MOST_RETRIES_WHEN_SLOW = 1;
const BASE_MS = 300;
const LONGEST_BACKOFF_MS = 8_000;
const LONGEST_RETRY_AFTER_MS = 30_000;
const RETRIED_STATUSES: readonly number[] = [429, 500, 502, 503, 504];

/**
 * Whether a call is tried again, and after how many milliseconds. GET, PUT and DELETE are safe to repeat; a POST may
 * have taken effect although its answer was lost, so it is repeated only on 429.
 * @param patienceMs How long after the first attempt began the last one may begin.
 * @param now MotherDuck's time, for a `Retry-After` that is a date.
 * @param random 0 to 1; spreads calls that failed together.
 */
export function retryDelay(
  trail: Pick<Trail, 'method' | 'attempts' | 'last' | 'elapsed'>,
  patienceMs: number,
  now: number,
  random: number,
): number | undefined {
  const { last, method } = trail;
  if (last === undefined || trail.attempts > mostRetries(last)) return undefined;
  const throttled = isThrottled(last);
  const passing = 'status' in last ? RETRIED_STATUSES.includes(last.status) : heals(last.error);
  if (!passing || (method === 'POST' && !throttled)) return undefined;
  const backoff = Math.min(BASE_MS * 2 ** (trail.attempts - 1), LONGEST_BACKOFF_MS);
  const asked = 'status' in last ? retryAfterMs(last.retryAfter, now) : undefined;
  const delay = asked === undefined ? backoff * (0.5 + random / 2) : asked + BASE_MS * random;
  return trail.elapsed() + delay >= patienceMs ? undefined : delay;
}

export function isThrottled(outcome: Outcome | undefined): boolean {
  return outcome !== undefined && 'status' in outcome && outcome.status === 429;
}

function mostRetries(last: Outcome): number {
  if (isThrottled(last)) return MOST_RETRIES_WHEN_THROTTLED;
  return 'error' in last && isSlow(last.error) ? MOST_RETRIES_WHEN_SLOW : MOST_RETRIES;
}

/** Reads `Retry-After`, seconds or an HTTP date, as milliseconds from now, at most half a minute. */
function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const text = header?.trim();
  if (text === undefined) return undefined;
  const date = parseHttpDate(text);
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : date === undefined ? 0 : date - now;
  return wait > 0 ? Math.min(wait, LONGEST_RETRY_AFTER_MS) : undefined;
}

/** What a retry needs from the room around it. `sleep` ends early, by a rejection, when the connections are closed. */
export interface RetrySurroundings {
  readonly patienceMs: number;
  now(): number;
  random(): number;
  sleep(ms: number): Promise<void>;
  /** Keeps other calls from starting until the function it gives is called. */
  hold(): () => void;
}

/** The options for undici's retry interceptor that make it follow `retryDelay` for the call with this trail. */
export function retryOptions(trail: Trail, around: RetrySurroundings): RetryHandler.RetryOptions {
  return {
    // The last answer is handed on as an answer, so that its body can be read.
    throwOnError: false,
    retry: (error, _context, done) => {
      const delay = retryDelay(trail, around.patienceMs, around.now(), around.random());
      if (delay === undefined) return done(error);
      const release = isThrottled(trail.last) ? around.hold() : undefined;
      around.sleep(delay).then(
        () => {
          done(null);
          release?.();
        },
        () => {
          release?.();
          done(error);
        },
      );
    },
  };
}
