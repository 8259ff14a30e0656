import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Organization } from '../../src/sandbox/organization.ts';

/** The request at which the client is killed, with its effect (`after`) or without it. It is never answered. */
export interface Kill {
  readonly at: number;
  readonly when: string;
  readonly kill: () => void;
}

/** An organization over HTTP, which can kill its client at the nth request that changes something. */
export class KillingServer {
  readonly #organization: Organization;
  readonly #server: Server;
  readonly #inFlight = new Set<Promise<void>>();
  #kill: Kill | undefined;
  #requests: string[] = [];
  #date: string | undefined;

  private constructor(organization: Organization) {
    this.#organization = organization;
    this.#server = createServer((request, response) => {
      const reply = this.#reply(request, response).catch(() => void response.destroy());
      this.#inFlight.add(reply);
      void reply.finally(() => this.#inFlight.delete(reply));
    });
  }

  static async start(organization: Organization): Promise<KillingServer> {
    const server = new KillingServer(organization);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Freezes the Date header, as if all that follows happened within this second. */
  stopClock(): void {
    this.#date = new Date(this.#organization.now()).toUTCString();
  }

  /** Kills the client at that request, counted from here on; undefined: never. */
  killAt(kill: Kill | undefined): void {
    this.#requests = [];
    this.#kill = kill;
  }

  /** Waits for the requests that a client left in flight. Returns those that would change something, in order. */
  async settle(): Promise<readonly string[]> {
    await Promise.all(this.#inFlight);
    this.#server.closeAllConnections();
    return this.#requests;
  }

  async close(): Promise<void> {
    await this.settle();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: target = '', headers } = request;
    const body = await text(request);
    const perform = () => this.#organization.respond({ method, target, authorization: headers.authorization, body });
    if (method !== 'GET') {
      const { at, when, kill } = this.#kill ?? {};
      if (this.#requests.push(`${method} ${target}`) === at) {
        if (when === 'after') await perform();
        kill?.();
        return void response.destroy();
      }
    }
    const { status, type, text: answer, headers: more } = await perform();
    const date = this.#date === undefined ? {} : { date: this.#date };
    response.writeHead(status, { 'content-type': type, ...more, ...date }).end(answer);
  }
}
