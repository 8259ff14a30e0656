import type { Hint } from './hint.ts';
import type { Notice } from './plan.ts';
import type { TokenType } from './tokens.ts';

/** A Smoke: what connecting as each account showed. Data only: it has no room for a secret. */
export interface Smoke {
  /** MotherDuck's time at the end; ISO 8601. */
  readonly at: string;
  /** The one organization that the accounts belong to; absent when no connection named one. */
  readonly organization?: SmokeOrganization;
  /** In the order in which they were given. */
  readonly accounts: readonly AccountSmoke[];
  /** What concerns no single account; those of an account stand with it. */
  readonly warnings: readonly Notice[];
  /** Every account passed or was skipped. */
  readonly passed: boolean;
}

export interface SmokeOrganization {
  readonly id: string;
  readonly name: string;
  /** For example `business`. */
  readonly type?: string;
  readonly region?: string;
}

export interface AccountSmoke {
  readonly account: string;
  /** `skipped`: the configuration says `smoke: false`. `interrupted`: it was stopped before the end. */
  readonly outcome: 'passed' | 'failed' | 'skipped' | 'interrupted';
  /** In the order in which they were made: read/write ones first. */
  readonly connections: readonly ConnectionSmoke[];
  /** The keys of the tokens at hand that were seen to connect as this account. */
  readonly verified: readonly string[];
  readonly warnings: readonly Notice[];
  readonly ms: number;
}

export interface ConnectionSmoke {
  readonly type: TokenType;
  /** The token's key, or the name of the short-lived token that was made for this test. */
  readonly token: string;
  /** The token was made for this test and is revoked. */
  readonly minted: boolean;
  /** In the order in which they were made; what could not be reached any more is left out. */
  readonly checks: readonly SmokeCheck[];
  readonly passed: boolean;
  /** The Duckling was asleep before and was sent SHUTDOWN. */
  readonly slept: boolean;
  readonly organization?: SmokeOrganization;
}

/**
 * - `token`: a token could be made for the test (listed only when it could not)
 * - `connects`, `user` (is the account), `organization` (one for all), `size` (of the Duckling)
 * - `database`, `query`: the account's own, when given
 */
export type SmokeCheckName = 'token' | 'connects' | 'user' | 'organization' | 'size' | 'database' | 'query';

export interface SmokeCheck {
  readonly name: SmokeCheckName;
  readonly passed: boolean;
  readonly ms: number;
  readonly found?: string;
  readonly expected?: string;
  /** What is wrong, and what to do; on a failed check only. */
  readonly message?: string;
  readonly hint?: Hint;
}
