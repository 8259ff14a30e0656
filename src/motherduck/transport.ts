/** How requests reach the REST API: over HTTP (http-transport.ts), or the embedded sandbox (sandbox-transport.ts). */

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** One request to the REST API. */
export interface TransportRequest {
  readonly method: Method;
  /** Percent-encoded, from `/v1` on. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** true: sent without the admin token. */
  readonly anonymous?: boolean;
  /** Ends the attempt; `send` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A response whose body has been received completely. */
export interface TransportResponse {
  readonly status: number;
  /** By names in lower case; of a repeated header the first value. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

/** The way to the REST API: over HTTP, or in a sandbox. */
export interface Transport {
  /**
   * Makes one attempt at a request and never repeats it.
   * @throws NodeJS.ErrnoException when there is no complete response; transport-errors.ts explains its `code`
   */
  send(request: TransportRequest): Promise<TransportResponse>;
  /** Lets running requests finish, then closes the connections. */
  close(): Promise<void>;
}

/** `?name=value&...`, or an empty string without a query. */
export function queryString(query: TransportRequest['query'] = {}): string {
  return Object.keys(query).length === 0 ? '' : `?${new URLSearchParams(query)}`;
}
