import type { Caller } from './authentication.ts';
import type { Tier } from './duckling-rules.ts';
import type { Account, OrganizationState } from './organization-state.ts';
import type { OrganizationStore } from './organization-store.ts';
import { type Answer, fault } from './responses.ts';

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
