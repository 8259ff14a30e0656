import { setMaxListeners } from 'node:events';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { type Dispatcher, interceptors, Pool } from 'undici';
import type { Secret } from '../model/secret.ts';
import { checkSendable, troubleOf } from './admin-token.ts';
import { type Answered, looksLikeMotherDuck, readAnswer } from './answer.ts';
import { Attempt, EndedAttempt, first, type WholeAnswer } from './attempt.ts';
import { Clock, MACHINE_TIME, type TimeSource } from './clock.ts';
import { Limiter } from './limiter.ts';
import { codeOf, noAnswer } from './no-answer.ts';
import type { Method, Outcome } from './outcome.ts';
import { printableWithout } from './printable.ts';
import { isThrottled, type RetrySurroundings, retryOptions } from './retry.ts';
import { Trail } from './trail.ts';

export interface HttpOptions {
  /** From `parseAddress`. */
  readonly address: URL;
  readonly token: Secret;
  /** The environment variable that the token came from, for messages. */
  readonly tokenSource?: string;
  /** Calls that may run at once, and connections that are kept. */
  readonly parallelism: number;
  /** Milliseconds that one attempt at a call may take, connecting and body included. Default 30 s. */
  readonly timeoutMs?: number;
  /** Takes the place of the connections, for the embedded sandbox. Its owner closes it. */
  readonly dispatcher?: Dispatcher;
  /** Gets a line for every attempt: method, path, status, time. Never a token, header or body. */
  readonly debug?: (line: string) => void;
  readonly userAgent: string;
  /** For tests: waiting, chance (0 to 1) and the machine's clocks. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly random?: () => number;
  readonly time?: TimeSource;
}

export interface HttpRequest {
  readonly method: Method;
  /** Percent-encoded, from `/v1` on. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A good answer: its JSON (undefined when it was empty) and, for an error about it, what it answered. */
export interface HttpAnswer {
  readonly json: unknown;
  /** The characters of its text. */
  readonly length: number;
  readonly answered: Answered;
}

/** One way for all calls. `do` gives good answers and throws ApiError for everything else. */
export interface Http {
  do(request: HttpRequest): Promise<HttpAnswer>;
  /** Asks for `GET /` once, without the token, so that `isSandbox` is known. Takes any answer, and none too. */
  greet(): Promise<void>;
  /** Whether an answer so far carried `x-sandbox`, which MotherDuck never sends; undefined before any answer. */
  isSandbox(): boolean | undefined;
  now(): number;
  clockDifference(): number | undefined;
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const LONGEST_CONNECT_MS = 10_000;
/** Later than this after a call's first attempt began, none is begun again. */
const PATIENCE_MS = 90_000;

/**
 * Connects to the REST API: a pool of connections that are kept alive, attempts that are judged as a whole
 * (attempt.ts), retried by undici's interceptor with our rules (retry.ts), as many at once as MotherDuck bears
 * (limiter.ts). Throws TOKEN_REFUSED for a token that cannot be sent.
 */
export function createHttp(options: HttpOptions): Http {
  const { address, token, tokenSource = 'MOTHERDUCK_ADMIN_TOKEN', timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const { sleep = sleepOr, random = Math.random, time = MACHINE_TIME } = options;
  checkSendable(token, tokenSource);

  const clock = new Clock(time, options.debug);
  const limiter = new Limiter(options.parallelism);
  const printable = printableWithout(token.reveal());
  const dispatcher = options.dispatcher ?? openPool(address, options.parallelism, timeoutMs);
  const closing = new AbortController();
  // As many calls as there are places can wait for a retry; Node takes more than ten listeners for a leak.
  setMaxListeners(0, closing.signal);
  const reads = new Set<Attempt>();
  let closed: Promise<void> | undefined;
  let sandbox: boolean | undefined;

  const base = address.pathname.replace(/\/+$/, '');
  const headers = { accept: 'application/json', 'user-agent': options.userAgent };

  const around: RetrySurroundings = {
    patienceMs: PATIENCE_MS,
    now: () => clock.now(),
    random,
    hold: () => limiter.hold(),
    async sleep(ms) {
      await sleep(ms, closing.signal);
      closing.signal.throwIfAborted();
    },
  };

  /** What every whole answer tells, whatever it means for its call. A proxy's page must not move the clock. */
  function learn({ status, headers, body }: WholeAnswer): void {
    sandbox = sandbox === true || headers['x-sandbox'] !== undefined;
    if (looksLikeMotherDuck(status, body.toString('utf8'))) clock.hear(first(headers.date));
  }

  /** Sits below the retry interceptor: every attempt takes a place, is timed, is learnt from and leaves a line. */
  function eachAttempt(trail: Trail): Dispatcher.DispatcherComposeInterceptor {
    return (dispatch) => (request, handler) => {
      let ended = (_outcome: Outcome) => {};
      const attempt = new Attempt(handler, (outcome, answer) => {
        if (answer !== undefined) learn(answer);
        ended(outcome);
      });
      handler.onRequestStart?.(attempt, null);
      limiter.enter(trail.attempts > 0).then(
        (ticket) => {
          trail.begin();
          if (trail.isRead) reads.add(attempt);
          const begun = time.monotonic();
          ended = (outcome) => {
            reads.delete(attempt);
            trail.end(outcome);
            limiter.leave(ticket, verdictOn(outcome));
            options.debug?.(lineOf(trail, outcome, time.monotonic() - begun));
          };
          attempt.begin(timeoutMs, (below) => dispatch(request, below));
        },
        (error) => attempt.fail(error),
      );
      return true;
    };
  }

  /** Sends the request until there is an answer that counts, good or bad. Rejects with the last attempt's error. */
  async function exchange({ method, path, query, body }: HttpRequest, trail: Trail) {
    const client = dispatcher.compose(eachAttempt(trail), interceptors.retry(retryOptions(trail, around)));
    const answer = await client.request({
      origin: address.origin,
      path: base + path + queryOf(query),
      method,
      headers: {
        ...headers,
        authorization: `Bearer ${token.reveal()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const contentType = first(answer.headers['content-type']) ?? '';
    return { status: answer.statusCode, contentType, text: await answer.body.text() };
  }

  return {
    now: () => clock.now(),
    clockDifference: () => clock.difference(),
    isSandbox: () => sandbox,

    async greet() {
      const client = dispatcher.compose(eachAttempt(new Trail('GET', '/', () => time.monotonic())));
      try {
        const answer = await client.request({ origin: address.origin, path: `${base}/`, method: 'GET', headers });
        await answer.body.dump();
      } catch {
        // The first real call meets the same trouble, and reports it.
      }
    },

    async do(request) {
      const trail = new Trail(request.method, request.path, () => time.monotonic());
      const about = { call: trail.call, origin: address.origin, printable };
      const answer = await exchange(request, trail).catch((error: unknown) => {
        const effect = trail.uncertain ? 'unknown' : 'none';
        throw noAnswer(asError(error), { ...about, attempts: trail.attempts, effect, timeoutMs });
      });
      const { attempts, isRead, uncertain } = trail;
      const tokenTrouble = () => troubleOf(token, clock.now());
      const { text, ...answered } = { ...about, ...answer, attempts, isRead, uncertain, tokenSource, tokenTrouble };
      return { json: readAnswer(answered, text), length: text.length, answered };
    },

    close() {
      closed ??= (async () => {
        // Nothing starts and nobody waits any longer; reads are cut off, changes under way are let finish.
        closing.abort();
        limiter.close(new EndedAttempt('CLOSED'));
        for (const attempt of reads) attempt.fail(new EndedAttempt('CLOSED'));
        if (options.dispatcher === undefined) await dispatcher.close();
      })();
      return closed;
    },
  };
}

function openPool(address: URL, connections: number, timeoutMs: number): Pool {
  return new Pool(address.origin, {
    connections: Math.max(1, Math.floor(connections)),
    pipelining: 1,
    connect: { timeout: Math.min(timeoutMs, LONGEST_CONNECT_MS) },
    // An attempt has its own time limit, over the whole of it.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function sleepOr(ms: number, closing: AbortSignal): Promise<unknown> {
  return sleepFor(ms, undefined, { signal: closing });
}

function queryOf(query: HttpRequest['query']): string {
  return query === undefined ? '' : `?${new URLSearchParams(query)}`;
}

function verdictOn(outcome: Outcome): 'good' | 'throttled' | 'other' {
  if (isThrottled(outcome)) return 'throttled';
  return 'status' in outcome && outcome.status < 400 ? 'good' : 'other';
}

function lineOf(trail: Trail, outcome: Outcome, ms: number): string {
  const how = 'status' in outcome ? outcome.status : codeOf(outcome.error) || 'failed';
  return `${trail.call} ${how} ${Math.round(ms)} ms, attempt ${trail.attempts}`;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
