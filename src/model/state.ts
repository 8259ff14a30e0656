import type { Seconds } from './time.ts';
import type { TokenType } from './tokens.ts';

/** State: what is managed and what was made, never a secret. All times are ISO 8601, by MotherDuck's clock. */
export interface State {
  readonly organization: string;
  /** Of the embedded sandbox, whose accounts and tokens are not MotherDuck's. */
  readonly sandbox: boolean;
  /** A UUID made with the first write: two states with different lineages have different histories. */
  readonly lineage: string;
  /** Grows by one with every write. 0: never written. */
  readonly serial: number;
  /** When the latest applies were, oldest first: one every half day at most, so that a second apply changes nothing. */
  readonly runs: readonly string[];
  /** By `accountKey` of the username. */
  readonly accounts: ReadonlyMap<string, StateAccount>;
}

/** A managed account. */
export interface StateAccount {
  /** As the configuration wrote it when the account was taken in. */
  readonly username: string;
  /** MotherDuck's id of the user, once it was seen: an account that is made anew under the name is another one. */
  readonly id?: string;
  readonly origin: 'created' | 'adopted';
  readonly since: string;
  /** Remembered from the configuration, so that removing the account's block does not remove the protection. */
  readonly deletion_protection: boolean;
  /** A call that cannot be repeated, noted before it was made and not yet known to be done. */
  readonly intent?: { readonly action: 'create_account' | 'delete_account'; readonly at: string };
  /** How the last smoke test of the account ended. */
  readonly smoke?: { readonly at: string; readonly passed: boolean };
  /** By the key in the configuration. */
  readonly tokens: ReadonlyMap<string, StateToken>;
}

/** All generations of a managed token. */
export interface StateToken {
  /** The highest generation that was ever used or tried; the next token gets a higher one. */
  readonly generation: number;
  readonly current?: TokenRecord;
  /** Replaced tokens that live on for their overlap, and tokens whose revocation failed. */
  readonly retiring: readonly RetiringToken[];
  /** Creations that were begun and whose end is not known: a live token of such a name is an orphan. */
  readonly intents: readonly TokenIntent[];
}

/** A token that was created or adopted. */
export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  readonly generation: number;
  readonly type: TokenType;
  readonly created_at: string;
  /** null: does not expire. */
  readonly expires_at: string | null;
  /** The life it was asked for, in seconds; null: until revoked; absent: adopted, so not ours to know. */
  readonly ttl?: Seconds | null;
  /** Where the secret was put; `unknown` for an adopted token. */
  readonly secret: StoredSecret | 'unknown';
  /** When the token was first seen to connect. */
  readonly verified_at?: string;
  /** When it was tested and did not connect. */
  readonly failed_at?: string;
}

/** Where and when a secret was stored. */
export interface StoredSecret {
  /** The store's name in the configuration. */
  readonly store: string;
  /** Where in the store, for people and to notice a move: `.motherduck/secrets.env#MOTHERDUCK_TOKEN_A_B`. */
  readonly secret_path: string;
  readonly at: string;
}

/** A replaced token that is still valid. */
export interface RetiringToken {
  readonly id: string;
  readonly name: string;
  readonly expires_at: string | null;
  /** When a replaced one may be revoked; absent while its replacement has not been seen to connect. */
  readonly retire_at?: string;
  /** Why it goes: it was replaced, or its secret was never stored. */
  readonly why: 'replaced' | 'never_stored';
}

/** A creation, saved before its call was sent. */
export interface TokenIntent {
  readonly name: string;
  readonly generation: number;
  readonly at: string;
}
