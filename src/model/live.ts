import type { Ducklings } from './ducklings.ts';
import type { TokenType } from './tokens.ts';
import type { UserError } from './user-error.ts';

/** Live: what MotherDuck says, as one reading of the organization. */
export interface Live {
  /** MotherDuck's time at the reading, in milliseconds since 1970; the local clock when it gave none. */
  readonly now: number;
  /** The reading of every account that was asked for (those of the configuration and the state at least), by `accountKey`. */
  readonly accounts: ReadonlyMap<string, Presence<LiveAccount>>;
  /** All users of the organization, or why they cannot be listed. */
  readonly users:
    | {
        readonly listed: true;
        readonly all: readonly LiveUser[];
        /** false: MotherDuck counts other than it listed, so there may be accounts that are not seen. */
        readonly complete: boolean;
      }
    | { readonly listed: false; readonly why: UserError };
}

/**
 * Whether something exists. Only a 404 with the code NOT_FOUND, or an account missing from a complete user list,
 * means absent; every other failure is unknown, and nothing is created, deleted or forgotten for an unknown.
 */
export type Presence<T> =
  | { readonly presence: 'present'; readonly value: T }
  | { readonly presence: 'absent' }
  | { readonly presence: 'unknown'; readonly error: UserError };

/** A user of the organization: a person or a service account. */
export interface LiveUser {
  readonly id: string;
  readonly username: string;
  readonly email?: string;
  readonly isServiceAccount: boolean;
  readonly isDeprovisioned: boolean;
  readonly roles: readonly string[];
}

/** A live service account. */
export interface LiveAccount {
  /** As MotherDuck spells it. */
  readonly username: string;
  /** Known when the users could be listed. */
  readonly user?: LiveUser;
  /** Absent when nobody asked for it: the configuration leaves this account's Ducklings alone. */
  readonly ducklings?: Ducklings;
  /** In the order of their ids; expired ones included when MotherDuck lists them. */
  readonly tokens: readonly LiveToken[];
}

/** A live token. MotherDuck never returns its secret again. */
export interface LiveToken {
  readonly id: string;
  /** Empty when MotherDuck gives none. */
  readonly name: string;
  readonly type: TokenType;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970; null when the token does not expire. */
  readonly expiresAt: number | null;
  readonly description?: string;
}
