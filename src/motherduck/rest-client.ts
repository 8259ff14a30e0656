import { setMaxListeners } from 'node:events';
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Secret } from '../model/secret.ts';
import { checkSendable, troubleOf } from './admin-token.ts';
import { Limiter } from './concurrency.ts';
import { httpTransport } from './http-transport.ts';
import { type Answered, looksLikeMotherDuck, readAnswer } from './response.ts';
import { isThrottled, mayHaveTakenEffect, type Outcome, retryDelay } from './retry.ts';
import { printableWithout } from './scrub.ts';
import { Clock, MACHINE_TIME, type TimeSource } from './server-clock.ts';
import type { Transport, TransportRequest, TransportResponse } from './transport.ts';
import { AttemptError, codeOf, noAnswer } from './transport-errors.ts';

export interface RestClientOptions {
  /** From `parseAddress`. */
  readonly address: URL;
  readonly token: Secret;
  /** The environment variable that the token came from, for messages. */
  readonly tokenSource?: string;
  /** The maximum number of concurrent calls and of open connections. */
  readonly parallelism: number;
  /** Milliseconds that one attempt at a call may take, connecting and body included. Default 30 s. */
  readonly timeoutMs?: number;
  /** Used instead of HTTP, for the embedded sandbox. Its owner closes it. */
  readonly transport?: Transport;
  /** Gets a line for every attempt: method, path, status, time. Never a token, header or body. */
  readonly debug?: (line: string) => void;
  readonly userAgent: string;
  /** For tests: waiting, chance (0 to 1) and the machine's clocks. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly random?: () => number;
  readonly time?: TimeSource;
}

export type RestRequest = Pick<TransportRequest, 'method' | 'path' | 'query' | 'body'>;

/** A good response: its JSON (undefined when it was empty) and, for an error about it, what was answered. */
export interface RestResponse {
  readonly json: unknown;
  /** The number of characters of its text. */
  readonly length: number;
  readonly answered: Answered;
}

/** All calls to the REST API go through `do`, which gives good responses and throws ApiError for everything else. */
export interface RestClient {
  do(request: RestRequest): Promise<RestResponse>;
  /** Requests `GET /` once, without the token, so that `isSandbox` is known. Never fails. */
  greet(): Promise<void>;
  /** Whether a response so far carried `x-sandbox`, which MotherDuck never sends; undefined before any response. */
  isSandbox(): boolean | undefined;
  now(): number;
  clockDifference(): number | undefined;
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/** How a call ended, after its last attempt. */
interface Exchange {
  readonly result: TransportResponse | NodeJS.ErrnoException;
  readonly attempts: number;
  /** Whether an attempt may have changed something although no good response came. */
  readonly uncertain: boolean;
}

/**
 * Opens the REST API: each call is attempted, and repeated by the rules of retry.ts, with as many calls at once as
 * MotherDuck accepts (limiter.ts).
 * @throws UserError TOKEN_REFUSED for a token that cannot be sent in a header
 */
export function createRestClient(options: RestClientOptions): RestClient {
  const { address, token, tokenSource = 'MOTHERDUCK_ADMIN_TOKEN', timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const { sleep = abortableSleep, random = Math.random, time = MACHINE_TIME, debug } = options;
  checkSendable(token, tokenSource);

  const clock = new Clock(time, debug);
  const limiter = new Limiter(options.parallelism);
  const printable = printableWithout(token.reveal());
  const transport =
    options.transport ??
    httpTransport({ address, token, userAgent: options.userAgent, connections: options.parallelism, timeoutMs });
  const closing = new AbortController();
  // As many calls as may run at once listen to it; Node takes more than ten listeners for a leak.
  setMaxListeners(0, closing.signal);
  let closed: Promise<void> | undefined;
  let sandbox: boolean | undefined;

  /** Makes one attempt. A read is cut off when the client closes; a change that was sent may finish. */
  async function attempt(request: TransportRequest): Promise<TransportResponse | NodeJS.ErrnoException> {
    try {
      return await transport.send(request.method === 'GET' ? { ...request, signal: closing.signal } : request);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Every complete response tells whether this is a sandbox; only MotherDuck's own, not a proxy's page, sets the clock. */
  function learnFrom({ status, headers, text }: TransportResponse): void {
    sandbox = sandbox === true || headers['x-sandbox'] !== undefined;
    if (looksLikeMotherDuck(status, text)) clock.hear(headers.date);
  }

  /** Sends a request until its response counts, good or bad, or no other attempt is allowed. */
  async function exchange(request: TransportRequest, retries: boolean): Promise<Exchange> {
    const { method } = request;
    let attempts = 0;
    let uncertain = false;
    let firstBegan: number | undefined;
    let admission = limiter.enter(false);
    for (;;) {
      let ticket: Awaited<typeof admission>;
      try {
        ticket = await admission;
      } catch (closedError) {
        return { result: closedError as Error, attempts, uncertain };
      }
      const began = time.monotonic();
      firstBegan ??= began;
      attempts += 1;
      const result = await attempt(request);
      const ended = time.monotonic();
      if (!(result instanceof Error)) learnFrom(result);
      const last = outcomeOf(result);
      if (method !== 'GET' && mayHaveTakenEffect(last)) uncertain = true;
      limiter.leave(ticket, verdictOn(last));
      debug?.(`${method} ${request.path} ${labelOf(last)} ${Math.round(ended - began)} ms, attempt ${attempts}`);

      const call = { method, attempts, last, elapsedMs: time.monotonic() - firstBegan };
      const delay = retries ? retryDelay(call, clock.now(), random()) : undefined;
      if (delay === undefined) return { result, attempts, uncertain };
      // While a throttled call waits no other one starts, so that one Retry-After holds for all.
      const release = isThrottled(last) ? limiter.hold() : undefined;
      try {
        await sleep(delay, closing.signal);
        closing.signal.throwIfAborted();
      } catch {
        release?.();
        return { result, attempts, uncertain };
      }
      // Queued before the others may start again: repeated calls go first.
      admission = limiter.enter(true);
      release?.();
    }
  }

  return {
    now: () => clock.now(),
    clockDifference: () => clock.difference(),
    isSandbox: () => sandbox,

    async greet() {
      // The first real call meets the same trouble, and reports it.
      await exchange({ method: 'GET', path: '/', anonymous: true }, false);
    },

    async do(request) {
      const call = `${request.method} ${request.path}`;
      const isRead = request.method === 'GET';
      const { result, attempts, uncertain } = await exchange(request, true);
      const about = { call, origin: address.origin, printable, attempts };
      if (result instanceof Error) {
        throw noAnswer(result, { ...about, effect: uncertain ? 'unknown' : 'none', timeoutMs });
      }
      const { status, headers, text } = result;
      const contentType = headers['content-type'] ?? '';
      const tokenTrouble = () => troubleOf(token, clock.now());
      const answered = { ...about, status, contentType, isRead, uncertain, tokenSource, tokenTrouble };
      return { json: readAnswer(answered, text), length: text.length, answered };
    },

    close() {
      closed ??= (async () => {
        // Nothing starts and nobody waits any longer; reads are cut off, changes under way may finish.
        const reason = new AttemptError('CLOSED');
        closing.abort(reason);
        limiter.close(reason);
        if (options.transport === undefined) await transport.close();
      })();
      return closed;
    },
  };
}

function abortableSleep(ms: number, signal: AbortSignal): Promise<unknown> {
  return sleepFor(ms, undefined, { signal });
}

function outcomeOf(result: TransportResponse | NodeJS.ErrnoException): Outcome {
  return result instanceof Error
    ? { error: result }
    : { status: result.status, retryAfter: result.headers['retry-after'] };
}

function verdictOn(outcome: Outcome): 'good' | 'throttled' | 'other' {
  if (isThrottled(outcome)) return 'throttled';
  return 'status' in outcome && outcome.status < 400 ? 'good' : 'other';
}

function labelOf(outcome: Outcome): string | number {
  return 'status' in outcome ? outcome.status : codeOf(outcome.error) || 'failed';
}
