/** The parts of a kind of state: how the configuration names it, and how it is opened. */
import type { StateConfig } from '../model/desired.ts';
import type { Problems } from '../yaml/diagnostic.ts';
import type { Node } from '../yaml/tree.ts';
import type { StateBackend } from './backend.ts';

/** What a kind may need beside its block. */
export interface StateContext {
  readonly env: NodeJS.ProcessEnv;
  /** The state's file beside the configuration, where nothing else is said. */
  readonly defaultFile: string;
}

/** One file in `kinds/` and one line in `catalog.ts`. */
export interface StateKind {
  /** The value of `kind` in the configuration. */
  readonly kind: string;
  /** The JSON Schema of its block, without `kind`. Its values are text, numbers and booleans. The build adds it to the configuration's schema. */
  readonly schema: {
    /** A noun for the list "Where the state is kept: …". */
    readonly is: string;
    /** The description of the block. */
    readonly description: string;
    /** The description of its `kind`. */
    readonly about: string;
    readonly required: readonly string[];
    readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  /** Reports errors that the schema cannot express. */
  check?(config: StateConfig, block: Node, problems: Problems): void;
  /** Opens the state, without accessing it; loads its library. @throws UserError STATE_UNREACHABLE: the library is missing */
  open(config: StateConfig, context: StateContext): Promise<StateBackend>;
}
