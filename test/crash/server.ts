import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Organization } from '../../src/sandbox/organization.ts';

/** The request at which somebody is killed: its effect is then there (`after`) or not, and it is never answered. */
export interface Ambush {
  readonly at: number;
  readonly when: string;
  readonly kill: () => void;
}

/** An organization over HTTP, which can kill its client at the nth request that changes something. */
export class AmbushServer {
  readonly #organization: Organization;
  readonly #server: Server;
  readonly #underWay = new Set<Promise<void>>();
  #ambush: Ambush | undefined;
  #requests: string[] = [];
  #date: string | undefined;

  private constructor(organization: Organization) {
    this.#organization = organization;
    this.#server = createServer((request, response) => {
      const reply = this.#reply(request, response).catch(() => void response.destroy());
      this.#underWay.add(reply);
      void reply.finally(() => this.#underWay.delete(reply));
    });
  }

  static async start(organization: Organization): Promise<AmbushServer> {
    const server = new AmbushServer(organization);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Its answers keep this second's Date from here on, as if all that follows came within it. */
  stopClock(): void {
    this.#date = new Date(this.#organization.now()).toUTCString();
  }

  /** Counts from here on. */
  lieInWait(ambush: Ambush | undefined): void {
    this.#requests = [];
    this.#ambush = ambush;
  }

  /** When the client is gone: ends what it left under way. Gives the requests that would change something, in order. */
  async settle(): Promise<readonly string[]> {
    await Promise.all(this.#underWay);
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
      const { at, when, kill } = this.#ambush ?? {};
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
