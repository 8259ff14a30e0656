/**
 * The REST API as a person with curl has it: answers as they come, and nothing read into them. What changes something
 * takes an account's name and passes it through the guard, so that no call can reach an account of somebody else.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Secret } from '../../src/model/secret.ts';
import { ownAccount } from './names.ts';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** undefined where the text is no JSON. */
  readonly json: unknown;
}

export interface RawOptions {
  readonly address: URL;
  readonly token: Secret;
  /** The only run whose accounts it changes. */
  readonly run: string;
  readonly send?: (request: Request) => Promise<Response>;
  readonly sleep?: (ms: number) => Promise<unknown>;
}

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Instead of the Admin's; null: none. */
  readonly token?: string | null;
}

const TIMEOUT_MS = 30_000;
const ATTEMPTS = 4;

export class RawApi {
  readonly run: string;
  /** Every secret that an answer had, and the Admin's: what no report may show. */
  readonly secrets: Set<string>;
  readonly #options: RawOptions;

  constructor(options: RawOptions) {
    this.#options = options;
    this.run = options.run;
    this.secrets = new Set([options.token.reveal()]);
  }

  /** @param token instead of the Admin's; null: none */
  get(path: string, token?: string | null): Promise<RawAnswer> {
    return this.#call({ method: 'GET', path, ...(token === undefined ? {} : { token }) });
  }

  createUser(username: string): Promise<RawAnswer> {
    return this.#call({ method: 'POST', path: '/v1/users', body: { username: ownAccount(username, this.run) } });
  }

  deleteUser(username: string): Promise<RawAnswer> {
    return this.#call({ method: 'DELETE', path: this.#path(username) });
  }

  createToken(username: string, body: object): Promise<RawAnswer> {
    return this.#call({ method: 'POST', path: `${this.#path(username)}/tokens`, body });
  }

  deleteToken(username: string, id: string): Promise<RawAnswer> {
    return this.#call({ method: 'DELETE', path: `${this.#path(username)}/tokens/${encodeURIComponent(id)}` });
  }

  setDucklings(username: string, config: object): Promise<RawAnswer> {
    return this.#call({ method: 'PUT', path: `${this.#path(username)}/instances`, body: { config } });
  }

  /** @param query with its question mark @param token instead of the Admin's */
  tokens(username: string, query = '', token?: string): Promise<RawAnswer> {
    return this.get(`${this.#path(username)}/tokens${query}`, token);
  }

  ducklings(username: string): Promise<RawAnswer> {
    return this.get(`${this.#path(username)}/instances`);
  }

  #path(username: string): string {
    return `/v1/users/${encodeURIComponent(ownAccount(username, this.run))}`;
  }

  /** Waits when it is told to; tries again what can be tried again. @throws Error when nothing answers */
  async #call(call: Call): Promise<RawAnswer> {
    const { sleep = sleepFor } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt === ATTEMPTS;
      const isRepeatable = call.method !== 'POST';
      try {
        const answer = await this.#send(call);
        if (last || !(answer.status === 429 || (answer.status >= 500 && isRepeatable))) return answer;
        await sleep(Math.min(Number(answer.headers.get('retry-after')) || attempt, 30) * 1000);
      } catch (cause) {
        // The cause names an address and a reason; a header or a token is never in it.
        if (last || !isRepeatable) throw new Error(`${call.method} ${call.path}: no answer`, { cause });
        await sleep(attempt * 1000);
      }
    }
  }

  async #send({ method, path, body, token }: Call): Promise<RawAnswer> {
    const { address, token: admin, send = fetch } = this.#options;
    const bearer = token === undefined ? admin.reveal() : token;
    const request = new Request(address.origin + address.pathname.replace(/\/+$/, '') + path, {
      method,
      headers: {
        accept: 'application/json',
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'manual',
    });
    const response = await send(request);
    const text = await response.text();
    const json = parsed(text);
    const secret = fieldOf(json, 'token');
    if (typeof secret === 'string' && secret !== '') this.secrets.add(secret);
    return { status: response.status, headers: response.headers, text, json };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A field of what may be an object. */
export function fieldOf(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null
    ? Object.entries(json).find(([key]) => key === name)?.[1]
    : undefined;
}

/** A list in a field; empty where there is none. */
export function listOf(json: unknown, name: string): readonly unknown[] {
  const list = fieldOf(json, name);
  return Array.isArray(list) ? list : [];
}
