/** The HTTP transport with a function instead of connections: a test answers for MotherDuck, without a network. */
import type { Dispatcher } from 'undici';
import { Secret } from '../src/model/secret.ts';
import { type ConnectionPool, type HttpTransportOptions, httpTransport } from '../src/motherduck/http-transport.ts';
import type { Transport } from '../src/motherduck/transport.ts';

/** Responds as msw's handlers and the organization do. A Response of type `error` is a broken connection, as for fetch. */
export type Respond = (request: Request) => Promise<Response | undefined>;

/** Attempts with the time limit, the size limit and the headers of those over HTTP, answered by a function. */
export function fakeTransport(respond: Respond, options: Partial<HttpTransportOptions> = {}): Transport {
  return httpTransport({
    address: new URL('https://api.motherduck.com'),
    token: new Secret('token'),
    userAgent: 'test',
    connections: 8,
    timeoutMs: 30_000,
    openPool: async () => fakePool(respond),
    ...options,
  });
}

/** A pool whose connections are never busy and never wait. */
function fakePool(respond: Respond): ConnectionPool {
  return {
    dispatch(request, handler) {
      const controller = {
        aborted: false,
        paused: false,
        reason: null,
        abort() {
          controller.aborted = true;
        },
        pause() {},
        resume() {},
      };
      exchange(respond, request, handler, controller).catch((error) => {
        if (!controller.aborted) handler.onResponseError?.(controller, error);
      });
      return true;
    },
    close: async () => {},
  } as ConnectionPool;
}

/** Calls the handler as a connection of undici does; after an abort no more. */
async function exchange(
  respond: Respond,
  { method, path, origin, headers, body = null }: Dispatcher.DispatchOptions,
  handler: Dispatcher.DispatchHandler,
  controller: Dispatcher.DispatchController,
): Promise<void> {
  handler.onRequestStart?.(controller, {});
  if (controller.aborted) return;
  const sent = { method, headers: headers as Record<string, string>, body: body === null ? null : String(body) };
  const response = await respond(new Request(new URL(path, String(origin)), sent));
  if (response === undefined) throw new Error(`nothing answers ${method} ${path}`);
  if (response.type === 'error') throw Object.assign(new TypeError('fetch failed'), { code: 'ECONNRESET' });
  if (controller.aborted) return;
  handler.onResponseStart?.(controller, response.status, Object.fromEntries(response.headers));
  for await (const chunk of response.body ?? []) {
    if (controller.aborted) return;
    handler.onResponseData?.(controller, Buffer.from(chunk));
  }
  if (!controller.aborted) handler.onResponseEnd?.(controller, {});
}
