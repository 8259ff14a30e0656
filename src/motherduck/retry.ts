/** The rules for repeating a request; rest-client.ts follows them. Pure. */

import { ProxyError } from './proxy-errors.ts';
import { parseHttpDate } from './server-clock.ts';
import type { Method } from './transport.ts';
import { isTimeout, isTransient, neverSent } from './transport-errors.ts';

const MAX_RETRIES = 4;
/** More, because a 429 has no effect and one of many concurrent calls can get it often. */
const MAX_RETRIES_WHEN_THROTTLED = 8;
/** After a timeout a second attempt often reaches another server; more would multiply the user's waiting time. */
const MAX_RETRIES_WHEN_SLOW = 1;
/** No attempt begins later than this after the first attempt of its call began. */
const MAX_RETRY_PERIOD_MS = 90_000;
const BASE_MS = 300;
const MAX_BACKOFF_MS = 8_000;
const MAX_RETRY_AFTER_MS = 30_000;
const RETRIED_STATUSES: readonly number[] = [429, 500, 502, 503, 504];

/** How one attempt ended: with a response, or with an error before the response was complete. */
export type AttemptOutcome =
  | { readonly status: number; readonly retryAfter?: string | undefined }
  | { readonly error: NodeJS.ErrnoException };

/** The attempts of a call so far, from which a retry is decided. */
interface Attempts {
  readonly method: Method;
  /** How many attempts were made. */
  readonly attempts: number;
  /** How the last one ended. */
  readonly last: AttemptOutcome;
  /** Milliseconds since the first one began. */
  readonly elapsedMs: number;
}

/**
 * Milliseconds to wait before the next attempt; undefined if there must be none. GET, PUT and DELETE are safe to repeat. A
 * POST may have taken effect although its response was lost, so it is repeated only after a 429.
 *
 * @param now MotherDuck's time in milliseconds since 1970, for a `Retry-After` that is a date
 * @param random 0 to 1; spreads calls that failed together
 */
export function retryDelay(call: Attempts, now: number, random: number): number | undefined {
  const { last, method, attempts } = call;
  if (attempts > maxRetries(last)) return undefined;
  const mayPass = 'status' in last ? RETRIED_STATUSES.includes(last.status) : isTransient(last.error);
  const isProxy = 'error' in last && last.error instanceof ProxyError;
  if (!mayPass || (method === 'POST' && !isThrottled(last) && !isProxy)) return undefined;
  const backoff = Math.min(BASE_MS * 2 ** (attempts - 1), MAX_BACKOFF_MS);
  const requested = 'status' in last ? retryAfterMs(last.retryAfter, now) : undefined;
  const delay = requested === undefined ? backoff * (0.5 + random / 2) : requested + BASE_MS * random;
  return call.elapsedMs + delay >= MAX_RETRY_PERIOD_MS ? undefined : delay;
}

/** Whether an attempt ended with a 429. */
export function isThrottled(outcome: AttemptOutcome): boolean {
  return 'status' in outcome && outcome.status === 429;
}

/** Whether a request that changes something may have taken effect although this attempt did not succeed. */
export function mayHaveTakenEffect(outcome: AttemptOutcome): boolean {
  return 'status' in outcome ? outcome.status >= 500 : !neverSent(outcome.error);
}

function maxRetries(last: AttemptOutcome): number {
  if (isThrottled(last)) return MAX_RETRIES_WHEN_THROTTLED;
  return 'error' in last && isTimeout(last.error) ? MAX_RETRIES_WHEN_SLOW : MAX_RETRIES;
}

/** Reads `Retry-After`, seconds or an HTTP date, as milliseconds from now; at most half a minute. */
function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const text = header?.trim();
  if (text === undefined) return undefined;
  const date = parseHttpDate(text);
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : date === undefined ? 0 : date - now;
  return wait > 0 ? Math.min(wait, MAX_RETRY_AFTER_MS) : undefined;
}
