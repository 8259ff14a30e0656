import type { SecretStoreConfig } from '../model/desired.ts';
import type { Secret, TokenAddress } from '../model/secret.ts';
import type { TokenType } from '../model/tokens.ts';
import type { Problems } from '../yaml/diagnostic.ts';
import type { Span } from '../yaml/source.ts';
import type { Node } from '../yaml/tree.ts';
import { shown } from '../yaml/wording.ts';

/** What a kind of secret store is made of. A new one is a file in kinds/ and a line in catalog.ts. */

export interface StoreKind<Config extends SecretStoreConfig = SecretStoreConfig> {
  /** What stands as `kind:` in the configuration. */
  readonly kind: Config['kind'];
  /** The JSON Schema of its block, without `kind`, which `about` describes. The build puts it into the configuration's. */
  readonly schema: BlockSchema;
  /** What its checks find, by the code that `validate` shows. A code never changes its meaning. */
  readonly codes: Readonly<Record<`store-${string}`, string>>;
  readonly secretPaths: SecretPaths<Config>;
  /** The value that names the file that secrets go to, where there is one: it is not read as a configuration. */
  locate?(block: Node): Node | undefined;
  /** Reads a block; undefined where its structure is wrong, which has been reported with the schema. */
  read(block: Node, base: Base): Config | undefined;
  /** Reports what is well-formed and wrong. `stores` are all of this kind, `files` the configuration's own. */
  check(stores: readonly WrittenStore<Config>[], files: readonly string[], problems: Problems): void;
  /** The program that gets secrets of the sandbox too, where a store cannot tell a rehearsal from the real thing. */
  recipient?(config: Config): string;
  /** Nothing is touched before the store is checked or written. `owners` are shared by all stores of a run. */
  open(config: Config, owners: Owners): SecretStore;
}

/** A mapping's schema, as `schemas/motherduck.accounts.schema.json` has it. */
export interface BlockSchema {
  /** What it is, to follow "A secret store:". */
  readonly is: string;
  /** Of the whole block. */
  readonly description: string;
  /** Of its `kind`. */
  readonly about: string;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The schema of a command's words: who writes the command as a shell would read it is told how to write it as a list. */
export const COMMAND_WORD = { title: 'a word of the command', type: 'string' } as const;

/** Where the secrets of tokens go, as far as the configuration tells. No two tokens may have the same secret path. */
export interface SecretPaths<Config extends SecretStoreConfig = SecretStoreConfig> {
  /** The secret path of a token; undefined when every token has its own, whatever its name. */
  of(config: Config, token: StoredToken, target?: string): SecretPath | undefined;
  /** A secret path that two tokens share, as it is shown; values from the environment are not shown. */
  shown(store: WrittenStore<Config>, token: StoredToken): string;
  /** `the secret store has no {noun} for it that another token does not have` */
  readonly noun: string;
  /** `give the store {need}` */
  readonly need: string;
  /** `rename a token, or {change}` */
  readonly change: string;
}

/** What every store has, and the folder that its paths are relative to. */
export interface Base extends Pick<SecretStoreConfig, 'name' | 'location'> {
  readonly folder: string;
}

/** A secret store of the configuration, and where it stands. */
export interface WrittenStore<Config extends SecretStoreConfig = SecretStoreConfig> {
  readonly config: Config;
  readonly at: Span;
  readonly block: Node;
  /** Where symbolic links lead from what `locate` names: two ways to one file are one file. */
  readonly target?: string;
}

/** A token as far as the configuration tells; of generations, all. */
export interface StoredToken extends TokenAddress {
  readonly type?: TokenType;
}

/** Where a token's secret goes. */
export interface SecretPath {
  /** Equal for equal secret paths, and different from that of any other kind. */
  readonly key: string;
  /** Equal for secret paths that some stores treat as the same; left out: no others. */
  readonly alike?: string;
}

/** A store would write over the configuration. Where it is known, `included` is the entry of include that leads there. */
export function reportOwnFile(pathNode: Node, problems: Problems, included?: Node): void {
  problems.error('store-path', pathNode.at, `${shown(pathNode)} is a file of the configuration itself`, {
    ...(included === undefined ? {} : { related: { message: 'it is included', at: included.at } }),
    hint: 'give the secrets a file of their own',
  });
}

/** Which token's secret it is: what a store needs for the secret path. */
export interface SecretAddress extends TokenAddress {
  readonly generation: number;
  readonly type: TokenType;
  /** ISO 8601; null: does not expire. */
  readonly expiresAt: string | null;
}

/** Stores secrets the moment they exist. Nothing is ever read back. */
export interface SecretStore {
  readonly name: string;
  /** Where the secret of this address goes, for people and to notice a move; the same for every generation. */
  secretPath(address: TokenAddress): string;
  /** Checks that a secret can be written now. Called before anything is created. @throws UserError STORE_UNUSABLE */
  check(): Promise<void>;
  /** Stores the secret, over an older one. When this returns, it is durable. @throws UserError STORE_FAILED */
  put(address: SecretAddress, secret: Secret): Promise<void>;
}

/** The token that each secret path was written for in this run: a second token with the same path would erase the first secret. */
export type Owners = Map<string, string>;

/** Whether the sandbox made a secret: the payload of its JWTs has the issuer `sandbox`. */
export function isRehearsal(secret: string): boolean {
  try {
    const payload: unknown = JSON.parse(Buffer.from(secret.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof payload === 'object' && payload !== null && 'iss' in payload && payload.iss === 'sandbox';
  } catch {
    return false;
  }
}
