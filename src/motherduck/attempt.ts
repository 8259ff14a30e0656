import type { Dispatcher } from 'undici';
import type { Outcome } from './outcome.ts';

/** The most bytes that an answer may have. A page of 1000 users has about 300 kB. */
export const MOST_BYTES = 16 * 1024 * 1024;

/** Why we ended an attempt ourselves. `NO_CONNECTION`: its time was up before there was one. */
type Ending = 'TIMEOUT' | 'NO_CONNECTION' | 'TOO_BIG' | 'CLOSED';

export class EndedAttempt extends Error {
  readonly code: Ending;

  constructor(code: Ending) {
    super(code);
    this.name = 'EndedAttempt';
    this.code = code;
  }
}

/**
 * One attempt at a call, as a whole: it stands between undici's retry interceptor and the connection, and hands an
 * answer up only when all of it is there. That is what keeps the retry interceptor honest: it resumes a body that
 * broke off by a Range request, but only a body of which it has seen a part; here such an attempt has failed without
 * an answer, and is repeated from the start or not at all. It also ends an attempt by the clock on the wall, which
 * undici's own time limits do not do for a server that sends a byte now and then, and refuses bodies without end.
 *
 * Towards the connection it is a handler, towards the retry interceptor a controller.
 */
export class Attempt implements Dispatcher.DispatchHandler, Dispatcher.DispatchController {
  readonly #above: Dispatcher.DispatchHandler;
  readonly #ended: Ended;
  #connection: Dispatcher.DispatchController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #over: Error | 'answered' | undefined;
  #status = 0;
  #headers: Headers = {};
  #chunks: Buffer[] = [];
  #bytes = 0;
  #steps: (() => void)[] = [];
  #stepping = false;
  paused = false;
  reason: Error | null = null;

  constructor(above: Dispatcher.DispatchHandler, ended: Ended) {
    this.#above = above;
    this.#ended = ended;
  }

  /** Sends the request. `start` is undici's dispatch; the time limit covers connecting too. */
  begin(timeoutMs: number, start: (handler: Dispatcher.DispatchHandler) => void): void {
    const late = () => this.fail(new EndedAttempt(this.#connection === undefined ? 'NO_CONNECTION' : 'TIMEOUT'));
    this.#timer = setTimeout(late, timeoutMs);
    try {
      start(this);
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Ends the attempt without an answer; once it is over, does nothing. */
  fail(error: NodeJS.ErrnoException): void {
    if (this.#over !== undefined) return;
    this.#close(error);
    this.#connection?.abort(error);
    this.#ended({ error });
    this.#above.onResponseError?.(this, error);
  }

  #close(how: Error | 'answered'): void {
    this.#over = how;
    clearTimeout(this.#timer);
  }

  // The handler, called by the connection.

  onRequestStart(connection: Dispatcher.DispatchController): void {
    this.#connection = connection;
    if (this.#over instanceof Error) connection.abort(this.#over);
  }

  onResponseStart(_connection: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_connection: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over !== undefined) return;
    this.#bytes += chunk.byteLength;
    if (this.#bytes > MOST_BYTES) this.fail(new EndedAttempt('TOO_BIG'));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#over !== undefined) return;
    this.#close('answered');
    const body = Buffer.concat(this.#chunks.splice(0));
    const outcome = { status: this.#status, retryAfter: first(this.#headers['retry-after']) };
    this.#ended(outcome, { status: this.#status, headers: this.#headers, body });
    // Only what is needed above: the retry interceptor has ideas about Content-Length, ETag and Content-Range.
    const headers = { 'content-type': first(this.#headers['content-type']) ?? '' };
    this.#steps = [
      () => this.#above.onResponseStart?.(this, this.#status, headers),
      () => body.byteLength > 0 && this.#above.onResponseData?.(this, body),
      () => this.#above.onResponseEnd?.(this, {}),
    ];
    this.#step();
  }

  onResponseError(_connection: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  // The controller, called by the retry interceptor: it pauses at an answer's start until it has decided what to do.

  get aborted(): boolean {
    return this.reason !== null;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.#step();
  }

  abort(reason: Error): void {
    this.reason ??= reason;
    this.fail(reason);
    if (this.#steps.splice(0).length > 0) this.#above.onResponseError?.(this, reason);
  }

  #step(): void {
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      while (!this.paused && this.#steps.length > 0) this.#steps.shift()?.();
    } catch (error) {
      this.#steps = [];
      this.#above.onResponseError?.(this, error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#stepping = false;
    }
  }
}

/** What there is to learn from an answer by itself, whatever becomes of the call. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Called once, when the attempt is over; there is no answer when it failed. */
type Ended = (outcome: Outcome, answer?: WholeAnswer) => void;

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

export function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
