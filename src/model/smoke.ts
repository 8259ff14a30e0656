import type { Notice } from './notice.ts';
import type { TokenType } from './tokens.ts';
import type { Hint } from './user-error.ts';

/** A Smoke: the results of connecting as each account. Data only, never a secret. */
export interface Smoke {
  /** MotherDuck's time at the end; ISO 8601. */
  readonly at: string;
  /** The one organization that the accounts belong to; absent when no connection named one. */
  readonly organization?: SmokeOrganization;
  /** In the order in which they were given. */
  readonly accounts: readonly AccountSmoke[];
  /** Warnings about the whole run; those about an account are in its result. */
  readonly warnings: readonly Notice[];
  /** Every account passed or was skipped. */
  readonly passed: boolean;
}

/** The organization that a connection reported. */
export interface SmokeOrganization {
  readonly id: string;
  readonly name: string;
  /** For example `business`. */
  readonly type?: string;
  readonly region?: string;
}

/** The smoke test of one account. */
export interface AccountSmoke {
  readonly account: string;
  /** `skipped`: nothing is to be tested. `interrupted`: it was stopped before the end. */
  readonly outcome: 'passed' | 'failed' | 'skipped' | 'interrupted';
  /** Why it was skipped: the account is suspended, or the configuration says `smoke: false`. */
  readonly skipped?: 'suspended' | 'smoke: false';
  /** In the order in which they were made: read/write ones first. */
  readonly connections: readonly ConnectionSmoke[];
  /** The keys of the tokens that connected as this account. */
  readonly verified: readonly string[];
  readonly warnings: readonly Notice[];
  readonly ms: number;
}

/** One connection of a smoke test. */
export interface ConnectionSmoke {
  readonly type: TokenType;
  /** The token's key; absent for a temporary token, also for one that could not be created. */
  readonly token?: string;
  /** A temporary token was created for this connection, and revoked after it. */
  readonly temporary: boolean;
  /** In the order in which they were made, without those that were not reached. */
  readonly checks: readonly SmokeCheck[];
  readonly passed: boolean;
  /** The Duckling did not run before the test and was sent SHUTDOWN after it. */
  readonly shut_down: boolean;
  readonly organization?: SmokeOrganization;
}

/**
 * - `token`: a temporary token could be created (listed only when it could not)
 * - `connects`, `user` (is the account), `organization` (one for all), `duckling` (its kind is the token's; listed only where
 *   MotherDuck says it), `size` (of the Duckling)
 * - `database`, `query`: those that the configuration gives the account
 */
export type SmokeCheckName =
  | 'token'
  | 'connects'
  | 'user'
  | 'organization'
  | 'duckling'
  | 'size'
  | 'database'
  | 'query';

/** One check of a connection. */
export interface SmokeCheck {
  readonly name: SmokeCheckName;
  readonly passed: boolean;
  readonly ms: number;
  readonly found?: string;
  readonly expected?: string;
  /** What is wrong; on a failed check only. */
  readonly message?: string;
  readonly hint?: Hint;
}
