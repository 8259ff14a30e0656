import { type ErrorCode, UserError } from '../model/user-error.ts';
import type { Printable } from './scrub.ts';

/**
 * How a call to the REST API failed.
 * - `absent`: a 404 with MotherDuck's code NOT_FOUND; the only failure that says "it does not exist".
 * - `not_motherduck`: an unrouted 404, HTML, broken JSON, a body over the limit: something else answered, or
 *   MotherDuck answers with a word that this version does not know (code API_FAILED instead of API_NOT_MOTHERDUCK).
 * - `unavailable`: 5xx after all retries; `unreachable`: no connection; `timeout`: no answer in time.
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

/** A failed call. `message` names the call and has MotherDuck's own message and issues; never a token. */
export class ApiError extends UserError {
  readonly failure: ApiFailure;
  /** For example `POST /v1/users/etl_prod/tokens`. */
  readonly call: string;
  readonly status: number | undefined;
  /** `unknown` when the call may have taken effect although no good answer came. */
  readonly effect: 'none' | 'unknown';

  constructor(
    failure: ApiFailure,
    code: ErrorCode,
    message: string,
    hint: string,
    about: { call: string; status?: number; effect: 'none' | 'unknown'; cause?: unknown },
  ) {
    super(code, message, hint, about.cause === undefined ? {} : { cause: about.cause });
    this.name = 'ApiError';
    this.failure = failure;
    this.call = about.call;
    this.status = about.status;
    this.effect = about.effect;
  }
}

/** Why an attempt was ended by this program. `NO_CONNECTION`: the time limit passed before there was a connection. */
type AttemptEnd = 'TIMEOUT' | 'NO_CONNECTION' | 'TOO_BIG' | 'BAD_ENCODING' | 'CLOSED';

export class AttemptError extends Error {
  readonly code: AttemptEnd;

  constructor(code: AttemptEnd) {
    super(code);
    this.name = 'AttemptError';
    this.code = code;
  }
}

/** A call that ended without a whole answer. */
export interface Unanswered {
  readonly call: string;
  /** The address's origin, for people. */
  readonly origin: string;
  readonly attempts: number;
  /** Whether an attempt may have taken effect. */
  readonly effect: 'none' | 'unknown';
  readonly timeoutMs: number;
  readonly printable: Printable;
}

/** Says why there was no answer, in words that a person can act on. The cause is not kept: it could quote anything. */
export function noAnswer(error: NodeJS.ErrnoException, about: Unanswered): ApiError {
  const { failure, what, hint } = explain(error, about);
  const tries = about.attempts > 1 ? `, after ${about.attempts} attempts` : '';
  const code = failure === 'not_motherduck' ? 'API_NOT_MOTHERDUCK' : 'API_UNREACHABLE';
  const advice = about.effect === 'unknown' ? `${hint} ${MAY_HAVE_HAPPENED}` : hint;
  return new ApiError(failure, code, `${about.call}: ${what}${tries}`, advice, {
    call: about.call,
    effect: about.effect,
  });
}

export const MAY_HAVE_HAPPENED = 'The call may have taken effect all the same: the next plan shows what is there.';

const RIGHT_ADDRESS = 'Is MOTHERDUCK_API_URL / --api-url right?';

function explain(error: NodeJS.ErrnoException, about: Unanswered): { failure: ApiFailure; what: string; hint: string } {
  const code = codeOf(error);
  const { host } = new URL(about.origin);
  if (code === 'TIMEOUT') {
    const what = `${host} gave no whole answer within ${Math.ceil(about.timeoutMs / 1000)} s`;
    return { failure: 'timeout', what, hint: 'Run it again; --timeout gives an answer more time.' };
  }
  if (code === 'TOO_BIG') {
    const what = `${host} sent more than 16 MB, which MotherDuck's API does not`;
    return { failure: 'not_motherduck', what, hint: `${RIGHT_ADDRESS} Or is a proxy in between?` };
  }
  if (code === 'BAD_ENCODING') {
    const what = `${host} sent a compressed body that cannot be decoded, although none was requested`;
    return { failure: 'not_motherduck', what, hint: `${RIGHT_ADDRESS} Or is a proxy in between?` };
  }
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') {
    const what = `what answers at ${about.origin} does not speak HTTP as MotherDuck's API does (${code})`;
    return { failure: 'not_motherduck', what, hint: `${RIGHT_ADDRESS} Or is a proxy in between?` };
  }
  if (isCertificate(code)) {
    const what = `the certificate of ${host} cannot be trusted (${code})`;
    const hint = `${RIGHT_ADDRESS} Behind a company's proxy, put its CA certificate into a file and name it in NODE_EXTRA_CA_CERTS.`;
    return { failure: 'unreachable', what, hint };
  }
  const [what, hint] = connectionTrouble(code, host) ?? [
    `the connection to ${host} failed (${about.printable(code === '' ? error.message : code)})`,
    `Check the network. ${RIGHT_ADDRESS}`,
  ];
  return { failure: 'unreachable', what, hint };
}

