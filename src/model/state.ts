import { defined } from './defined.ts';
import type { CreatedObjects } from './setup-objects.ts';
import type { StateRun } from './state-run.ts';
import type { Seconds } from './time.ts';
import type { TokenType } from './tokens.ts';

/** State: managed accounts and tokens, and what was created; never a secret, only fingerprints of secrets. All times are ISO 8601, by MotherDuck's clock. */
export interface State {
  readonly organization: string;
  /** The main file of the configuration, without its folder. */
  readonly configuration?: string;
  /** MotherDuck's id of the organization, from the first smoke test; of a sandbox from the beginning. */
  readonly organization_id?: string;
  /** Whether it is the state of the embedded sandbox and not of MotherDuck. */
  readonly sandbox: boolean;
  /** A UUID created with the first write; states with different lineages have different histories. */
  readonly lineage: string;
  /** Incremented with every write. 0: never written. */
  readonly serial: number;
  /** The latest runs, oldest first. */
  readonly runs: readonly StateRun[];
  /** Where the state was before it was moved here; absent when it began here. */
  readonly moved_from?: MovedFrom;
  /** By `accountKey` of the username. */
  readonly accounts: ReadonlyMap<string, StateAccount>;
}

/** Where a state was moved from. */
export interface MovedFrom {
  /** A URL, or the name of a file. */
  readonly place: string;
  /** The state's serial there: a state there with a higher one was written after the move. */
  readonly serial: number;
  readonly at: string;
}

/** A managed account. */
export interface StateAccount {
  /** As spelled in the configuration when the account was created or adopted. */
  readonly username: string;
  /** MotherDuck's id of the user, once known. An account that is created again under the name has another id. */
  readonly id?: string;
  readonly origin: 'created' | 'adopted';
  readonly since: string;
  /** Copied from the configuration, so that removing the account's block does not remove the protection. */
  readonly deletion_protection: boolean;
  /** A call that cannot be repeated, recorded before it is sent and removed when its result is known. */
  readonly intent?: { readonly action: 'create_account' | 'delete_account'; readonly at: string };
  /** The result of the account's last smoke test. */
  readonly smoke?: { readonly at: string; readonly passed: boolean };
  /** The last run of the account's `setup`. */
  readonly setup?: StateSetup;
  /** By the key in the configuration. */
  readonly tokens: ReadonlyMap<string, StateToken>;
}

/** How an account was set up. */
export interface StateSetup {
  readonly at: string;
  /** Whether every statement ran. */
  readonly passed: boolean;
  /** The hashes of the statements that ran, in order. */
  readonly statements: readonly string[];
  /** Databases and shares that the statements created; absent when none did. */
  readonly created?: CreatedObjects;
}

/** All generations of a managed token. */
export interface StateToken {
  /** The highest generation that was used or attempted; the next token gets a higher one. */
  readonly generation: number;
  readonly current?: TokenRecord;
  /** Where the secret of the token is that an adopted one replaced: the next secret may replace it. */
  readonly stored?: StoredSecret;
  /** Replaced tokens during their overlap, and tokens whose revocation failed. */
  readonly retiring: readonly RetiringToken[];
  /** Creations with unknown results; a live token with such a name is an orphan. */
  readonly intents: readonly TokenIntent[];
  /** `rotate --revoke-old`, until all of its tokens are gone. */
  readonly revoke_old?: RevokeRequest;
  /** The current token was revoked because its account was suspended; until it gets a new one. */
  readonly suspended?: true;
}

