import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import { errorResponse, RestError, type SandboxResponse } from './endpoint.ts';
import type { Organization } from './organization.ts';

/** How the sandbox is served. */
export interface ServeOptions {
  readonly organization: Organization;
  /** 0: any free port. */
  readonly port: number;
  readonly host?: string;
  /** Milliseconds to delay every request. */
  readonly latency?: number;
  /** The share of requests that fail, 0 to 1. */
  readonly failRate?: number;
  /** Maximum number of requests a second; others get a 429. */
  readonly rateLimit?: number;
  /** Returns numbers from 0 to 1, which select the requests that fail. */
  readonly random?: () => number;
}

/** The running server of a sandbox. */
interface Server {
  readonly url: string;
  /** Waits for running requests, then closes. The organization stays open. */
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1_000_000;

/** Serves an organization over HTTP. @throws UserError SANDBOX_FAILED if it cannot listen on the port */
export async function serve(options: ServeOptions): Promise<Server> {
  const { port, host = '127.0.0.1' } = options;
  const open = new Set<ServerResponse>();
  const respond = responder(options);
  const server = createServer((request, response) => {
    open.add(response.once('close', () => open.delete(response)));
    respond(request, response).catch(() => response.destroy());
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
      for (const response of open) response.shouldKeepAlive = false; // closes their connections
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function responder({ organization, latency = 0, failRate = 0, rateLimit, random = Math.random }: ServeOptions) {
  const allow = rateLimiter(rateLimit);
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    if (latency > 0) await sleep(latency);
    if (!allow()) return send(response, tooManyRequests(1), organization);
    const fault = failRate > 0 ? chooseFault(failRate, random) : undefined;
    const real = fault === undefined || takesEffect(fault) ? await handle(organization, request, body) : undefined;
    const sent = fault === undefined ? real : faultResponse(fault);
    if (sent === undefined) request.socket.resetAndDestroy();
    else send(response, sent, organization);
  };
}

async function handle(organization: Organization, request: IncomingMessage, body: string): Promise<SandboxResponse> {
  const { method = 'GET', url: target = '/', headers } = request;
  try {
    return await organization.respond({ method, target, authorization: headers.authorization, body });
  } catch (error) {
    const message =
      error instanceof UserError ? `sandbox: ${error.message}. ${error.hint.text}` : 'sandbox: internal error';
    return errorResponse(new RestError('INTERNAL_SERVER_ERROR', message), 'sandbox');
  }
}

function send(response: ServerResponse, sent: SandboxResponse, organization: Organization): void {
  response.writeHead(sent.status, {
    date: new Date(organization.now()).toUTCString(),
    'content-type': sent.type,
    'x-sandbox-organization': organization.id(),
    ...sent.headers,
  });
  response.end(sent.text);
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
    if (size > MAX_BODY_BYTES) throw new Error('body too large'); // closes the connection; our clients never send as much
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Returns whether another request is allowed: `limit` in each second from the first request on. */
function rateLimiter(limit: number | undefined): () => boolean {
  let started = 0;
  let count = 0;
  return () => {
    if (limit === undefined) return true;
    const now = monotonicMs();
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
    'Give another port with `--port N`; 0 selects a free one.',
    { cause },
  );
}

/**
 * How requests fail with `--fail`. After `reset_after` and `html_502` the request has taken effect: clients must handle a
 * POST whose response was lost.
 */
export const FAULTS = ['reset_before', 'reset_after', 'error_500', 'html_502', 'html_503'] as const;
type Fault = (typeof FAULTS)[number];

function takesEffect(fault: Fault): boolean {
  return fault === 'reset_after' || fault === 'html_502';
}

/** Returns a fault with the probability `rate`, else undefined. */
function chooseFault(rate: number, random: () => number): Fault | undefined {
  return random() < rate ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined;
}

/** The response to a request that fails; undefined if its connection is reset. */
function faultResponse(fault: Fault): SandboxResponse | undefined {
  switch (fault) {
    case 'error_500':
      return withLength(
        errorResponse(new RestError('INTERNAL_SERVER_ERROR', 'Internal server error'), 'sandbox.fault'),
      );
    case 'html_502':
      return proxyPage(502, 'Bad Gateway');
    case 'html_503':
      return proxyPage(503, 'Service Unavailable');
    default:
      return undefined;
  }
}

/** The response to a request over the limit. */
export function tooManyRequests(retryAfterSeconds: number): SandboxResponse {
  return withLength(errorResponse(new RestError('TOO_MANY_REQUESTS', 'Too many requests'), 'sandbox.rateLimit'), {
    'retry-after': String(retryAfterSeconds),
  });
}

function proxyPage(status: number, title: string): SandboxResponse {
  const text = `<html><head><title>${status} ${title}</title></head><body><h1>${title}</h1></body></html>`;
  return withLength({ status, type: 'text/html; charset=utf-8', text });
}

function withLength(response: SandboxResponse, more: Record<string, string> = {}): SandboxResponse {
  const length = String(Buffer.byteLength(response.text));
  return { ...response, headers: { 'content-length': length, 'x-sandbox': 'motherduck-accounts', ...more } };
}
