/** A kind of secret store: how its block is written and checked, where its secrets go, and how it is opened. */
import type { SecretStoreConfig } from '../model/desired.ts';
import type { StoreDestination } from '../model/plan.ts';
import type { TokenAddress } from '../model/secret.ts';
import type { TokenType } from '../model/tokens.ts';
import { showNode } from '../yaml/describe-node.ts';
import type { Problems } from '../yaml/problems.ts';
import type { Span } from '../yaml/source.ts';
import type { Node } from '../yaml/tree.ts';
import type { SecretStore } from './store.ts';

/** The parts of a kind of secret store. A new kind is one file in kinds/ and one line in catalog.ts. */
export interface StoreKind<Config extends SecretStoreConfig = SecretStoreConfig> {
  /** The value of `kind` in the configuration. */
  readonly kind: Config['kind'];
  /** Its secrets are on the machine that stored them, where no other machine reads them. */
  readonly isOfMachine?: true;
  /** The JSON Schema of its block, without `kind`, which `about` describes. The build adds it to the configuration's schema. */
  readonly schema: BlockSchema;
  /** Descriptions of its diagnostics by code, for `validate`. A code never changes its meaning. */
  readonly codes: Readonly<Record<`store-${string}`, string>>;
  readonly secretPaths: SecretPaths<Config>;
  /** The node that names the file with the secrets, if there is one: that file is never read as a configuration. */
  locate?(block: Node): Node | undefined;
  /** Reads a block; undefined when it does not match the schema, which has been reported. */
  read(block: Node, base: Base): Config | undefined;
  /** Reports errors that the schema cannot express. `stores` are all of this kind. */
  check(stores: readonly WrittenStore<Config>[], files: OwnFiles, problems: Problems): void;
  /** Completes the blocks of this kind by what they name outside of the configuration. Runs nothing that they name. */
  complete?(configs: readonly Config[]): Promise<readonly Config[]>;
  /** Where its secrets go, for a plan. */
  destination(config: Config): StoreDestination;
  /** The name of the program that receives the secrets, for a store that cannot tell sandbox secrets from real ones: it is rehearsed. */
  recipient?(config: Config): string;
  /** Opens the store, without accessing it. */
  open(config: Config, context: StoreContext): SecretStore;
}

/** A mapping's schema, as `schemas/motherduck.accounts.schema.json` has it. */
interface BlockSchema {
  /** A noun for the list "A secret store: …". */
  readonly is: string;
  /** The description of the block. */
  readonly description: string;
  /** The description of its `kind`. */
  readonly about: string;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The schema of a command's words; its title makes a diagnostic explain how to turn a shell command into a list. */
export const COMMAND_WORD = { title: 'a word of the command', type: 'string' } as const;

/** The secret paths of tokens, as far as the configuration determines them. No two tokens may have the same one. */
export interface SecretPaths<Config extends SecretStoreConfig = SecretStoreConfig> {
  /** The secret path of a token; undefined when every token has its own one in any case. */
  of(config: Config, token: StoredToken, target?: string): SecretPath | undefined;
  /** A secret path that two tokens share, for messages; values from the environment must not be shown. */
  shown(store: WrittenStore<Config>, token: StoredToken): string;
  /** What its removal runs for a token: two tokens with the same would lose their secrets together. */
  removalOf?(config: Config, token: StoredToken): string | undefined;
  /** `the secret store has no {noun} for it that another token does not have` */
  readonly noun: string;
  /** `give the store {need}` */
  readonly need: string;
  /** `rename a token, or {change}` */
  readonly change: string;
}

/** The fields of every store, and the folder that its paths are relative to. */
interface Base extends Pick<SecretStoreConfig, 'name' | 'location'> {
  readonly folder: string;
}

/** Files of the program, which no store may write; as absolute paths without symbolic links. */
export interface OwnFiles {
  readonly configuration: readonly string[];
  readonly state?: string;
}

/** A secret store of the configuration, with its location. */
export interface WrittenStore<Config extends SecretStoreConfig = SecretStoreConfig> {
  readonly config: Config;
  readonly at: Span;
  readonly block: Node;
  /** The file that `locate` names, with symbolic links resolved, to recognize equal files. */
  readonly target?: string;
}

/** A token in all of its generations, as the configuration has it. */
export interface StoredToken extends TokenAddress {
  readonly type?: TokenType;
}

/** Where a token's secret is stored. */
interface SecretPath {
  /** Equal for equal secret paths only, across all kinds. */
  readonly key: string;
  /** Equal for secret paths that some stores treat as equal; absent: same as `key`. */
  readonly alike?: string;
}

/** Reports a store that would overwrite the configuration. `included` is the include entry for the file, if known. */
export function reportOwnFile(pathNode: Node, problems: Problems, included?: Node): void {
  problems.error('store-path', pathNode.at, `${showNode(pathNode)} is a file of the configuration itself`, {
    ...(included === undefined ? {} : { related: { message: 'it is included', at: included.at } }),
    hint: 'give the secrets a file of their own',
  });
}

/** What the stores of a run share. */
export interface StoreContext {
  readonly owners: Owners;
  /** The environment of the run, which the commands of stores inherit without its tokens. */
  readonly env: NodeJS.ProcessEnv;
}

/** The token that each secret path was written for in this run: a second token must not overwrite the first one's secret. */
export type Owners = Map<string, string>;
