import { setMaxListeners } from 'node:events';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { REQUEST_SECONDS } from '../model/defaults.ts';
import type { Secret } from '../model/secret.ts';
import { adminTokenProblem, checkAdminToken, malformedToken } from './admin-token.ts';
import { Limiter } from './concurrency.ts';
import { httpTransport } from './http-transport.ts';
import { describeProxy } from './proxy.ts';
import { looksLikeMotherDuck, type ResponseContext, readResponse } from './response.ts';
import { type AttemptOutcome, isThrottled, mayHaveTakenEffect, retryDelay } from './retry.ts';
import { printableWithout } from './scrub.ts';
import { Clock, MACHINE_TIME, type TimeSource } from './server-clock.ts';
import type { Transport, TransportRequest, TransportResponse } from './transport.ts';
import {
  ApiError,
  AttemptError,
  isTimeout,
  type Network,
  networkCode,
  neverSent,
  noResponse,
} from './transport-errors.ts';

/** Where calls go, how many run at once, and how long each may take. */
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
  /** The proxy, and where trusted certificates come from. */
  readonly network?: Network;
  /** Used instead of HTTP, for the embedded sandbox. Its owner closes it. */
  readonly transport?: Transport;
  /** Called with a line for each attempt: method, path, status, time. Never a token, header or body. */
  readonly debug?: (line: string) => void;
  readonly userAgent: string;
  /** For tests: waiting, random numbers from 0 to 1, and the local clocks. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly random?: () => number;
  readonly time?: TimeSource;
}

type RestRequest = Pick<TransportRequest, 'method' | 'path' | 'query' | 'body'>;

/** A successful response: its JSON, undefined if it was empty, and the context for errors about it. */
export interface RestResponse {
  readonly json: unknown;
  /** The number of characters of its body. */
  readonly length: number;
  readonly context: ResponseContext;
}

/** Makes all calls to the REST API. `do` returns successful responses and throws ApiError for everything else. */
export interface RestClient {
  /**
   * @param beforeRepeat Called after the wait before another attempt at a change, since much may have happened meanwhile. What it
   *   throws ends the call; after an ApiError, the call fails as its last attempt did.
   */
  do(request: RestRequest, beforeRepeat?: () => Promise<void>): Promise<RestResponse>;
  /**
   * Requests `GET /` without the token, again where the connection is cut, so that `isSandbox` is known. Never fails.
   *
   * @returns How the connection was cut, if it always was.
   */
  detectSandbox(): Promise<string | undefined>;
  /** Whether a response had the header `x-sandbox`, which MotherDuck never sends; undefined before the first response. */
  isSandbox(): boolean | undefined;
  /** The id of the sandbox's organization, from its responses. */
  sandboxId(): string | undefined;
  now(): number;
  clockDifference(): number | undefined;
  close(): Promise<void>;
}

/** A connection that is cut before its response says nothing of who answers. */
const GREETINGS = 5;
const GREETING_DELAY_MS = 100;

/** How a call ended, after its last attempt. */
interface Exchange {
  readonly result: TransportResponse | NodeJS.ErrnoException;
  readonly attempts: number;
  /** Whether an attempt may have changed something although it failed. */
  readonly uncertain: boolean;
}

/**
 * Opens the REST API: each call is attempted, and repeated by the rules of retry.ts, with as many calls at once as
 * MotherDuck accepts (concurrency.ts).
 * @throws UserError TOKEN_REFUSED for a token that cannot be sent in a header
 */
