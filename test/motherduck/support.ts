import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { getResponse, type RequestHandler } from 'msw';
import { onTestFinished } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { parseAddress } from '../../src/motherduck/address.ts';
import { type Api, createApi } from '../../src/motherduck/api.ts';
import { createRestClient, type RestClient, type RestClientOptions } from '../../src/motherduck/rest-client.ts';
import { ApiError } from '../../src/motherduck/transport-errors.ts';
import { fakeTransport, type Respond } from '../fake-transport.ts';

/** The admin token of the tests; no output may contain a piece of it. */
export const ADMIN_TOKEN = jwt({ tokenType: 'read_write', sub: 'MARKER-OF-THE-ADMIN' });
const USER_AGENT = 'motherduck-accounts/test';
export const BASE = 'https://api.motherduck.com';

export function jwt(payload: object): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(payload)}.MARKERsignatureMARKERsignatureMARKER`;
}

export interface Rig {
  readonly api: Api;
  readonly http: RestClient;
  /** The lines of --debug. */
  readonly lines: string[];
  /** The milliseconds of each wait before a retry. */
  readonly waits: number[];
}

/** The API as commands build it, but that it does not really wait. */
export function rig(options: Partial<RestClientOptions> = {}): Rig {
  const lines: string[] = [];
  const waits: number[] = [];
  const http = createRestClient({
    address: parseAddress(BASE),
    token: new Secret(ADMIN_TOKEN),
    parallelism: 4,
    timeoutMs: 5_000,
    userAgent: USER_AGENT,
    debug: (line) => lines.push(line),
    random: () => 0.5,
    sleep: async (ms) => void waits.push(ms),
    ...options,
  });
  onTestFinished(() => http.close());
  return { api: createApi(http), http, lines, waits };
}

/** The API over msw's handlers instead of a network. */
export function mocked(handlers: RequestHandler[], options: Partial<RestClientOptions> = {}): Rig {
  return faked((request) => getResponse(handlers, request), options);
}

/** The API over a function instead of a network. */
export function faked(respond: Respond, options: Partial<RestClientOptions> = {}): Rig {
  const { timeoutMs = 5_000, token = new Secret(ADMIN_TOKEN) } = options;
  return rig({ transport: fakeTransport(respond, { timeoutMs, token, userAgent: USER_AGENT }), ...options });
}

/** The API over a real server on a free port of this machine. */
export async function served(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
  options: Partial<RestClientOptions> = {},
): Promise<Rig & { count: () => number; connections: () => number; address: URL }> {
  let count = 0;
  let connections = 0;
  const listener: RequestListener = (request, response) => {
    // Reads the whole request first, so that it was received whatever follows.
    request.resume().on('end', () => answer(request, response, ++count));
  };
  const server = createServer(listener).on('connection', () => (connections += 1));
  const address = await listen(server);
  return { ...rig({ address, ...options }), count: () => count, connections: () => connections, address };
}

/** The API over a server that sends raw bytes, for responses that an HTTP server cannot send. */
export async function servedRaw(
  answer: (socket: Socket, count: number) => void,
  options: Partial<RestClientOptions> = {},
): Promise<Rig & { count: () => number; address: URL }> {
  let count = 0;
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      // The headers of the tests' requests arrive in one piece; a body can follow in another.
      if (/^(GET|POST|PUT|DELETE) /.test(data.toString('latin1'))) answer(socket, ++count);
    });
  });
  const address = await listen(server);
  return { ...rig({ address, ...options }), count: () => count, address };
}

async function listen(server: Server): Promise<URL> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** The ApiError of a failed call. */
export async function failureOf(call: Promise<unknown>): Promise<ApiError> {
  const error = await call.then(
    (value) => new Error(`it went well: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw error;
  return error;
}

/** All text of an error and its causes. */
export function everythingOf(error: unknown): string {
  const texts: string[] = [];
  for (let one = error; one instanceof Error; one = one.cause) {
    texts.push(one.message, one.stack ?? '', String(one), JSON.stringify(one), JSON.stringify({ ...one }));
    texts.push(inspect(one, { depth: 10, showHidden: true, getters: true }));
  }
  return texts.join('\n');
}
