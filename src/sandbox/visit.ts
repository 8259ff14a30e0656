import type { Caller } from './authentication.ts';
import type { Books } from './books.ts';
import type { Tier } from './duckling-rules.ts';
import { type Answer, fault } from './errors.ts';
import type { Account, Ledger } from './ledger.ts';

/** What an organization allows; the defaults are what the facts describe. */
export interface Rules {
  readonly tier: Tier;
  /** false: a region without descriptions, which drops them silently. */
  readonly descriptions: boolean;
  /** GET /v1/users: there, there but without the privilege for it, or not yet in this region. */
  readonly usersList: 'ok' | 'forbidden' | 'unrouted';
}

/** What an endpoint is given. */
export interface Visit {
  readonly books: Books;
  readonly rules: Rules;
  readonly caller: Caller;
  readonly username: string;
  readonly tokenId: string;
  readonly query: URLSearchParams;
  /** The JSON of the request's body; undefined when there is none. */
  readonly body: unknown;
}

export type Endpoint = (visit: Visit) => Answer | Promise<Answer>;

/** Finds the account that the path names. @throws Fault NOT_FOUND */
export function accountOf(ledger: Ledger, username: string): Account {
  const account = ledger.account(username);
  if (account === undefined) throw fault('NOT_FOUND', `User "${username}" not found`); // assumption: these words
  return account;
}