/** A request to revoke tokens without an overlap, recorded before they are replaced, so that the next run completes it. */
export interface RevokeRequest {
  readonly at: string;
  /** The highest generation that it revokes, as soon as a later one is verified. */
  readonly generation: number;
  /** As soon as a later one is stored, verified or not. */
  readonly force?: true;
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
  /** The requested lifetime, in seconds; null: until revoked; absent: unknown, because the token was adopted. */
  readonly ttl?: Seconds | null;
  /** The overlap of its policy at the last apply that was not scheduled, in seconds. Absent for adopted tokens, and in older records. */
  readonly overlap?: Seconds;
  readonly rotate_before?: Seconds;
  /** Where the secret is stored; `unknown` for an adopted token. */
  readonly secret: StoredSecret | 'unknown';
  /** When the token first connected. */
  readonly verified_at?: string;
  /** When it was tested and could not connect. */
  readonly failed_at?: string;
}

/** What the state has of a token's policy; `rotate_before` with the token's share of the jitter. */
export type RecordedPolicy = Required<Pick<TokenRecord, 'overlap' | 'rotate_before'>>;

/** Where a secret is. */
export interface SecretCopy {
  /** The store's name in the configuration. */
  readonly store: string;
  /** The secret path in the store, to detect a move: `.motherduck/secrets.env#MOTHERDUCK_TOKEN_A_B`. */
  readonly secret_path: string;
  /**
   * In a store that runs programs: hashes of the command's words for the token and of the files beside it that it names, with a dot between them, to notice that another
   * command puts secrets elsewhere. Absent in older records.
   */
  readonly command?: string;
}

/** Where and when a secret was stored. */
export interface StoredSecret extends SecretCopy {
  readonly at: string;
  /**
   * A hash of the value, to tell it from one that this state did not write. A token's secret has hundreds of random bits, so the
   * hash reveals nothing of it. Absent in older records.
   */
  readonly fingerprint?: string;
  /** Where the same secret is too, where its token has several stores. */
  readonly also?: readonly SecretCopy[];
  /** With `command`: the state's serial when it was recorded, to tell which of two secrets overwrote the other. */
  readonly serial?: number;
}

/** A stored secret as one record for each store that has it. */
export function copiesOf({ also = [], ...secret }: StoredSecret): readonly StoredSecret[] {
  const { command: _, ...rest } = secret;
  return also.length === 0 ? [secret] : [secret, ...also.map((copy) => ({ ...rest, ...copy }))];
}

/** One record of the same secret in several stores; undefined without any. The opposite of `copiesOf`. */
export function joinCopies([first, ...others]: readonly StoredSecret[]): StoredSecret | undefined {
  if (first === undefined || others.length === 0) return first;
  const also = others.map(({ store, secret_path, command }) => ({
    ...{ store, secret_path },
    ...defined({ command }),
  }));
  return { ...first, also };
}

/** The copies of a secret that another one did not overwrite. */
export function copiesElsewhere(secret: StoredSecret, other: StoredSecret): StoredSecret | undefined {
  const taken = copiesOf(other);
  return joinCopies(copiesOf(secret).filter((copy) => !taken.some((one) => isAtSamePath(copy, one))));
}

function isAtSamePath(a: StoredSecret, b: StoredSecret): boolean {
  return a.store === b.store && a.secret_path === b.secret_path && !isOtherCommand(a, b.command);
}

/** A replaced token that is still valid. */
export interface RetiringToken {
  readonly id: string;
  readonly name: string;
  readonly expires_at: string | null;
  /** When a replaced token may be revoked; absent until its replacement has connected. */
  readonly retire_at?: string;
  /** Where its secret is, if its replacement's is elsewhere or if it has none. */
  readonly secret?: StoredSecret;
  /** Of its secret, which the store may have again. Absent in older records. */
  readonly fingerprint?: string;
}

/** A creation, saved before its call was sent. */
export interface TokenIntent {
  readonly name: string;
  readonly generation: number;
  readonly at: string;
  /** Whether storing its secret has begun; absent in states of older versions, which did not record that. */
  readonly storing?: boolean;
  /** Where its secret is to be stored; see `StoredSecret`. Absent in older records. */
  readonly store?: string;
  readonly secret_path?: string;
  readonly command?: string;
  readonly also?: readonly SecretCopy[];
  /** Of the secret whose storing has begun; see `StoredSecret`. */
  readonly fingerprint?: string;
}

