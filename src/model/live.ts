import type { Ducklings } from './ducklings.ts';
import type { TokenType } from './tokens.ts';
import type { UserError } from './user-error.ts';
import { accountKey } from './username.ts';

/** Live: one reading of the organization at MotherDuck. */
export interface Live {
  /** MotherDuck's time at the reading, in milliseconds since 1970; the local time if it sent none. */
  readonly now: number;
  /** Every account that was read, at least those of the configuration and the state, by `accountKey`. */
  readonly accounts: ReadonlyMap<string, Presence<LiveAccount>>;
  /** All users of the organization, or why they cannot be listed. */
  readonly users:
    | {
        readonly listed: true;
        readonly all: readonly LiveUser[];
        /** false: MotherDuck's total differs from the listed users, so there may be accounts that were not listed. */
        readonly complete: boolean;
        /** The number of users by MotherDuck's own count; absent when it returned none. */
        readonly total?: number;
      }
    | { readonly listed: false; readonly why: UserError };
}

/**
 * Whether something exists. Only a 404 with the code NOT_FOUND, or, for an account that was never managed, its absence from
 * a complete user list means absent; every other failure is unknown, and nothing is created, deleted or forgotten for it.
 */
export type Presence<T> =
  | { readonly presence: 'present'; readonly value: T }
  | { readonly presence: 'absent' }
  | { readonly presence: 'unknown'; readonly error: UserError };

/** A user of the organization: a person or a service account. */
export interface LiveUser {
  /** Empty when MotherDuck returns none. */
  readonly id: string;
  /** What stands for it, where it is a secret: such an account is neither read nor managed. */
  readonly username: string;
  readonly email?: string;
  readonly isServiceAccount: boolean;
  readonly isDeprovisioned: boolean;
  readonly roles: readonly string[];
  /** A value that this version does not know. A managed account with one is unknown. */
  readonly unreadable?: string;
}

/** Whether a user is a service account that can be used; people and deprovisioned accounts are never read. */
export function isServiceAccountInUse({ isServiceAccount, isDeprovisioned }: LiveUser): boolean {
  return isServiceAccount && !isDeprovisioned;
}

/** Whether an account's tokens were read: without that, the absence of one means nothing. Unlisted users are read as service accounts. */
export function areTokensRead({ user }: LiveAccount): boolean {
  return user === undefined || isServiceAccountInUse(user);
}

/**
 * What the claims in a user's token may call the user, in lower case: its id, name or e-mail address. MotherDuck does not document the
 * claims, so none is relied on by name.
 */
export function namesInClaims({ id, username, email }: Pick<LiveUser, 'id' | 'username' | 'email'>): string[] {
  return [id, username, email].flatMap((name) => (name ? [name.toLowerCase()] : []));
}

/** A live service account. */
export interface LiveAccount {
  /** As MotherDuck spells it. */
  readonly username: string;
  /** Absent when the users could not be listed. */
  readonly user?: LiveUser;
  /** Absent when they were not read, because the configuration does not manage this account's Ducklings. */
  readonly ducklings?: Ducklings;
  /** Why the Ducklings are not known, where MotherDuck returned a value that this version does not know. */
  readonly unreadableDucklings?: UserError;
  /** Sorted by id, including expired tokens that MotherDuck lists. */
  readonly tokens: readonly LiveToken[];
  /** Tokens with a value that this version does not know. Nothing is done to them, nor to a managed token that one may be. */
  readonly unreadableTokens?: readonly UnreadableToken[];
}

/** The tokens that MotherDuck lists of an account. */
export type AccountTokens = Pick<LiveAccount, 'tokens' | 'unreadableTokens'>;

/** The ids and names of all of an account's tokens, also of those that this version cannot read: only what is not among them is gone. */
export function listedTokens({ tokens, unreadableTokens = [] }: AccountTokens): {
  readonly ids: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
} {
  const all = [...tokens, ...unreadableTokens];
  return { ids: new Set(all.map(({ id }) => id)), names: new Set(all.map(({ name }) => name)) };
}

/** A live token that this version cannot read. */
export interface UnreadableToken {
  /** Empty when MotherDuck returns no id; such a token is not one of the state. */
  readonly id: string;
  /** Empty when MotherDuck returns none. */
  readonly name: string;
  readonly why: string;
}

/** A live token. MotherDuck never returns its secret again. */
export interface LiveToken {
  readonly id: string;
  /** Empty when MotherDuck returns none. */
  readonly name: string;
  readonly type: TokenType;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970; null when the token does not expire. */
  readonly expiresAt: number | null;
  readonly description?: string;
}

/**
 * The users by `accountKey`. Usernames are unique among active users only: if a deprovisioned user is listed under the
 * same name, the active one is chosen.
 */
export function chooseUsers<User extends { readonly username: string }>(
  users: readonly User[],
  isDeprovisioned: (user: User) => boolean,
): Map<string, User> {
  const byKey = new Map<string, User>();
  for (const user of users) {
    const key = accountKey(user.username);
    const other = byKey.get(key);
    if (other === undefined || (isDeprovisioned(other) && !isDeprovisioned(user))) byKey.set(key, user);
  }
  return byKey;
}

/** Whether a live token has expired. @param now Milliseconds since 1970. */
export function isExpired(token: LiveToken, now: number): boolean {
  return token.expiresAt !== null && token.expiresAt <= now;
}
