/** A secret store of a run: what it is asked to store, look for and remove, and where it says that secrets are. */
import type { Secret, TokenAddress } from '../model/secret.ts';
import { isTokenKey, type TokenType } from '../model/tokens.ts';
import type { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';

/** A token whose secret is to be stored. */
export interface SecretTarget extends TokenAddress {
  /** Nothing of the state's is at the secret path yet: a value that is there is not this state's, and stays. */
  readonly isFirst?: boolean;
  /** Fingerprints of what the state wrote for the account's tokens: of those, `isFirst` says nothing. */
  readonly written?: ReadonlySet<string>;
  /** It is a sandbox's, and replaces no real one. */
  readonly isSandbox?: boolean;
  /** The state has tokens whose secrets are in the same file. */
  readonly isShared?: boolean;
}

/** The token that a secret belongs to: what a store needs for the secret path. */
export interface SecretAddress extends SecretTarget {
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
  /** It is a sandbox's, and no real secret is removed in its place. */
  readonly isSandbox?: boolean;
}

/** What is at the secret path of an obsolete secret: the secret, nothing, or a value that the state did not write, which `remove` leaves there. */
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
  /** Tokens whose first secret would take the place of a value that is not this state's. */
  readonly foreign: readonly TokenAddress[];
  /** Of the doubted ones, those of which it certainly has the current secret, and no newer one. What is missing proves nothing. */
  readonly unstored: readonly TokenAddress[];
  /** The `older` fingerprints of the values that it has: programs read the secrets of replaced tokens. */
  readonly held?: readonly string[];
}

/** Puts back what a store had before a secret was stored, unless that has been replaced since. */
export type PutBack = () => Promise<void>;

/** What the words of a command say of where it puts a secret. */
export interface Whereabouts {
  /** How it names the secret: whole, without what may be the name of an option or of a folder, by account and token alone, and by a path. */
  readonly names: readonly string[];
  /** The names that have all that it says, and those of paths. */
  readonly wholes: readonly string[];
  /** Without its folder. */
  readonly program: string;
  /** All words, any of which may name the program that is run in the end. */
  readonly words: string;
  /** A word is a text for a shell or another interpreter, which builds the name of the place. */
  readonly hasText?: true;
  /** It runs a script, which may run any other program. */
  readonly isScript?: true;
  /** It names neither account nor token. */
  readonly isConstant?: true;
  /** It is a file store, of which a script may write the file as well. */
  readonly isFile?: true;
  /** The secret of its token in each file that its words name: `inFile`. */
  readonly files?: readonly string[];
}

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
  /** Whether the secret path alone says where a secret is, whatever the store is named. */
  readonly pathIsPlace?: true;
  /** Where secrets go in the place of the configured program, in a sandbox; for output. */
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
  // biome-ignore lint/suspicious/noConfusingVoidType: a store that cannot need not say so
  put(address: SecretAddress, secret: Secret): Promise<PutBack | undefined | void>;
  /** Looks for the tokens in the store, without changing it. Absent: the store cannot be read. @throws UserError STORE_UNUSABLE */
  inspect?(expected: ExpectedSecrets): Promise<StoreFindings>;
  /** Removes the secret of a token that is gone; it may be gone already. Absent: this store removes none. @throws UserError STORE_FAILED */
  remove?(secret: ObsoleteSecret): Promise<void>;
  /** Looks at the secret paths of obsolete secrets, without changing them. Absent: the store cannot be read. */
  findObsolete?(secrets: readonly ObsoleteSecret[]): Promise<ObsoleteFinding[]>;
  /**
   * Equal for secrets that would overwrite each other; undefined for a secret path that is not the store's. Without a secret
   * path, where the configuration puts it.
   */
  placeOf?(address: TokenAddress, secretPath?: string): string | undefined;
  /** For a store that runs programs: the `commandHash` of its command for a token, or for the one at a secret path. */
  commandOf?(address: TokenAddress, secretPath?: string): string | undefined;
  /** What `remove` runs for a token, in memory only: stores and tokens for which it is the same lose their secret together. */
  removalOf?(address: TokenAddress, secretPath?: string): string | undefined;
  /** What tells whether secrets may be at one place, whatever else commands say. */
  whereabouts?(address: TokenAddress, secretPath?: string): Whereabouts | undefined;
  /** Its command has the generation in its words, so that each secret of a token may be at a place of its own. */
  readonly namesGeneration?: true;
  /** For a store that runs programs: the files of the repository that its commands name, each with a hash of what it has. */
  readonly scripts?: ReadonlyMap<string, string>;
}

/** The secret path in a store whose program knows where secrets are: `vault#etl_prod/airflow`. */
export function pathByToken(store: string, { account, token }: TokenAddress): string {
  return `${store}#${account}/${token}`;
}

/** The name in `Whereabouts` by which commands that build the name of the place are compared; no other name. */
export function nameAlone({ account, token }: TokenAddress): string {
  return `\n${accountKey(account)} ${withoutCase(token)}`;
}

/** The name in `Whereabouts` of a token's secret in a file of this machine; no other name. @param path Without links. */
export function inFile(path: string, address: TokenAddress): string {
  return `\nfile ${path}${nameAlone(address)}`;
}

/** Equal for names that some stores treat as the same. */
export function withoutCase(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
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
