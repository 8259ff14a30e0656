/** HTTP requests to a storage service that keeps a state: through the proxy of the environment, with errors that say what to do. */

import { maskCredentials } from '../model/credential.ts';
import { defined } from '../model/defined.ts';
import { replaceControls } from '../model/quote.ts';
import { STATE_LIMITS } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { type ConnectionPool, exchange, openUndiciPool } from '../motherduck/http-transport.ts';
import { type HttpProxy, proxyFor } from '../motherduck/proxy.ts';
import { explain, isTransient, networkCode } from '../motherduck/transport-errors.ts';
import { UnsureError } from '../state/object-store.ts';
import type { StateHttp } from '../state/state-kind.ts';
import { inMegabytes } from '../state/state-size.ts';
import { USER_AGENT } from './service.ts';

const CONNECTIONS = 32;
const CONNECT_MS = 10_000;

/** The HTTP client of state backends, which uses the proxy that the environment names. */
export function stateHttp(env: NodeJS.ProcessEnv): StateHttp {
  /** By origin. */
  const pools = new Map<string, { readonly proxy: HttpProxy | undefined; readonly pool: Promise<ConnectionPool> }>();
  const poolFor = (url: URL) => {
    const found = pools.get(url.origin);
    if (found !== undefined) return found;
    const address = new URL(url.origin);
    const proxy = proxyFor(address, env);
    const options = { address, timeoutMs: CONNECT_MS, proxy, userAgent: USER_AGENT, connections: CONNECTIONS };
    const opened = { proxy, pool: openUndiciPool(options) };
    pools.set(url.origin, opened);
    return opened;
  };
  return {
    async send({ url, method, headers, body, timeoutMs, signal }) {
      const { proxy, pool } = poolFor(url);
      const request = { origin: url.origin, path: url.pathname + url.search, method, headers, body };
      try {
        return await exchange(await pool, request, timeoutMs, signal, STATE_LIMITS.bytes);
      } catch (error) {
        if (signal?.aborted || !(error instanceof Error)) throw error;
        throw failure(error, { url, timeoutMs, proxy, extraCa: env.NODE_EXTRA_CA_CERTS });
      }
    },
    async close() {
      for (const { pool } of pools.values()) await (await pool).close();
      pools.clear();
    },
  };
}

interface Attempt {
  readonly url: URL;
  readonly timeoutMs: number;
  readonly proxy: HttpProxy | undefined;
  readonly extraCa: string | undefined;
}

function failure(error: Error, { url: { origin, host }, timeoutMs, proxy, extraCa }: Attempt): Error {
  if (networkCode(error) === 'TOO_BIG') {
    return new UserError(
      'STATE_UNREACHABLE',
      `${host} sent more than ${inMegabytes(STATE_LIMITS.bytes)}, which no state has`,
      'Check the block state of the configuration.',
    );
  }
  const { what, hint } = explain(error, {
    origin,
    timeoutMs,
    printable: (text) => maskCredentials(replaceControls(text).slice(0, 300)),
    addressSource: 'the block state of the configuration',
    ...defined({ proxy }),
    ...(extraCa ? { extraCa } : {}),
  });
  return isTransient(error) ? new UnsureError(what) : new UserError('STATE_UNREACHABLE', what, hint);
}
