import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../model/user-error.ts';
import { type Answer, fault, refusal } from './endpoint.ts';
import type { Organization } from './organization.ts';

export interface ServeOptions {
  readonly organization: Organization;
  /** 0: a free one. */
  readonly port: number;
  readonly host?: string;
  /** Milliseconds that every request takes longer. */
  readonly latency?: number;
  /** Part of the requests, 0 to 1, that meet a fault (faults.ts). */
  readonly failRate?: number;
  /** Requests a second; more are answered 429. */
  readonly rateLimit?: number;
  /** Numbers from 0 to 1, which decide about faults. */
  readonly random?: () => number;
}

export interface Server {
  readonly url: string;
  /** Lets running requests end, then closes. The organization stays open. */
  close(): Promise<void>;
}

const BODY_LIMIT = 1_000_000;

/** Offers an organization over HTTP on this machine. @throws UserError SANDBOX_FAILED when the port cannot be had */
export async function serve(options: ServeOptions): Promise<Server> {
  const { port, host = '127.0.0.1' } = options;
  const open = new Set<ServerResponse>();
  const reply = replier(options);
  const server = createServer((request, response) => {
    open.add(response.once('close', () => open.delete(response)));
    reply(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(portTaken(host, port, cause)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    close: () => {
      for (const response of open) response.shouldKeepAlive = false; // their connections end with them
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function replier({ organization, latency = 0, failRate = 0, rateLimit, random = Math.random }: ServeOptions) {
  const allow = rateLimiter(rateLimit);
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    if (latency > 0) await sleep(latency);
    if (!allow()) return send(response, { ...tooMany(1) }, organization);
    const trouble = failRate > 0 ? chooseFault(failRate, random) : undefined;
    const real = trouble === undefined || takesEffect(trouble) ? await answer(organization, request, body) : undefined;
    const shown = trouble === undefined ? real : faultAnswer(trouble);
    if (shown === undefined) request.socket.resetAndDestroy();
    else send(response, shown, organization);
  };
}

async function answer(organization: Organization, request: IncomingMessage, body: string): Promise<Answer> {
  const { method = 'GET', url: target = '/', headers } = request;
  try {
    return await organization.answer({ method, target, authorization: headers.authorization, body });
  } catch (error) {
    const message =
      error instanceof UserError ? `sandbox: ${error.message}. ${error.hint.text}` : 'sandbox: internal error';
    return refusal(fault('INTERNAL_SERVER_ERROR', message), 'sandbox');
  }
}

function send(response: ServerResponse, answer: Answer, organization: Organization): void {
  response.writeHead(answer.status, {
    date: new Date(organization.now()).toUTCString(),
    'content-type': answer.type,
    ...answer.headers,
  });
  response.end(answer.text);
}

async function readBody(request: IncomingMessage): Promise<string> {
  if (request.method === 'GET' || request.method === 'DELETE') {
    request.resume();
    return '';
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Error('body too large'); // the connection ends: no client of ours sends that much
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Allows `limit` calls in each second, counted from the first. */
function rateLimiter(limit: number | undefined): () => boolean {
  let started = 0;
  let count = 0;
  return () => {
    if (limit === undefined) return true;
    const now = performance.now();
    if (now - started >= 1000) {
      started = now;
      count = 0;
    }
    count += 1;
    return count <= limit;
  };
}

function portTaken(host: string, port: number, cause: Error): UserError {
  const why = 'code' in cause ? cause.code : cause.message;
  return new UserError(
    'SANDBOX_FAILED',
    `the sandbox cannot listen on ${host}, port ${port} (${why})`,
    'Give another port with `--port N`; 0 takes a free one.',
    { cause },
  );
}

/**
 * The trouble that `--fail` makes. `reset_after` and `html_502` come after the request has taken effect: a POST of which
 * the answer was lost is what a client must get right.
 */
export const FAULTS = ['reset_before', 'reset_after', 'error_500', 'html_502', 'html_503'] as const;
export type ServerFault = (typeof FAULTS)[number];

export function takesEffect(trouble: ServerFault): boolean {
  return trouble === 'reset_after' || trouble === 'html_502';
}

/** Chooses a fault in `rate` of all cases. */
export function chooseFault(rate: number, random: () => number): ServerFault | undefined {
  return random() < rate ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined;
}

/** What the client gets; undefined when its connection is reset. */
export function faultAnswer(trouble: ServerFault): Answer | undefined {
  switch (trouble) {
    case 'error_500':
      return withLength(refusal(fault('INTERNAL_SERVER_ERROR', 'Internal server error'), 'sandbox.fault'));
    case 'html_502':
      return proxyPage(502, 'Bad Gateway');
    case 'html_503':
      return proxyPage(503, 'Service Unavailable');
    default:
      return undefined;
  }
}

export function tooMany(retryAfter: number): Answer {
  return withLength(refusal(fault('TOO_MANY_REQUESTS', 'Too many requests'), 'sandbox.rateLimit'), {
    'retry-after': String(retryAfter),
  });
}

function proxyPage(status: number, title: string): Answer {
  const text = `<html><head><title>${status} ${title}</title></head><body><h1>${title}</h1></body></html>`;
  return withLength({ status, type: 'text/html; charset=utf-8', text });
}

function withLength(answer: Answer, more: Record<string, string> = {}): Answer {
  const length = String(Buffer.byteLength(answer.text));
  return { ...answer, headers: { 'content-length': length, 'x-sandbox': 'motherduck-accounts', ...more } };
}

/** A small generator of random numbers with a seed (mulberry32), so that a rehearsal can be repeated. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
