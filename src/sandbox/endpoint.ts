import type { TokenType } from '../model/tokens.ts';
import type { WireError } from '../model/wire.ts';
import type { OrganizationStore } from './log.ts';
import type { Account, OrganizationState, Tier } from './organization-state.ts';

/** Whose token a request or a connection carries. */
export interface Caller {
  readonly account: Account;
  readonly type: TokenType;
}

/** What an organization allows; the defaults are what the facts describe. */
export interface Rules {
  readonly tier: Tier;
  /** false: a region without descriptions, which drops them silently. */
  readonly descriptions: boolean;
  /** GET /v1/users: there, there but without the privilege for it, or not yet in this region. */
  readonly usersList: 'ok' | 'forbidden' | 'unrouted';
}

/** What an endpoint is given. */
export interface RequestContext {
  readonly store: OrganizationStore;
  readonly rules: Rules;
  readonly caller: Caller;
  readonly username: string;
  readonly tokenId: string;
  readonly query: URLSearchParams;
  /** The JSON of the request's body; undefined when there is none. */
  readonly body: unknown;
}

export type Endpoint = (context: RequestContext) => Answer | Promise<Answer>;

/** Finds the account that the path names. @throws Fault NOT_FOUND */
export function accountOf(state: OrganizationState, username: string): Account {
  const account = state.account(username);
  if (account === undefined) throw fault('NOT_FOUND', `User "${username}" not found`); // assumption: these words
  return account;
}

/** MotherDuck's error codes and their statuses. Source: REST API facts. */
export const STATUS_OF = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_MANY_REQUESTS: 429,
  INTERNAL_SERVER_ERROR: 500,
} as const satisfies Record<WireError['code'], number>;

export type FaultCode = WireError['code'];

/** What zod says about one field, in the shape of the REST API facts' example. */
export interface Issue {
  readonly code: string;
  readonly message: string;
  readonly path: (string | number)[];
}

/** A refusal on its way to the answer. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly issues: readonly Issue[] | undefined;

  constructor(code: FaultCode, message: string, issues?: readonly Issue[]) {
    super(message);
    this.name = 'Fault';
    this.code = code;
    this.issues = issues;
  }
}

export function fault(code: FaultCode, message: string, issues?: readonly Issue[]): Fault {
  return new Fault(code, message, issues);
}

/** An answer before it becomes a Response or goes onto a socket. */
export interface Answer {
  readonly status: number;
  readonly type: 'application/json' | 'text/plain; charset=utf-8' | 'text/html; charset=utf-8';
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function ok(body: object): Answer {
  return { status: 200, type: 'application/json', text: JSON.stringify(body) };
}

/** What a path that is not routed answers: no JSON, so that nobody takes it for a missing entity. */
export const UNROUTED: Answer = { status: 404, type: 'text/plain; charset=utf-8', text: 'Not Found' };

/** The body of a refusal; `procedure` is the name that MotherDuck gives the endpoint, in `data.path`. */
export function refusal({ code, message, issues }: Fault, procedure: string): Answer {
  const httpStatus = STATUS_OF[code];
  const body = { message, code, data: { code, httpStatus, path: procedure }, ...(issues && { issues }) };
  return { status: httpStatus, type: 'application/json', text: JSON.stringify(body) };
}
