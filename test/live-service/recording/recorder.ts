/** Notes every request and answer of a run, also those of the commands, which reach MotherDuck through a port of it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Send } from '../send.ts';
import type { Exchange } from './recording.ts';

/** Headers that belong to a connection or to an encoding, and not to the answer. */
const OF_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding', 'content-encoding', 'content-length'];
const FORWARDED = ['accept', 'authorization', 'content-type', 'user-agent'] as const;

export class Recorder {
  readonly exchanges: Exchange[] = [];
  readonly #send: Send;

  constructor(send: Send = fetch) {
    this.#send = send;
  }

  /** Sends a request and notes it with its answer; one without an answer is not noted. */
  async send(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const requestBody = request.body === null ? '' : await request.clone().text();
    const ended = this.exchanges.length;
    const response = await this.#send(request);
    const text = await response.text();
    const { status, headers } = response;
    const exchange: Exchange = {
      at: Date.parse(headers.get('date') ?? '') || Date.now(),
      method: request.method,
      target: pathname.replace(/^.*?(?=\/v1\/)/, '') + search,
      authorization: request.headers.get('authorization') ?? undefined,
      requestBody,
      status,
      headers,
      text,
    };
    this.#note(exchange, ended);
    const isEmpty = status === 204 || status === 304;
    return new Response(isEmpty ? null : text, { status, headers });
  }

  /**
   * Of requests that ran at the same time, one that changed something comes before those that were refused: they may have
   * been refused for its sake.
   */
  #note(exchange: Exchange, ended: number): void {
    const changes = exchange.method !== 'GET' && exchange.status < 400;
    let index = this.exchanges.length;
    while (changes && index > ended && (this.exchanges[index - 1]?.status ?? 0) >= 400) index -= 1;
    this.exchanges.splice(index, 0, exchange);
  }

  /** Listens on this machine, and passes on to the API what comes. */
  async serve(api: URL): Promise<{ readonly url: string; close(): Promise<void> }> {
    const server = createServer((request, response) => {
      this.#pass(api, request, response).catch(() => request.socket.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return {
      url: `http://127.0.0.1:${port}`,
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  }

  async #pass(api: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const headers = FORWARDED.flatMap((name) => {
      const value = request.headers[name];
      return value === undefined ? [] : [[name, value] as [string, string]];
    });
    const answer = await this.send(
      new Request(api.origin + api.pathname.replace(/\/+$/, '') + (request.url ?? '/'), {
        method: request.method ?? 'GET',
        headers,
        ...(body.length === 0 ? {} : { body }),
        redirect: 'manual',
      }),
    );
    for (const [name, value] of answer.headers) if (!OF_CONNECTION.includes(name)) response.setHeader(name, value);
    response.sendDate = false;
    response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
  }
}
