import { defined } from '../model/defined.ts';
import { type ErrorCode, type Hint, UserError } from '../model/user-error.ts';
import { certificateAdvice, certificateProblem } from './certificate-errors.ts';
import { describeProxy, type HttpProxy } from './proxy.ts';
import { explainProxy, goAround, ProxyError } from './proxy-errors.ts';
import type { Printable } from './scrub.ts';

/**
 * How a call to the REST API failed.
 * - `absent`: a 404 with MotherDuck's code NOT_FOUND; the only failure that means that something does not exist.
 * - `not_motherduck`: a 404 for an unknown path, HTML, invalid JSON, a body over the limit: the response is not
 *   MotherDuck's; or, with the code API_FAILED, it has a value that this version does not know, or a region has no list of users.
 * - `unavailable`: 5xx after all retries; `unreachable`: no connection; `timeout`: no response in time.
 */
export type ApiFailure =
  | 'absent'
  | 'unauthorized'
  | 'forbidden'
  | 'invalid'
  | 'conflict'
  | 'throttled'
  | 'unavailable'
  | 'unreachable'
  | 'timeout'
  | 'not_motherduck';

/** A failed call. `message` contains the call and MotherDuck's own message and issues; never a token. */
export class ApiError extends UserError {
  readonly failure: ApiFailure;
  /** For example `POST /v1/users/etl_prod/tokens`. */
  readonly call: string;
  readonly status: number | undefined;
  /** `unknown` if the call may have taken effect although it failed. */
  readonly effect: 'none' | 'unknown';

  constructor(
    failure: ApiFailure,
    code: ErrorCode,
    message: string,
    hint: Hint | string,
    about: { call: string; status?: number; effect: 'none' | 'unknown'; cause?: unknown },
  ) {
    super(code, message, hint, defined({ cause: about.cause }));
    this.name = 'ApiError';
    this.failure = failure;
    this.call = about.call;
    this.status = about.status;
    this.effect = about.effect;
  }
}

/** Why an attempt was ended by this program. `NO_CONNECTION`: the time limit passed before there was a connection. */
type AttemptEnd = 'TIMEOUT' | 'NO_CONNECTION' | 'TOO_BIG' | 'BAD_ENCODING' | 'CLOSED';

/** An attempt that this program ended. */
export class AttemptError extends Error {
  readonly code: AttemptEnd;

  constructor(code: AttemptEnd) {
    super(code);
    this.name = 'AttemptError';
    this.code = code;
  }
}

/** The network between this machine and the API, for error messages. */
export interface Network {
  /** The option or variable that the API's address came from; absent for MotherDuck's own. */
  readonly addressSource?: string;
  readonly proxy?: HttpProxy;
  /** The value of NODE_EXTRA_CA_CERTS, which Node has read at its start. */
  readonly extraCa?: string;
}

/** A call without a complete response, for messages. */
interface CallContext extends Network {
  readonly call: string;
  /** The origin of the API address, for messages. */
  readonly origin: string;
  readonly attempts: number;
  /** Whether an attempt may have taken effect. */
  readonly effect: 'none' | 'unknown';
  readonly timeoutMs: number;
  readonly printable: Printable;
}

/** The error for a call without a complete response. It does not keep its cause, whose text could contain secrets. */
export function noResponse(error: NodeJS.ErrnoException, about: CallContext): ApiError {
  const { failure, what, hint } = explain(error, about);
  const tries = about.attempts > 1 ? `, after ${about.attempts} attempts` : '';
  const code = failure === 'not_motherduck' ? 'API_NOT_MOTHERDUCK' : 'API_UNREACHABLE';
  const text = about.effect === 'unknown' ? `${hint} ${MAY_HAVE_TAKEN_EFFECT}` : hint;
  const isNothingThere = networkCode(error) === 'ECONNREFUSED' && about.proxy === undefined;
  const advice = isNothingThere ? { text: `${text} To serve a sandbox.`, command: ['sandbox', 'serve'] } : text;
  return new ApiError(failure, code, `${about.call}: ${what}${tries}`, advice, {
    call: about.call,
    effect: about.effect,
  });
}

export const MAY_HAVE_TAKEN_EFFECT = 'The request may have taken effect anyway; the next plan shows what is live.';

/** Where to look for the API's address. */
function addressIn({ addressSource = '--api-url or MOTHERDUCK_API_URL' }: Network): string {
  return addressSource;
}

/** What to check when the response is not MotherDuck's. */
export function checkWay(about: Network & Pick<CallContext, 'origin'>): string {
  const { proxy, origin } = about;
  if (proxy === undefined) return `Check ${addressIn(about)}, and any proxy in between.`;
  return `Check ${addressIn(about)}, and ${describeProxy(proxy)}. ${goAround(proxy, new URL(origin).host)}`;
}

