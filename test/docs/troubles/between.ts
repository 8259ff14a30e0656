/** A server between a stage and its sandbox, which changes what passes: a network, a proxy or a service that errs. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import type { Stage } from '../../stage.ts';

export interface Exchange {
  /** `POST /v1/users` */
  readonly request: string;
  status: number;
  /** The body of the response. */
  text: string;
  readonly headers: Record<string, string>;
  /** Whether the connection breaks instead of a response. */
  broken: boolean;
}

/** Serves the stage's sandbox; `change` is given each exchange after it had its effect. */
export async function serveBetween(stage: Stage, change: (exchange: Exchange) => unknown): Promise<void> {
  const target = await stage.serve();
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = '', url = '' } = request;
    const { authorization = '' } = request.headers;
    const answer = await fetch(target + url, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(parts.length > 0 ? { body: Buffer.concat(parts) } : {}),
    });
    const headers = Object.fromEntries(answer.headers);
    for (const name of ['connection', 'content-length', 'content-encoding', 'transfer-encoding', 'keep-alive'])
      delete headers[name];
    const { status } = answer;
    const exchange: Exchange = {
      request: `${method} ${url}`,
      status,
      text: await answer.text(),
      headers,
      broken: false,
    };
    await change(exchange);
    if (exchange.broken) return void request.socket.destroy();
    response.writeHead(exchange.status, exchange.headers);
    response.end(exchange.text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  stage.env.MOTHERDUCK_API_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Serves the stage's sandbox as if it were MotherDuck. */
export async function serveAsMotherDuck(
  stage: Stage,
  change: (exchange: Exchange) => unknown = () => {},
): Promise<void> {
  await serveBetween(stage, (exchange) => {
    delete exchange.headers['x-sandbox'];
    change(exchange);
  });
  delete stage.env.MDACC_SANDBOX;
}

/** Sends a request as somebody else does, in MotherDuck's web UI for example. */
export async function request(stage: Stage, method: string, path: string): Promise<void> {
  const { MOTHERDUCK_API_URL: url, MOTHERDUCK_ADMIN_TOKEN: token } = stage.env;
  const response = await fetch(`${url}/v1/${path}`, { method, headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(200);
}
