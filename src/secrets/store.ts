/** A secret store of a run: what it is asked to store, look for and remove, and how it tells where secrets are. */
import type { Secret, TokenAddress } from '../model/secret.ts';
import { isTokenKey, type TokenType } from '../model/tokens.ts';
import type { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { PathClues } from './path-clues.ts';

/** The secret path of a token whose secret is to be stored, and what may be there already. */
export interface SecretTarget extends TokenAddress {
  /** The state has nothing at the secret path yet: a value that is there is not this state's, and stays. */
  readonly isFirst?: boolean;
  /** Fingerprints of what the state wrote for the account's tokens: those values may be replaced in spite of `isFirst`. */
  readonly written?: ReadonlySet<string>;
  /** The secret comes from a sandbox, and replaces no real one. */
  readonly isSandbox?: boolean;
  /** The state has secrets of other tokens in the same file. */
  readonly isShared?: boolean;
}

/** A new secret but for its value: where it goes, and what a store may be told of its token. */
export interface NewSecret extends SecretTarget {
  readonly generation: number;
  readonly type: TokenType;
  /** ISO 8601; null: does not expire. */
  readonly expiresAt: string | null;
}

/** The secret of a token that no longer exists. */
export interface ObsoleteSecret extends TokenAddress {
  /** As the state has it. It may be another one than the configuration gives the token now. */
  readonly secretPath: string;
  /**
   * Of the values that the state wrote for the token: no other value is removed. Without any, which is so in older states,
   * a secret is removed only where the store has the token now.
   */
  readonly fingerprints?: readonly string[];
  /** The secret comes from a sandbox: a real one at its secret path is not removed. */
  readonly isSandbox?: boolean;
}

/** What is at the secret path of an obsolete secret: that secret, nothing, or a value that the state did not write, which `remove` leaves there. */
export type ObsoleteFinding = 'secret' | 'nothing' | 'other';

/** A token whose secret a store has. */
export interface ExpectedSecret extends TokenAddress {
  /** Of the secret; absent in older states, and for adopted tokens. */
  readonly fingerprint?: string;
  /** Of the token that an adopted one replaced: its secret is not the adopted one's. */
  readonly replaced?: string;
  /** Of the tokens that it replaced and that are not revoked yet. */
  readonly older?: readonly string[];
}

/** A token with a creation that was interrupted. Anybody may have edited the state, so the value in the store must confirm it. */
export interface DoubtedSecret extends TokenAddress {
  /** Of the current secret. */
  readonly fingerprint: string;
  /** When the creation was begun, in milliseconds since 1970: the current secret is older. */
  readonly begun: number;
}

/** What a state says of a store. */
export interface ExpectedSecrets {
  /** Tokens whose secret it has. */
  readonly stored: readonly ExpectedSecret[];
  /** Tokens of which it has nothing yet. */
  readonly first: readonly SecretTarget[];
  /** Tokens of which a run that was interrupted may have stored another secret. */
  readonly doubted: readonly DoubtedSecret[];
}

/** Where a store is not as expected. */
export interface StoreFindings {
  /** Tokens that have no secret in it, or another value. */
  readonly lost: readonly TokenAddress[];
  /** Tokens whose first secret would overwrite a value that this state did not write. */
  readonly foreign: readonly TokenAddress[];
  /** Of the doubted ones, those of which it certainly has the current secret, and no newer one. A missing secret shows nothing. */
  readonly unstored: readonly TokenAddress[];
  /** The `older` fingerprints of the values that it has: programs read the secrets of replaced tokens. */
  readonly held?: readonly string[];
}

/** Puts back what a store had before a secret was stored, unless that has been replaced since. */
export type PutBack = () => Promise<void>;

/** How a store is checked. */
export interface CheckOptions {
  /** The last step is left out too: what is written to be removed at once. */
  readonly readOnly?: boolean;
}

/** Stores the secrets of new tokens. Secrets are never read back. */
export interface SecretStore {
  readonly name: string;
  /** Whether secrets that arrive during a write are written together by the next one, so that many may wait at once. */
  readonly gathersWrites?: true;
  /** Whether `put` resolves to how the earlier secret is put back: of a token's stores, those come first. */
  readonly putsBack?: true;
  /** Whether a secret path alone says where a secret is; without it, the store's name is needed too. */
  readonly hasCompletePaths?: true;
  /** In a sandbox: where secrets go instead of to the configured program; for output. */
  readonly rehearsedIn?: string;
  /** Of a rehearsed store: whether its program would remove secrets. */
  readonly programRemoves?: boolean;
  /** Of a rehearsed store: whether the sandbox's folder has the secret with this fingerprint. */
  hasRehearsed?(address: TokenAddress, fingerprint: string): boolean;
  /** Why a program beside the configuration cannot be run, or undefined. Runs nothing. */
  missingProgram?(): Promise<UserError | undefined>;
  /** The secret path of a token, for output and to detect a move; the same for every generation. */
  secretPath(address: TokenAddress): string;
  /**
   * Checks that secrets can be written. Called before any account or token is created, with the tokens whose secrets will be
   * stored: what passes can be stored. Without tokens, or with `readOnly`, it writes nothing.
   *
   * @throws UserError STORE_UNUSABLE, STORE_FOREIGN
   */
  check(targets?: readonly SecretTarget[], options?: CheckOptions): Promise<void>;
  /**
   * Stores the secret and replaces an older one. The secret is durable when this resolves.
   *
   * @returns How to put back the earlier one, when another store of the token fails; absent: this store cannot.
   * @throws UserError STORE_FAILED, STORE_FOREIGN
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a store that cannot put back returns nothing
  put(target: NewSecret, secret: Secret): Promise<PutBack | undefined | void>;
  /** Looks for the tokens in the store, without changing it. Absent: the store cannot be read. @throws UserError STORE_UNUSABLE */
  inspect?(expected: ExpectedSecrets): Promise<StoreFindings>;
  /** Removes the secret of a token that is gone; it may be gone already. Absent: this store removes none. @throws UserError STORE_FAILED */
  remove?(secret: ObsoleteSecret): Promise<void>;
  /** Looks at the secret paths of obsolete secrets, without changing them. Absent: the store cannot be read. */
  findObsolete?(secrets: readonly ObsoleteSecret[]): Promise<ObsoleteFinding[]>;
  /**
   * Equal for secrets that would overwrite each other, in whatever stores; undefined for a secret path that this store cannot
   * have for the token. Default for `secretPath`: where the configuration puts the secret.
   */
  secretPathKey?(address: TokenAddress, secretPath?: string): string | undefined;
  /** For a store that runs programs: the `commandHash` of the command that stores a token's secret. */
  commandOf?(address: TokenAddress, secretPath?: string): string | undefined;
  /** Equal for secrets that one removal would remove together. It may have values from the environment: never show or record it. */
  removalOf?(address: TokenAddress, secretPath?: string): string | undefined;
  /** What tells whether two stores that cannot be read may have their secrets at one secret path. */
  pathClues?(address: TokenAddress, secretPath?: string): PathClues | undefined;
  /** Its command has the generation in its words, so that each secret of a token may have a secret path of its own. */
  readonly namesGeneration?: true;
  /** For a store that runs programs: the files of the repository that its commands name, each with a hash of what it has. */
  readonly scripts?: ReadonlyMap<string, string>;
}

/** The secret path in a store whose program knows where secrets are: `vault#etl_prod/airflow`. */
export function pathByToken(store: string, { account, token }: TokenAddress): string {
  return `${store}#${account}/${token}`;
}

/** The token at such a secret path, whose key may have been renamed since; undefined for another path, or another account's. */
export function tokenAtPath(store: string, account: string, secretPath: string): TokenAddress | undefined {
  const start = pathByToken(store, { account, token: '' });
  const token = secretPath.slice(start.length);
  const own = secretPath.slice(start.length - account.length - 1, start.length - 1);
  // The case of the account's name may have changed since.
  const isOwn =
    accountKey(own) === accountKey(account) && secretPath.startsWith(pathByToken(store, { account: own, token }));
  return isOwn && isTokenKey(token) ? { account: own, token } : undefined;
}