/** What is left of a suspended account's token. */
export function suspendedToken(token: StateToken): StateToken {
  return { ...onlyGeneration(token), suspended: true };
}

/** Whether a store may have the secret of a token whose creation was interrupted, so that programs may use it. */
export function mayBeStored({ storing }: TokenIntent): boolean {
  return storing !== false;
}

/** What is left of a token that has no live ones, and may get new ones: no name is used twice. */
export function onlyGeneration({ generation, intents }: StateToken): StateToken {
  return { generation: Math.max(generation, ...intents.map((intent) => intent.generation)), retiring: [], intents: [] };
}

/** The secret of a token whose creation was interrupted, where a store may have it; undefined where the state does not say. */
export function secretOfIntent(intent: TokenIntent): StoredSecret | undefined {
  const { store, secret_path, at, fingerprint, command, also } = intent;
  if (!mayBeStored(intent) || store === undefined || secret_path === undefined || fingerprint === undefined)
    return undefined;
  return {
    ...{ store, secret_path, at, fingerprint },
    ...defined({ command, also }),
  };
}

/** The state before the first apply, which nothing keeps. */
export function emptyState({ organization, sandbox }: Pick<State, 'organization' | 'sandbox'>): State {
  return { organization, sandbox, lineage: '', serial: 0, runs: [], accounts: new Map() };
}

/** The files in which file stores keep secrets of a state. @param folder The configuration's, to which their paths are relative. */
export function secretFilesOf({ accounts }: State, folder: string): string[] {
  const files = [...accounts.values()].flatMap(({ tokens }) =>
    [...tokens.values()].flatMap(({ current }) => {
      if (!current || current.secret === 'unknown') return [];
      return copiesOf(current.secret).flatMap(({ store, secret_path }) => {
        const [, file] = /^(.+?)#/s.exec(secret_path) ?? [];
        // A store that runs a command has its name instead of a file.
        return file === undefined || file === store ? [] : [file];
      });
    }),
  );
  return [...new Set(files)].map((file) =>
    folder === '.' || /^([\\/]|[A-Za-z]:)/.test(file) ? file : `${folder}/${file}`,
  );
}

/** Whether another command put a secret where it is, so that it is not where the command of a store puts it now. */
export function isOtherCommand(secret: SecretCopy, now: string | undefined): boolean {
  return commandChange(secret, now) !== undefined;
}

/** What changed of the command that put a secret where it is: its words, or only the files that it runs. */
export function commandChange({ command }: SecretCopy, now: string | undefined): 'words' | 'script' | undefined {
  if (command === undefined || command === now) return undefined;
  if (wordsOf(command) !== wordsOf(now ?? '')) return 'words';
  // Older records do not have the files of which git did not know yet.
  return command.includes('.') ? 'script' : undefined;
}

/** The part of a `commandHash` that is of the words alone. */
export function wordsOf(command: string): string {
  return command.split('.', 1)[0] ?? '';
}

/**
 * The largest state: accounts, twice as many as in a configuration since retained ones stay; records of one account; bytes of its
 * text, a snapshot with the changes after it, which is less than the longest string; and JSON values, of which that text has fewer.
 */
export const STATE_LIMITS = {
  accounts: 100_000,
  records: 20_000,
  bytes: 384 * 1024 * 1024,
  values: 16_000_000,
} as const;

/** The number of an account's keys, replaced tokens and intents. */
export function countRecords(tokens: StateAccount['tokens']): number {
  return [...tokens.values()].reduce((sum, { retiring, intents }) => sum + 1 + retiring.length + intents.length, 0);
}

/** The name of a configuration's state, unless another is given. */
export function ownState(configuration: string): string {
  return configuration.replace(/\.(ya?ml|json)$/i, '').concat('.state.json');
}
