import type { DesiredDucklings } from './ducklings.ts';
import type { Seconds } from './duration.ts';
import type { TokenType } from './tokens.ts';

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
