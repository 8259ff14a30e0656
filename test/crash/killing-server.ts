import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Organization } from '../../src/sandbox/organization.ts';

/** Called before and after the effect of the nth request that changes something. True: its client was killed, and gets no answer. */
export type AtRequest = (when: 'before' | 'after', at: number) => boolean;

/** An organization over HTTP, which says when its client is at a request that changes something, so that it can be killed there. */
export class KillingServer {
  readonly #organization: Organization;
  readonly #server: Server;
  readonly #inFlight = new Set<Promise<void>>();
  #reach: AtRequest = () => false;
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

  /** Whether the organization is in a later second than the one at which its Date header stands. */
  get isClockBehind(): boolean {
    return this.#date !== undefined && this.#date !== new Date(this.#organization.now()).toUTCString();
  }

  startClock(): void {
    this.#date = undefined;
  }

  /** Calls the function at each request, counted from here on. */
  atRequests(reach: AtRequest): void {
    this.#requests = [];
    this.#reach = reach;
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
    const at = method === 'GET' ? undefined : this.#requests.push(`${method} ${target}`);
    if (at !== undefined && this.#reach('before', at)) return void response.destroy();
    const call = { method, target, authorization: headers.authorization, body };
    const { status, type, text: answer, headers: more } = await this.#organization.respond(call);
    if (at !== undefined && this.#reach('after', at)) return void response.destroy();
    const date = this.#date === undefined ? {} : { date: this.#date };
    response.writeHead(status, { 'content-type': type, ...more, ...date }).end(answer);
  }
}