/** Why there was no complete response, and what to do. */
export function explain(
  error: NodeJS.ErrnoException,
  about: Network & Pick<CallContext, 'origin' | 'timeoutMs' | 'printable'>,
): { failure: ApiFailure; what: string; hint: string } {
  const code = networkCode(error);
  const { host } = new URL(about.origin);
  const { proxy } = about;
  if (error instanceof ProxyError && proxy !== undefined) {
    const [what, hint] = explainProxy(error, proxy, host, about.extraCa);
    return { failure: 'unreachable', what, hint: about.printable(hint) };
  }
  if (code === 'TIMEOUT') {
    const what = `no complete response from ${host} within ${Math.ceil(about.timeoutMs / 1000)} s`;
    return { failure: 'timeout', what, hint: 'Run the command again, if necessary with a longer --timeout.' };
  }
  if (code === 'TOO_BIG') {
    const what = `${host} sent more than 16 MB, which MotherDuck's API never does`;
    return { failure: 'not_motherduck', what, hint: checkWay(about) };
  }
  if (code === 'BAD_ENCODING') {
    const what = `${host} sent a compressed body that cannot be decoded`;
    return { failure: 'not_motherduck', what, hint: checkWay(about) };
  }
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') {
    const what = `the response from ${about.origin} is not valid HTTP (${code})`;
    return { failure: 'not_motherduck', what, hint: checkWay(about) };
  }
  const checkAddress = `Check ${addressIn(about)}.`;
  const through = proxy === undefined ? '' : `, through ${describeProxy(proxy)}`;
  const problem = certificateProblem(code);
  if (problem !== undefined) {
    const what = `the certificate of ${host} is not trusted (${code})${through}`;
    const hint = [checkAddress, certificateAdvice(problem, about.extraCa) ?? []].flat().join(' ');
    return { failure: 'unreachable', what, hint: about.printable(hint) };
  }
  const [what, hint] = connectionFailure(code, host, unsent.has(error), checkAddress) ?? [
    `the connection to ${host} failed (${about.printable(code === '' ? error.message : code)})`,
    `Check the network. ${checkAddress}`,
  ];
  if (proxy === undefined) return { failure: 'unreachable', what, hint };
  return { failure: 'unreachable', what: what + through, hint: checkWay(about) };
}

function connectionFailure(
  code: string,
  host: string,
  isUnsent: boolean,
  checkAddress: string,
): readonly [what: string, hint: string] | undefined {
  switch (code) {
    case 'ENOTFOUND':
      return [
        `the host ${host} was not found (${code})`,
        `${checkAddress} Check also that this machine is online. Behind a company's proxy, set HTTPS_PROXY.`,
      ];
    case 'EAI_AGAIN':
      return [
        `the host name ${host} could not be resolved (${code})`,
        "Check the network and its DNS, then run the command again. Behind a company's proxy, set HTTPS_PROXY.",
      ];
    case 'ECONNREFUSED':
      return [`nothing answers at ${host} (${code})`, checkAddress];
    case 'NO_CONNECTION':
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return [
        `the connection to ${host} timed out (${code})`,
        `Check for a firewall in between: behind a company's proxy, set HTTPS_PROXY. ${checkAddress}`,
      ];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
      return [
        `${host} cannot be reached (${code})`,
        "Check the network, and the VPN if one is needed. Behind a company's proxy, set HTTPS_PROXY.",
      ];
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return [
        `${host} does not use TLS (${code})`,
        `${checkAddress} A server on this machine may have an http: address.`,
      ];
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return [
        `the connection to ${host} was lost before ${isUnsent ? 'it was ready' : 'the response was complete'} (${code})`,
        'Run the command again.',
      ];
    case 'CLOSED':
    case 'UND_ERR_CLOSED':
    case 'UND_ERR_DESTROYED':
      return ['canceled, because the connections were closed', 'Run the command again.'];
    default:
      return undefined;
  }
}

/** Errors of attempts that ended before there was a connection for them. */
const unsent = new WeakSet<Error>();

/** Notes that the attempt with this error had no connection, so that nothing was sent. */
export function markUnsent(error: Error): Error {
  unsent.add(error);
  return error;
}

/** Whether an attempt with this error certainly did not reach MotherDuck. */
export function neverSent(error: NodeJS.ErrnoException): boolean {
  const code = networkCode(error);
  if (error instanceof ProxyError || unsent.has(error)) return true;
  if (NEVER_SENT_CODES.includes(code) || certificateProblem(code) !== undefined) return true;
  const parts: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return parts.length > 0 && parts.every((part) => ['connect', 'getaddrinfo'].includes(syscallOf(part)));
}

const NEVER_SENT_CODES: readonly string[] = ['NO_CONNECTION', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_INVALID_ARG'];

/** Whether the error may go away within seconds, unlike an unknown host, a bad certificate or a wrong protocol. */
export function isTransient(error: NodeJS.ErrnoException): boolean {
  if (isTimeout(error)) return true;
  const code = plainCode(error);
  if (error instanceof ProxyError && [502, 503, 504].includes(Number(error.problem))) return true;
  if (code.startsWith('UND_ERR_')) return TRANSIENT_UNDICI.includes(code);
  return /^E(?!RR_)[A-Z_]+$/.test(code) && code !== 'ENOTFOUND' && code !== 'EPROTO';
}

/** Whether a time limit ended the attempt. */
export function isTimeout(error: NodeJS.ErrnoException): boolean {
  return TIMEOUTS.includes(plainCode(error));
}

const TIMEOUTS: readonly string[] = [
  ...['TIMEOUT', 'NO_CONNECTION', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'],
  'UND_ERR_HEADERS_TIMEOUT', // of a proxy; requests have no such limit
];

/** The code as if there were no proxy: of an error on the way to one, the same as on the way to MotherDuck. */
function plainCode(error: NodeJS.ErrnoException): string {
  return error instanceof ProxyError ? String(error.problem) : networkCode(error);
}

const TRANSIENT_UNDICI: readonly string[] = ['UND_ERR_SOCKET', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'];

/** The code of a Node or undici error; empty if it has none. */
export function networkCode(error: NodeJS.ErrnoException): string {
  // undici's parser sets no code for some errors.
  if (error.name === 'HTTPParserError') return 'HPE_INVALID';
  return typeof error.code === 'string' && /^\w{1,60}$/.test(error.code) ? error.code : '';
}

function syscallOf(error: unknown): string {
  return error instanceof Error && 'syscall' in error ? String(error.syscall) : '';
}
