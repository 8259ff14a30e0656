import { promisify } from 'node:util';
import type { Dispatcher, Pool as UndiciPool } from 'undici';
import type { Secret } from '../model/secret.ts';
import type { HttpProxy } from './proxy.ts';
import { queryString, type Transport, type TransportRequest, type TransportResponse } from './transport.ts';
import { AttemptError, markUnsent, networkCode } from './transport-errors.ts';

/** The largest response body that is accepted, before and after decompression. A page of 1000 users has about 300 kB. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const MAX_CONNECT_MS = 10_000;

/** Where requests go, and the limits of each attempt. */
export interface HttpTransportOptions {
  /** From `parseAddress`. */
  readonly address: URL;
  readonly token: Secret;
  readonly userAgent: string;
  /** The maximum number of open connections. */
  readonly connections: number;
  /** Milliseconds that one attempt may take, connecting and body included. */
  readonly timeoutMs: number;
  /** From `proxyFor`. */
  readonly proxy?: HttpProxy | undefined;
  /** For tests: used instead of undici's pool. */
  readonly openPool?: () => Promise<ConnectionPool>;
}

/** What is used of undici's Pool. */
export type ConnectionPool = Pick<Dispatcher, 'dispatch' | 'close'>;

/** Sends requests over a pool of connections that are kept alive. undici is loaded by the first request. */
export function httpTransport(options: HttpTransportOptions): Transport {
  const { address, token, userAgent, timeoutMs, openPool = () => openUndiciPool(options) } = options;
  const base = address.pathname.replace(/\/+$/, '');
  let opening: Promise<ConnectionPool> | undefined;

  return {
    async send({ method, path, query, body, anonymous = false, signal }) {
      opening ??= openPool();
      const request = {
        origin: address.origin,
        path: base + path + queryString(query),
        method,
        headers: {
          accept: 'application/json',
          // Responses are small, so compression is not worth the errors that it can cause.
          'accept-encoding': 'identity',
          'user-agent': userAgent,
          ...(anonymous ? {} : { authorization: `Bearer ${token.reveal()}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      };
      const { bytes, ...response } = await exchange(await opening, request, timeoutMs, signal);
      const decoded = await decode(bytes, response.headers['content-encoding']);
      return { ...response, text: decoded.toString('utf8').replace(/^\uFEFF/, '') };
    },

    async close() {
      await (await opening)?.close();
    },
  };
}

/** Connections to one address, directly or through its proxy. */
export async function openUndiciPool(
  options: Pick<HttpTransportOptions, 'address' | 'timeoutMs' | 'proxy' | 'userAgent' | 'connections'>,
): Promise<ConnectionPool> {
  const { address, timeoutMs, proxy, userAgent } = options;
  const connections = Math.max(1, Math.floor(options.connections));
  const connectMs = Math.min(timeoutMs, MAX_CONNECT_MS);
  if (proxy !== undefined) {
    const { openProxyPool } = await import('./proxy-pool.ts');
    return openProxyPool({ proxy, userAgent, connections, connectMs });
  }
  // undici's index also loads fetch, WebSockets, caches and mocks, which takes as long as the requests of a short plan.
  // @ts-expect-error: undici types only its index
  const { default: Pool }: { default: typeof UndiciPool } = await import('undici/lib/dispatcher/pool.js');
  return new Pool(address.origin, {
    connections,
    pipelining: 1,
    connect: { timeout: connectMs },
    // `exchange` has its own time limit, over the whole attempt: undici's restart with every byte.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

type RawResponse = Omit<TransportResponse, 'text'> & { readonly bytes: Buffer };

/** One request and its whole response, within the time limit, the size limit and the signal. */
export function exchange(
  pool: ConnectionPool,
  request: Dispatcher.DispatchOptions,
  timeoutMs: number,
  signal: TransportRequest['signal'],
  mostBytes = MAX_BODY_BYTES,
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    let connection: Dispatcher.DispatchController | undefined;
    let ended: 'with a response' | Error | undefined;
    let status = 0;
    let headers: Record<string, string | undefined> = {};
    const chunks: Buffer[] = [];
    let size = 0;

    const end = (how: 'with a response' | Error) => {
      ended = how;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const fail = (error: Error) => {
      if (ended !== undefined) return;
      end(error);
      connection?.abort(error);
      reject(error);
    };
    const onAbort = () => fail(signal?.reason);
    const timer = setTimeout(
      () => fail(new AttemptError(connection === undefined ? 'NO_CONNECTION' : 'TIMEOUT')),
      timeoutMs,
    );
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener('abort', onAbort);

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(controller) {
        connection = controller;
        if (ended instanceof Error) controller.abort(ended);
      },
      onResponseStart(_controller, code, received) {
        if (code < 200) return;
        status = code;
        headers = Object.fromEntries(
          Object.entries(received).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
        );
      },
      onResponseData(_controller, chunk) {
        if (ended !== undefined) return;
        size += chunk.byteLength;
        if (size > mostBytes) fail(new AttemptError('TOO_BIG'));
        else chunks.push(chunk);
      },
      onResponseEnd() {
        if (ended !== undefined) return;
        end('with a response');
        resolve({ status, headers, bytes: Buffer.concat(chunks) });
      },
      onResponseError(_controller, error) {
        fail(connection === undefined ? markUnsent(error) : error);
      },
    };
    try {
      pool.dispatch(request, handler);
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

/** Decodes a body that is compressed although `identity` was requested. @throws AttemptError TOO_BIG, BAD_ENCODING */
async function decode(bytes: Buffer, encoding = 'identity'): Promise<Buffer> {
  const name = encoding.trim().toLowerCase();
  if (bytes.byteLength === 0 || name === 'identity' || name === '') return bytes;
  if (!['gzip', 'x-gzip', 'deflate'].includes(name)) throw new AttemptError('BAD_ENCODING');
  const { inflateRaw, unzip } = await import('node:zlib');
  const limit = { maxOutputLength: MAX_BODY_BYTES };
  try {
    return await promisify(unzip)(bytes, limit).catch((error: unknown) => {
      // Some servers send `deflate` without the zlib header.
      if (name !== 'deflate' || isTooLarge(error)) throw error;
      return promisify(inflateRaw)(bytes, limit);
    });
  } catch (error) {
    throw new AttemptError(isTooLarge(error) ? 'TOO_BIG' : 'BAD_ENCODING');
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && networkCode(error) === 'ERR_BUFFER_TOO_LARGE';
}
