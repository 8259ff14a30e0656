import type { Transport, TransportRequest, TransportResponse } from '../src/motherduck/transport.ts';
import { AttemptError } from '../src/motherduck/transport-errors.ts';

/** Responds as msw's handlers and the organization do. A Response of type `error` is a broken connection, as for fetch. */
export type Respond = (request: Request) => Promise<Response | undefined>;

const MAX_BYTES = 16 * 1024 * 1024;

/** A transport to a function in the place of a network, with the limits of the real one. */
export function fakeTransport(respond: Respond, { timeoutMs = 30_000, token = 'token' } = {}): Transport {
  return {
    send(request) {
      const { signal } = request;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new AttemptError('TIMEOUT')), timeoutMs);
        const stop = () => reject(signal?.reason);
        if (signal?.aborted === true) stop();
        signal?.addEventListener('abort', stop);
        exchange(respond, request, token)
          .then(resolve, reject)
          .finally(() => {
            clearTimeout(timer);
            signal?.removeEventListener('abort', stop);
          });
        signal?.addEventListener('abort', () => clearTimeout(timer));
      });
    },
    close: async () => {},
  };
}

/** The request in the words of the fetch standard. */
export function toRequest({ method, path, query, body, anonymous }: TransportRequest, token = 'token'): Request {
  const parameters = query === undefined ? '' : `?${new URLSearchParams(query)}`;
  return new Request(`https://api.motherduck.com${path}${parameters}`, {
    method,
    headers: {
      ...(anonymous ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
}

/** @throws AttemptError TOO_BIG, and an ECONNRESET for a broken connection */
export async function toResponse(response: Response): Promise<TransportResponse> {
  if (response.type === 'error') throw Object.assign(new TypeError('fetch failed'), { code: 'ECONNRESET' });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new AttemptError('TOO_BIG');
    chunks.push(chunk);
  }
  const headers = Object.fromEntries(response.headers);
  return { status: response.status, headers, text: Buffer.concat(chunks).toString('utf8') };
}

async function exchange(respond: Respond, request: TransportRequest, token: string): Promise<TransportResponse> {
  const response = await respond(toRequest(request, token));
  if (response === undefined) throw new Error(`nothing answers ${request.method} ${request.path}`);
  return toResponse(response);
}
