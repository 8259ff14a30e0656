import type { DesiredDucklings, Size } from './ducklings.ts';
import type { Seconds } from './time.ts';
import type { TokenType } from './tokens.ts';
import type { Location } from './user-error.ts';

/** Desired: what the YAML says, with includes, environment, templates and policies resolved. */
export interface Desired {
  /** The main file's name as shown to people; the `file` of a position in it. */
  readonly file: string;
  readonly organization: string;
  /** The accounts by `accountKey` of their username, in the order of the files. */
  readonly accounts: ReadonlyMap<string, DesiredAccount>;
  readonly stores: ReadonlyMap<string, SecretStoreConfig>;
  /** Globs of live accounts that are left out of what is said about unmanaged accounts. */
  readonly ignore: readonly string[];
  /** The user's own price an hour by size; absent when the file gives none. */
  readonly computeRates?: ReadonlyMap<Size, number>;
  readonly guardrails: Guardrails;
  /** SHA-256 (hex) over every file that was read and every environment value that was put in. */
  readonly hash: string;
}

/** A service account in the configuration. */
export interface DesiredAccount {
  /** As written in the YAML. */
  readonly username: string;
  readonly location: Location;
  /** Absent: the account's Ducklings are not managed. */
  readonly ducklings?: DesiredAccountDucklings;
  /** By key, in the order of the file. */
  readonly tokens: ReadonlyMap<string, DesiredToken>;
  readonly deletionProtection: boolean;
  readonly smoke: false | { readonly query?: string; readonly database?: string };
}

/** The Ducklings of an account, and where the configuration sets them. */
export interface DesiredAccountDucklings extends DesiredDucklings {
  readonly location: Location;
}

/** A token in the configuration, with its policy resolved. */
export interface DesiredToken {
  readonly key: string;
  /** The name at MotherDuck of the first generation: the key, or `name` where it is given. */
  readonly name: string;
  readonly policy: string;
  readonly type: TokenType;
  /** Life in seconds; null means valid until revoked (`never`). */
  readonly ttl: Seconds | null;
  readonly rotateBefore: Seconds;
  readonly overlap: Seconds;
  readonly description?: string;
  /** The name of a secret store. */
  readonly store: string;
  readonly location: Location;
}

/** A secret store: what every kind of it has. What one has beside that, its file in secrets/kinds says. */
export interface SecretStoreConfig {
  readonly kind: string;
  readonly name: string;
  readonly location: Location;
}

/** The limits that the configuration sets for plans. */
export interface Guardrails {
  readonly maxComputeCeiling?: number;
  readonly maxDeletes: number;
  readonly maxTokenTtl?: Seconds;
  readonly allowNeverExpiring: boolean;
  readonly allowedSizes?: readonly Size[];
  readonly maxPoolSizeTotal?: number;
}

/** What a configuration defines under names of its own for accounts to use, whether one does or not. */
export interface Definitions {
  /** By name, in the order of the files. */
  readonly policies: ReadonlyMap<string, PolicyDefinition>;
  readonly pools: ReadonlyMap<string, DesiredDucklings>;
}

/** A token policy as written; what it leaves out must be given by each token that uses it. */
export interface PolicyDefinition {
  readonly type?: TokenType;
  /** null: valid until revoked. */
  readonly ttl?: Seconds | null;
  readonly rotateBefore?: Seconds;
  readonly overlap?: Seconds;
  readonly description?: string;
  /** The name of a secret store. */
  readonly store?: string;
}
