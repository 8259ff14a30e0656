/** Connections through a proxy: a tunnel by CONNECT, and in it TLS with the server, which the proxy does not see into. */
import type { buildConnector, Dispatcher } from 'undici';
import { defined } from '../model/defined.ts';
import { authorizationOf, type HttpProxy } from './proxy.ts';
import { ProxyError } from './proxy-errors.ts';
import { networkCode } from './transport-errors.ts';

type Undici = typeof import('undici');
type UndiciConnector = buildConnector.connector;
/** `Dispatcher.connect` as a function. */
type Connect = (this: Dispatcher, options: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData>;

/** A proxy, and the limits of connections through it. */
interface ProxyPoolOptions {
  readonly proxy: HttpProxy;
  readonly userAgent: string;
  readonly connections: number;
  /** Milliseconds for each step: connecting to the proxy, its answer, TLS in the tunnel. */
  readonly connectMs: number;
}

/** Opens a pool of connections through a proxy. undici is loaded by the first call. */
export async function openProxyPool(options: ProxyPoolOptions): Promise<Dispatcher> {
  const { proxy, userAgent, connections, connectMs } = options;
  // As for direct connections not undici's index, whose methods the dispatchers then lack.
  // @ts-expect-error: undici types only its index
  const agent: { default: Undici['ProxyAgent'] } = await import('undici/lib/dispatcher/proxy-agent.js');
  // @ts-expect-error: undici types only its index
  const { default: Pool }: { default: Undici['Pool'] } = await import('undici/lib/dispatcher/pool.js');
  // @ts-expect-error: undici types only its index
  const { default: connect }: { default: Connect } = await import('undici/lib/api/api-connect.js');
  const authorization = authorizationOf(proxy);
  return new agent.default({
    uri: proxy.url.href,
    ...defined({ token: authorization }),
    headers: { 'user-agent': userAgent },
    connections,
    pipelining: 1,
    requestTls: { timeout: connectMs },
    proxyTls: { timeout: connectMs },
    headersTimeout: 0,
    bodyTimeout: 0,
    clientFactory: (origin, { connect: connector }: { connect?: UndiciConnector }) => {
      const pool = new Pool(origin, {
        // undici would check the proxy's certificate for the name of the server if the proxy is named by its IP address.
        connect: ({ servername: _, ...options }, callback) => connector?.(options, callback),
        headersTimeout: connectMs,
      });
      return Object.assign(pool, { connect: connectOf(connect.bind(pool)) });
    },
  });
}

/** Makes errors of a CONNECT distinct from those of the tunnel, with the status, which undici gives in prose only. */
function connectOf(connect: OmitThisParameter<Connect>): OmitThisParameter<Connect> {
  return async (options) => {
    let answer: Dispatcher.ConnectData;
    try {
      answer = await connect(options);
    } catch (error) {
      throw new ProxyError(networkCode(error as NodeJS.ErrnoException));
    }
    if (answer.statusCode === 200) return answer;
    answer.socket.on('error', () => {}).destroy();
    throw new ProxyError(answer.statusCode, [answer.headers['proxy-authenticate']].flat().join(', '));
  };
}
