/** What the servers that stand for clouds have in common: objects in memory, and what goes wrong on the way to them. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fate } from '../memory-store.ts';

/** Called before a request takes effect, and after it, when it is not answered yet. True: nothing more becomes of it. */
export type AtEffect = (when: 'before' | 'after', action: string) => boolean;

export interface ServedObject {
  readonly text: string;
  readonly modified: Date;
}

export interface ServedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
}

/** A server on this computer. Its tests decide what becomes of each request. */
export class ObjectServer {
  /** By bucket or container, a slash, and the key. */
  readonly objects = new Map<string, ServedObject>();
  /** `CREATE bucket/key`, without the parameters. */
  readonly requests: string[] = [];
  /** The headers of the last request. */
  headers: IncomingMessage['headers'] = {};
  fate: (action: string) => Fate | 'hangs' = () => 'answered';
  atEffect: AtEffect = () => false;
  /** Answers a request in the place of the service; undefined: as usual. */
  answer: (action: string) => Answer | undefined = () => undefined;
  /** Milliseconds that its clock is ahead of the process's. */
  ahead = 0;
  /** Whether it replaces objects that were to be created only. */
  ignoresConditions = false;
  url = '';
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #handle: (request: ServedRequest, server: ObjectServer) => { action: string; act: () => Answer };

  /** @param handle What a request is for, as a word and a name, and its effect with the answer. */
  constructor(handle: (request: ServedRequest, server: ObjectServer) => { action: string; act: () => Answer }) {
    this.#handle = handle;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async end(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  now(): Date {
    return new Date(Date.now() + this.ahead);
  }

  /** Writes an object, unless there is one and it was to be created. */
  write(name: string, text: string, isCreation: boolean): boolean {
    if (isCreation && this.objects.has(name) && !this.ignoresConditions) return false;
    this.objects.set(name, { text, modified: this.now() });
    return true;
  }

  /** The names of objects that begin so, in order. */
  names(prefix: string): string[] {
    return [...this.objects.keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return;
    }
    this.headers = request.headers;
    const url = new URL(request.url ?? '/', this.url);
    const served = {
      method: request.method ?? '',
      url,
      headers: request.headers,
      text: Buffer.concat(chunks).toString(),
    };
    const { action, act } = this.#handle(served, this);
    this.requests.push(action);
    const fate = this.atEffect('before', action) ? 'never_arrives' : this.fate(action);
    if (fate === 'hangs') return;
    if (fate === 'never_arrives') return void request.socket.destroy();
    const answer = this.answer(action) ?? act();
    if (this.atEffect('after', action) || fate === 'answer_lost') return void request.socket.destroy();
    response.sendDate = false;
    const body = Buffer.from(answer.text ?? '');
    const own = { date: this.now().toUTCString(), 'content-length': body.length, etag: '"1"' };
    response.writeHead(answer.status, { ...own, ...answer.headers });
    response.end(body);
  }
}