function connectionTrouble(code: string, host: string): readonly [what: string, hint: string] | undefined {
  switch (code) {
    case 'ENOTFOUND':
      return [`there is no host ${host} (${code})`, `${RIGHT_ADDRESS} Is this machine online?`];
    case 'EAI_AGAIN':
      return [`the name ${host} could not be looked up (${code})`, 'Check the network and its DNS, and run it again.'];
    case 'ECONNREFUSED':
      return [`nothing answers at ${host} (${code})`, `${RIGHT_ADDRESS} For a sandbox, serve it: mdacc sandbox serve`];
    case 'NO_CONNECTION':
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return [
        `no connection to ${host} came about in time (${code})`,
        `Does a firewall stand in between? ${RIGHT_ADDRESS}`,
      ];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
      return [`there is no way to ${host} (${code})`, 'Check the network, and a VPN where one is needed.'];
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return [`${host} does not speak TLS (${code})`, `${RIGHT_ADDRESS} Is it an http: address of a local sandbox?`];
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return [`the connection to ${host} broke off before the answer was whole (${code})`, 'Run it again.'];
    case 'CLOSED':
    case 'UND_ERR_CLOSED':
    case 'UND_ERR_DESTROYED':
      return ['it was given up, because the connections were closed', 'Run it again.'];
    default:
      return undefined;
  }
}

/** Whether an attempt that failed so can never have reached MotherDuck. When in doubt it may have. */
export function neverSent(error: NodeJS.ErrnoException): boolean {
  const code = codeOf(error);
  if (UNSENT.includes(code) || isCertificate(code)) return true;
  const parts: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return parts.length > 0 && parts.every((part) => ['connect', 'getaddrinfo'].includes(syscallOf(part)));
}

const UNSENT: readonly string[] = ['NO_CONNECTION', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_INVALID_ARG'];

/** Whether the trouble may pass by itself in seconds: not a wrong name, certificate or protocol, and not a closed door. */
export function heals(error: NodeJS.ErrnoException): boolean {
  const code = codeOf(error);
  if (isSlow(error)) return true;
  if (code.startsWith('UND_ERR_')) return HEALING_UNDICI.includes(code);
  return /^E(?!RR_)[A-Z_]+$/.test(code) && code !== 'ENOTFOUND' && code !== 'EPROTO';
}

/** Whether a time limit ended it, so that it took as long as a person waits for it. */
export function isSlow(error: NodeJS.ErrnoException): boolean {
  return ['TIMEOUT', 'NO_CONNECTION', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'].includes(codeOf(error));
}

const HEALING_UNDICI: readonly string[] = ['UND_ERR_SOCKET', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'];

export function codeOf(error: NodeJS.ErrnoException): string {
  // undici's parser leaves the code out where it is in doubt itself.
  if (error.name === 'HTTPParserError') return 'HPE_INVALID';
  return typeof error.code === 'string' && /^\w{1,60}$/.test(error.code) ? error.code : '';
}

function syscallOf(error: unknown): string {
  return error instanceof Error && 'syscall' in error ? String(error.syscall) : '';
}

function isCertificate(code: string): boolean {
  return /CERT|^UNABLE_TO_|^ERR_TLS_CERT|^CRL_/.test(code);
}
