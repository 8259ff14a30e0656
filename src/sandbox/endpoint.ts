import { defined } from '../model/defined.ts';
import type { TokenType } from '../model/tokens.ts';
import type { WireError } from '../model/wire.ts';
import type { OrganizationStore } from './log.ts';
import type { Account, OrganizationState } from './organization-state.ts';
import type { Settings } from './settings.ts';

/** The account and type of the token that a request or a connection uses. */
export interface Caller {
  readonly account: Account;
  readonly type: TokenType;
}

/** A routed and authenticated request, as an endpoint gets it. */
export interface RequestContext {
  readonly store: OrganizationStore;
  readonly settings: Settings;
  /** The sandbox's folder; undefined for an organization in memory. */
  readonly folder: string | undefined;
  readonly caller: Caller;
  readonly username: string;
  readonly tokenId: string;
  readonly query: URLSearchParams;
  /** The parsed JSON body; undefined when there is none. */
  readonly body: unknown;
}

export type Endpoint = (context: RequestContext) => SandboxResponse | Promise<SandboxResponse>;

/** Finds the account in the path. @throws RestError NOT_FOUND */
export function accountOf(state: OrganizationState, username: string): Account {
  const account = state.account(username);
  if (account === undefined) throw new RestError('NOT_FOUND', `User "${username}" not found`); // assumption: the text
  return account;
}

/** MotherDuck's error codes with their HTTP statuses. Source: its OpenAPI document; assumption: CONFLICT, TOO_MANY_REQUESTS. */
const STATUS_OF = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_MANY_REQUESTS: 429,
  INTERNAL_SERVER_ERROR: 500,
} as const satisfies Record<WireError['code'], number>;

type RestErrorCode = WireError['code'];

/** An issue with one field of a request, as zod reports it and MotherDuck's errors contain it. */
export interface Issue {
  readonly code: string;
  readonly message: string;
  readonly path: (string | number)[];
}

/** Thrown by endpoints: an error that the API answers with. */
export class RestError extends Error {
  readonly code: RestErrorCode;
  readonly issues: readonly Issue[] | undefined;

  constructor(code: RestErrorCode, message: string, issues?: readonly Issue[]) {
    super(message);
    this.name = 'RestError';
    this.code = code;
    this.issues = issues;
  }
}

/**
 * A name that exists already. Public clients expect 409, and some also 400 with "unique constraint".
 * Assumption: the texts.
 *
 * @param message for 409
 * @param constraint the name of the constraint, for 400
 */
export function nameTaken({ taken_name }: Settings, message: string, constraint: string): RestError {
  return taken_name === 'conflict'
    ? new RestError('CONFLICT', message)
    : new RestError('BAD_REQUEST', `duplicate key value violates unique constraint "${constraint}_key"`);
}

/** A response, before it becomes a fetch `Response` or is sent over HTTP. */
export interface SandboxResponse {
  readonly status: number;
  readonly type: 'application/json' | 'text/plain; charset=utf-8' | 'text/html; charset=utf-8';
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A 200 response with a JSON body. */
export function ok(body: object): SandboxResponse {
  return { status: 200, type: 'application/json', text: JSON.stringify(body) };
}

/** The response for an unknown path. It is not JSON, as at MotherDuck, so it does not look like a missing account. */
export const UNROUTED: SandboxResponse = { status: 404, type: 'text/plain; charset=utf-8', text: 'Not Found' };

/** The response for a RestError. @param procedure MotherDuck's name of the endpoint, for `data.path` */
export function errorResponse({ code, message, issues }: RestError, procedure: string): SandboxResponse {
  const httpStatus = STATUS_OF[code];
  const body = { message, code, data: { code, httpStatus, path: procedure }, ...defined({ issues }) };
  return { status: httpStatus, type: 'application/json', text: JSON.stringify(body) };
}
