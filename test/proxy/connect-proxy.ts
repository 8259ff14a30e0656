/** Proxies as companies run them, and a server with TLS behind them. */
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';

const certificate = (name: string) => path.join(import.meta.dirname, 'certificates', name);
export const CA = certificate('ca.pem');
export const OTHER_CA = certificate('other-ca.pem');
/** A certificate of the private CA for `api.sandbox.test`, `localhost` and 127.0.0.1. */
const SERVER = { key: readFileSync(certificate('server.key.pem')), cert: readFileSync(certificate('server.pem')) };
/** Only the proxy knows this name. */
export const HOST = 'api.sandbox.test';

export interface ConnectProxy {
  readonly url: string;
  readonly port: number;
  /** The targets of all CONNECTs. */
  readonly targets: string[];
  readonly headers: IncomingMessage['headers'][];
  /** The addresses of plain requests, which it refuses, with their credentials. */
  readonly downloads: string[];
}

interface ProxyOptions {
  /** The ports of this machine to which it connects for a host, whatever port is asked for. */
  readonly hosts?: Readonly<Record<string, number>>;
  /** It has TLS itself. */
  readonly tls?: boolean;
  /** `user:password`; without them it answers 407. */
  readonly credentials?: string;
  /** Answers the nth CONNECT itself; undefined: as usual. */
  readonly answer?: (n: number) => string | undefined;
}

/** Starts a proxy that knows only CONNECT, until the test ends. */
export async function startProxy(options: ProxyOptions = {}): Promise<ConnectProxy> {
  const { hosts = {}, tls = false, credentials, answer } = options;
  const targets: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const downloads: string[] = [];
  const server = tls ? createHttpsServer(SERVER) : createHttpServer();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const [, encoded = ''] = request.headers['proxy-authorization']?.split(' ') ?? [];
    downloads.push(`${request.url} ${Buffer.from(encoded, 'base64')}`);
    response.writeHead(403).end();
  });
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    client.on('error', () => {});
    targets.push(request.url ?? '');
    headers.push(request.headers);
    const own = answer?.(targets.length);
    if (own !== undefined) return client.end(own);
    const given = request.headers['proxy-authorization'];
    if (credentials !== undefined && given !== `Basic ${Buffer.from(credentials).toString('base64')}`) {
      return client.end(refusal(407, 'Proxy-Authenticate: Basic realm="corp, inc"'));
    }
    const port = hosts[(request.url ?? '').split(':')[0] ?? ''];
    if (port === undefined) return client.end(refusal(502));
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  const port = await listen(server);
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, port, targets, headers, downloads };
}

/** An answer to CONNECT, with a page as proxies send it. */
export function refusal(status: number, ...headers: readonly string[]): string {
  const page = '<html><body>Blocked by the company</body></html>';
  const all = [`HTTP/1.1 ${status} No`, 'Content-Type: text/html', `Content-Length: ${page.length}`, ...headers];
  return `${all.join('\r\n')}\r\n\r\n${page}`;
}

/** Puts TLS before a server of this machine, with the certificate of the private CA. Returns its port. */
export function startTls(port: number): Promise<number> {
  const server = createTlsServer(SERVER, (client) => {
    const upstream = connect(port, '127.0.0.1');
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    upstream.pipe(client).pipe(upstream);
  });
  return listen(server);
}

/** A server that does with each connection what the test says. Returns its port. */
export function startRaw(take: (socket: Socket) => void): Promise<number> {
  return listen(createTcpServer(take));
}

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