export function createRestClient(options: RestClientOptions): RestClient {
  const { address, token, tokenSource = 'MOTHERDUCK_ADMIN_TOKEN', timeoutMs = REQUEST_SECONDS * 1000 } = options;
  const { sleep = abortableSleep, random = Math.random, time = MACHINE_TIME, debug, network = {} } = options;
  const { proxy } = network;
  if (proxy !== undefined) debug?.(`requests go through ${describeProxy(proxy)}`);
  checkAdminToken(token, tokenSource);

  const clock = new Clock(time, debug);
  const limiter = new Limiter(options.parallelism);
  const printable = printableWithout(token.reveal());
  const transport =
    options.transport ??
    httpTransport({ address, token, userAgent: options.userAgent, connections: options.parallelism, timeoutMs, proxy });
  const closing = new AbortController();
  // Each concurrent call adds a listener; Node warns about a leak at more than ten.
  setMaxListeners(0, closing.signal);
  let closed: Promise<void> | undefined;
  let sandbox: boolean | undefined;
  let sandboxId: string | undefined;

  /** Makes one attempt. When the client closes, reads are aborted, and changes that were sent may complete. */
  async function attempt(request: TransportRequest): Promise<TransportResponse | NodeJS.ErrnoException> {
    try {
      return await transport.send(request.method === 'GET' ? { ...request, signal: closing.signal } : request);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Only responses in MotherDuck's format set the clock: a proxy's page may have another time. */
  function learnFrom({ status, headers, text }: TransportResponse): void {
    sandbox = sandbox === true || headers['x-sandbox'] !== undefined;
    sandboxId ??= headers['x-sandbox-organization'];
    if (looksLikeMotherDuck(status, text)) clock.observe(headers.date);
  }

  /** Repeats a request until retry.ts or `beforeRepeat` allows no other attempt. */
  async function exchange(
    request: TransportRequest,
    retries: boolean,
    beforeRepeat?: () => Promise<void>,
  ): Promise<Exchange> {
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
      // While a throttled call waits no other one starts, so that one Retry-After applies to all.
      const release = isThrottled(last) ? limiter.hold() : undefined;
      try {
        await sleep(delay, closing.signal);
        closing.signal.throwIfAborted();
      } catch {
        release?.();
        return { result, attempts, uncertain };
      }
      if (beforeRepeat !== undefined && method !== 'GET') {
        // It may make calls of its own.
        release?.();
        try {
          await beforeRepeat();
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          return { result, attempts, uncertain };
        }
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
    sandboxId: () => sandboxId,

    async detectSandbox() {
      for (let attempt = 1; ; attempt += 1) {
        const { result } = await exchange({ method: 'GET', path: '/', anonymous: true }, false);
        // An error is no failure of this: the first real call fails with it too, and reports it.
        if (!(result instanceof Error) || neverSent(result)) return undefined;
        const isOver = attempt === GREETINGS || isTimeout(result) || closing.signal.aborted;
        if (isOver) return networkCode(result) || result.message;
        await sleep(GREETING_DELAY_MS * attempt, closing.signal).catch(() => undefined);
      }
    },

    async do(request, beforeRepeat) {
      const call = `${request.method} ${request.path}`;
      const isRead = request.method === 'GET';
      const { result, attempts, uncertain } = await exchange(request, true, beforeRepeat);
      const about = { call, origin: address.origin, printable, attempts, ...network };
      if (result instanceof Error) {
        throw noResponse(result, { ...about, effect: uncertain ? 'unknown' : 'none', timeoutMs });
      }
      const { status, headers, text } = result;
      const contentType = headers['content-type'] ?? '';
      const tokenProblem = () =>
        adminTokenProblem(token, clock.now()) ?? (status === 401 ? malformedToken(token) : undefined);
      const { path } = request;
      const context = { ...about, path, status, contentType, isRead, uncertain, tokenSource, tokenProblem };
      return { json: readResponse(context, text), length: text.length, context };
    },

    close() {
      closed ??= (async () => {
        // Ends all waits and reads; changes that were sent may complete.
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

function outcomeOf(result: TransportResponse | NodeJS.ErrnoException): AttemptOutcome {
  return result instanceof Error
    ? { error: result }
    : { status: result.status, retryAfter: result.headers['retry-after'] };
}

function verdictOn(outcome: AttemptOutcome): 'good' | 'throttled' | 'other' {
  if (isThrottled(outcome)) return 'throttled';
  return 'status' in outcome && outcome.status < 400 ? 'good' : 'other';
}

function labelOf(outcome: AttemptOutcome): string | number {
  return 'status' in outcome ? outcome.status : networkCode(outcome.error) || 'failed';
}
