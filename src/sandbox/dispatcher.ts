import { DecoratorHandler, Dispatcher, errors } from 'undici';

/** A request with the whole of its body. Not a Request: the first one in a process costs a tenth of what a plan takes. */
export interface Sent {
  readonly method: string;
  readonly url: URL;
  /** By names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string | Uint8Array | undefined;
  /** Tells that nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** An answer, whose body may still be on its way. */
export interface Received {
  readonly status: number;
  readonly statusText?: string;
  readonly headers: Record<string, string | string[]>;
  readonly body?: AsyncIterable<Uint8Array> | undefined;
}

/** `undefined` is a request that nobody answers; what is thrown is what becomes of the connection. */
export type Respond = (sent: Sent) => Promise<Received | undefined>;

/**
 * An undici Dispatcher without a network: requests go to a function. So the sandbox in this process, and msw's
 * handlers in tests, run beneath the very HTTP client that talks to MotherDuck.
 */
export class LocalDispatcher extends Dispatcher {
  // No #private fields: `compose` gives a Proxy of this object, through which they could not be read.
  private readonly respond: Respond;
  private readonly running = new Map<Exchange, Promise<void>>();
  private closed = false;

  constructor(respond: Respond) {
    super();
    this.respond = respond;
  }

  override dispatch(options: Dispatcher.DispatchOptions, given: Dispatcher.DispatchHandler): boolean {
    // `request` and `fetch` of undici 7 still come with the older kind of handler.
    const handler = given.onRequestStart === undefined ? new DecoratorHandler(given) : given;
    const exchange = new Exchange(handler);
    if (this.closed) {
      exchange.fail(new errors.ClientClosedError());
      return false;
    }
    const done = exchange.run(options, this.respond).finally(() => this.running.delete(exchange));
    this.running.set(exchange, done);
    return true;
  }

  override close(callback: () => void): void;
  override close(): Promise<void>;
  override close(callback?: () => void): Promise<void> | void {
    this.closed = true;
    const closed = Promise.all(this.running.values()).then(() => {});
    if (callback === undefined) return closed;
    void closed.then(callback);
  }

  override destroy(error: Error | null, callback: () => void): void;
  override destroy(callback: () => void): void;
  override destroy(error?: Error | null): Promise<void>;
  override destroy(error?: Error | null | (() => void), callback?: () => void): Promise<void> | void {
    const reason = error instanceof Error ? error : new errors.ClientDestroyedError();
    for (const exchange of this.running.keys()) exchange.abort(reason);
    const after = typeof error === 'function' ? error : callback;
    return after === undefined ? this.close() : this.close(after);
  }
}

/** One request and its answer: undici's controller on one side, the fetch standard on the other. */
class Exchange implements Dispatcher.DispatchController {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #cancel = new AbortController();
  #resumed: () => void = () => {};
  /** Nothing of the answer is handed on any more. */
  #over = false;
  #told = false;

  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler;
  }

  async run(options: Dispatcher.DispatchOptions, respond: Respond): Promise<void> {
    try {
      this.#handler.onRequestStart?.(this, {});
      if (this.aborted) return;
      const sent = await read(options, this.#cancel.signal);
      if (this.aborted) return;
      const late = () => new errors.HeadersTimeoutError();
      const received = await this.#before(late, options.headersTimeout, respond(sent));
      if (received === undefined) throw unanswered(sent);
      await this.#deliver(received, options.bodyTimeout);
    } catch (error) {
      this.fail(error);
    }
  }

  async #deliver(received: Received, bodyTimeout: number | null | undefined): Promise<void> {
    if (this.#over) return;
    this.#handler.onResponseStart?.(this, received.status, received.headers, received.statusText);
    const pieces = received.body?.[Symbol.asyncIterator]();
    const bodyIsLate = () => new errors.BodyTimeoutError();
    while (pieces !== undefined) {
      await this.#unpaused();
      if (this.#over) return void pieces.return?.(this.reason).catch(() => {});
      const { done, value } = await this.#before(bodyIsLate, bodyTimeout, pieces.next());
      if (done) break;
      if (!this.#over)
        this.#handler.onResponseData?.(this, Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    }
    if (this.#over) return;
    this.#over = true;
    this.#handler.onResponseEnd?.(this, {});
  }

  /** Tells the handler once; what it threw itself at a good answer (as RetryHandler does) is told to it too. */
  fail(error: unknown): void {
    if (this.#told) return;
    this.#told = true;
    this.#over = true;
    this.#handler.onResponseError?.(this, error instanceof Error ? error : new Error(String(error)));
  }

  abort(reason: Error): void {
    if (this.#over) return;
    this.aborted = true;
    this.reason = reason;
    this.#cancel.abort(reason);
    this.fail(reason);
    this.resume();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.#resumed();
  }

  #unpaused(): Promise<void> | undefined {
    if (!this.paused) return undefined;
    return new Promise((resolve) => {
      this.#resumed = resolve;
    });
  }

  /** Waits for `work`, but not longer than until an abort, or than `limit` milliseconds when that is not 0. */
  async #before<T>(late: () => Error, limit: number | null | undefined, work: Promise<T>): Promise<T> {
    const { signal } = this.#cancel;
    if (signal.aborted) throw signal.reason;
    let stop = () => {};
    const stopped = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
    });
    const timer = limit ? setTimeout(() => this.#cancel.abort(late()), limit) : undefined;
    try {
      return await Promise.race([work, stopped]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }
}

async function read(options: Dispatcher.DispatchOptions, signal: AbortSignal): Promise<Sent> {
  const url = new URL(options.path, options.origin ?? 'http://localhost');
  for (const [name, value] of Object.entries(options.query ?? {})) url.searchParams.set(name, String(value));
  const body = await readBody(options.body);
  return { method: options.method, url, headers: readHeaders(options.headers), body, signal };
}

async function readBody(body: Dispatcher.DispatchOptions['body']): Promise<string | Uint8Array | undefined> {
  if (body === null || body === undefined) return undefined;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  if (!(Symbol.asyncIterator in body)) throw new errors.NotSupportedError('form data bodies');
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<string | Uint8Array>) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function readHeaders(given: Dispatcher.DispatchOptions['headers']): Map<string, string> {
  const headers = new Map<string, string>();
  if (given === null || given === undefined) return headers;
  const entries: Iterable<readonly [string, string | string[] | undefined]> = isFlat(given)
    ? given.flatMap((name, index) => (index % 2 === 0 ? [[name, given[index + 1]] as const] : []))
    : Symbol.iterator in given
      ? (given as Iterable<[string, string | string[] | undefined]>)
      : Object.entries(given);
  for (const [name, value] of entries) {
    const before = headers.get(name.toLowerCase()) ?? [];
    const all = [before, value ?? []].flat();
    if (all.length > 0) headers.set(name.toLowerCase(), all.join(', '));
  }
  return headers;
}

function isFlat(headers: object): headers is string[] {
  return Array.isArray(headers) && typeof headers[0] === 'string';
}

function unanswered({ method, url }: Sent): Error {
  return Object.assign(new Error(`nothing answers ${method} ${url.pathname}`), { code: 'ERR_UNANSWERED' });
}
