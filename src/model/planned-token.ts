/** The tokens of a plan: those that exist, and those to create. */
import type { LiveToken } from './live.ts';
import { isoTime, type Seconds } from './time.ts';
import type { TokenType } from './tokens.ts';

/** The name of the secret store of a token, or the names of several, as in the configuration. */
export type StoreNames = string | readonly string[];

/** The names as they are written: one alone is not a list. */
export function storeNames(names: readonly string[]): StoreNames {
  const [first] = names;
  return names.length === 1 && first !== undefined ? first : names;
}

/** The names of the stores as a list. */
export function storesIn(names: StoreNames): readonly string[] {
  return typeof names === 'string' ? [names] : names;
}

/** A difference between a configured token and the live one that needs a replacement. ttl in seconds; null: until revoked. */
export type TokenChange =
  | { readonly field: 'type' | 'name' | 'secret_path'; readonly before: string; readonly after: string }
  | { readonly field: 'secret_store'; readonly before: StoreNames; readonly after: StoreNames }
  | { readonly field: 'ttl'; readonly before: Seconds | null; readonly after: Seconds | null };

/** A token that exists, as a plan shows it. */
export interface ShownToken {
  readonly id: string;
  readonly name: string;
  readonly type: TokenType;
  readonly created_at: string;
  readonly expires_at: string | null;
}

/** What earlier tokens wait for before they are revoked without an overlap; `stored` with `--force`. */
export type RevokesOld = 'verified' | 'stored';

/** A token to create, with everything that apply needs. */
export interface PlannedToken {
  readonly name: string;
  readonly generation: number;
  readonly type: TokenType;
  /** Seconds; null: until revoked. */
  readonly ttl: Seconds | null;
  /** How long before its expiry it will be replaced, with its share of the jitter; absent for one that never expires. */
  readonly rotate_before?: Seconds;
  readonly description?: string;
  readonly secret_store: StoreNames;
  /** The secret paths, where the secret goes elsewhere than that of the token before it. */
  readonly secret_moves?: { readonly before: string; readonly after: string };
  readonly policy: string;
  /** The token that it replaces was adopted, and no store has its secret, so its programs have that from elsewhere. */
  readonly first_secret?: true;
  /** All earlier tokens of the series are revoked in the same run: once it is verified, or once it is stored. */
  readonly revokes_old?: RevokesOld;
  /** Tokens of interrupted runs whose secrets may be stored: it replaces them too, so that they retire after the overlap. */
  readonly orphans?: readonly ShownToken[];
  /** Replaced tokens that were kept until a replacement is verified: they retire with the one that it replaces. */
  readonly retiring?: readonly ShownToken[];
}

/** A live token that enters the state as it is. */
export interface AdoptedToken extends ShownToken {
  readonly generation: number;
}

/** The token that replaces another. */
export interface PlannedRotation extends PlannedToken {
  /** How long the replaced token stays valid, in seconds. */
  readonly overlap: Seconds;
  /** The replaced token has a name of another series, so it is never revoked. */
  readonly keeps_old?: true;
}

/** A live token as plans show it. */
export function shownToken(token: LiveToken): ShownToken {
  const expires_at = token.expiresAt === null ? null : isoTime(token.expiresAt);
  return { id: token.id, name: token.name, type: token.type, created_at: isoTime(token.createdAt), expires_at };
}

/** Whether a token has expired, by its record or as a plan shows it. @param now Milliseconds since 1970. */
export function isRecordExpired({ expires_at: at }: Pick<ShownToken, 'expires_at'>, now: number): boolean {
  return at !== null && Date.parse(at) <= now;
}
