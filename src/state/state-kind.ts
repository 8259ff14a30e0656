/** The parts of a kind of state: how the configuration names it, and how it is opened. */
import type { StateConfig } from '../model/desired.ts';
import type { Secret } from '../model/secret.ts';
import type { Seconds } from '../model/time.ts';
import type { Connector } from '../motherduck/connector.ts';
import type { Problems } from '../yaml/problems.ts';
import type { Node } from '../yaml/tree.ts';
import type { StateBackend } from './backend.ts';

/** An HTTP request of a kind of state. */
interface StateRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  /** Milliseconds that it may take, connecting and body included. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** The response of a storage service. */
interface StateResponse {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly bytes: Uint8Array;
}

/** Sends HTTP requests, each through the proxy that the environment names for its address. Idle connections let the process end. */
export interface StateHttp {
  /** @throws UserError STATE_UNREACHABLE, PROXY_INVALID: it cannot succeed; UnsureError: there was no answer */
  send(request: StateRequest): Promise<StateResponse>;
  close(): Promise<void>;
}

/** How to connect to MotherDuck, or the sandbox, as the Admin. */
export interface AdminConnection {
  readonly connector: Connector;
  readonly token: Secret;
  /** The time limit of connecting, and of one statement. */
  readonly seconds: Seconds;
  close(): Promise<void>;
}

/** What a kind may need beside its block. */
export interface StateContext {
  /** For kinds whose library takes one; others send requests of their own. */
  http(): Promise<StateHttp>;
  readonly env: NodeJS.ProcessEnv;
  /** The state's file beside the configuration, where nothing else is said. */
  readonly defaultFile: string;
  /** Opened when it is needed, for a kind that keeps the state at MotherDuck. Whoever calls it closes it. @throws UserError */
  admin(): Promise<AdminConnection>;
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
