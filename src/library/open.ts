/** What a program opens before it plans: the configuration, the organization and the state. */

import type { StateWriter } from '../apply/state-writer.ts';
import { InvalidConfiguration } from '../config/errors.ts';
import { loadConfig as readConfig } from '../config/load.ts';
import { openStateOf, readStateNow, type StateNow } from '../engine/open-state.ts';
import { whoRuns } from '../engine/run-lock.ts';
import { type OpenedService as EngineService, openService as openEngineService } from '../engine/service.ts';
import { backendContextOf, backendOf, type StateLocation, statePath } from '../engine/state-location.ts';
import { DEFAULT_CONFIG, DEFAULT_PARALLELISM } from '../model/defaults.ts';
import { defined } from '../model/defined.ts';
import type { Desired } from '../model/desired.ts';
import { type DiagnosticJson, diagnosticJson } from '../model/diagnostic.ts';
import type { State } from '../model/state.ts';
import type { Api } from '../motherduck/api.ts';
import type { StateBackend } from '../state/backend.ts';
import type { OtherState } from '../state/other-states.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The options of `loadConfig`. */
export interface LoadConfigOptions {
  /** The values of `${NAME}` in the configuration. Default: `process.env`. */
  readonly env?: Environment;
  /** Variables that the configuration may use although their names speak of a secret or of a CI job. Default: none. */
  readonly allowEnv?: readonly string[];
}

/** A configuration without errors. */
export interface LoadedConfig {
  readonly desired: Desired;
  readonly warnings: readonly DiagnosticJson[];
  /** The paths of the files that were read, the main one first. */
  readonly files: readonly string[];
}

/**
 * Reads a configuration with its includes and checks it. Uses no network.
 *
 * @param file The path of the main file. Includes and file stores are relative to it. Default: `motherduck.accounts.yaml`.
 * @throws {@link InvalidConfiguration} (code CONFIG_INVALID) with every error of every file in `diagnostics`
 * @throws {@link UserError} CONFIG_NOT_FOUND if there is no such file
 * @example
 * ```ts
 * import { loadConfig } from 'motherduck-accounts';
 *
 * const { desired, warnings } = await loadConfig('motherduck.accounts.yaml', { env: process.env });
 * for (const { file, line, message } of warnings) console.warn(`${file}:${line}: ${message}`);
 * console.log(`${desired.organization}: ${desired.accounts.size} accounts`);
 * ```
 */
export async function loadConfig(file = DEFAULT_CONFIG, options: LoadConfigOptions = {}): Promise<LoadedConfig> {
  const env = { ...(options.env ?? process.env) };
  const loaded = await readConfig(file, env, undefined, statePath({ config: file }), options.allowEnv);
  if (!loaded.ok) throw new InvalidConfiguration(file, loaded.diagnostics.map(diagnosticJson), false);
  return { desired: loaded.desired, warnings: loaded.warnings.map(diagnosticJson), files: loaded.files };
}

/** The options of `openService`. */
export interface ServiceOptions {
  /** The folder of an embedded sandbox, which is created if it does not exist. Default: use MotherDuck. */
  readonly sandbox?: string;
  /** A read/write token of an Admin. Default: the variable in `env` that the commands read. */
  readonly token?: string;
  /** The address of the REST API. Default: `MOTHERDUCK_API_URL` or `MOTHERDUCK_API_BASE_URL` in `env`, else MotherDuck's. */
  readonly apiUrl?: string;
  /**
   * Environment variables with the token, the address, the proxy, what a state's storage service needs, and the CI job for the
   * history. Connections and the commands of exec stores inherit it without its tokens, so it needs their `PATH` and `HOME`.
   * Default: `process.env`, from which git and the libraries of S3 and Google Cloud always take theirs.
   */
  readonly env?: Environment;
  /** Maximum number of concurrent requests and connections. Default: 10. */
  readonly parallelism?: number;
  /** Time limit of one request or connection, in seconds. Default: 30 for requests, 60 for connections. */
  readonly timeout?: number;
  /** Receives a line for each request: method, path, status and time, never a secret. */
  readonly debug?: (line: string) => void;
}

/** An open organization: MotherDuck's, or a sandbox. */
export interface Service {
  /** The REST API, with one method for each endpoint. */
  readonly api: Api;
  /** Whether this is a sandbox, so that no call reaches MotherDuck. */
  readonly isSandbox: boolean;
  /** Closes the connections. Call it at the end, after an error too. */
  close(): Promise<void>;
  /** @internal */
  readonly opened: EngineService & { readonly parallelism: number };
}

/**
 * Opens MotherDuck's REST API, or an embedded sandbox. MotherDuck checks the token only at the first call.
 *
 * @throws {@link UserError} TOKEN_MISSING; TOKEN_REFUSED if the text cannot be a token; API_URL_INVALID; PROXY_INVALID; SANDBOX_FAILED; USAGE
 * if both `sandbox` and `apiUrl` are given
 * @example
 * ```ts
 * import { openService } from 'motherduck-accounts';
 *
 * const service = await openService({ sandbox: '.motherduck-sandbox' });
 * try {
 *   const { users } = await service.api.listUsers();
 *   console.log(users.map(({ username }) => username));
 * } finally {
 *   await service.close();
 * }
 * ```
 */
export async function openService(options: ServiceOptions = {}): Promise<Service> {
  const { token, env = process.env, parallelism = DEFAULT_PARALLELISM, debug, sandbox, ...more } = options;
  const location = sandbox === undefined ? more : { ...more, sandbox: true, sandboxDir: sandbox };
  const given = { ...env, ...defined({ MOTHERDUCK_ADMIN_TOKEN: token }) };
  const opened = await openEngineService(
    { ...location, parallelism },
    {
      env: given,
      options: { debug: debug !== undefined },
      note: () => {},
      debug: debug ?? (() => {}),
    },
  );
  const { api, isSandbox } = opened;
  const service = { api, isSandbox, close: () => opened.close(), opened: { ...opened, parallelism } };
  // It has the environment with the token, which a log of the service would show.
  return Object.defineProperty(service, 'opened', { enumerable: false });
}

/** The options of `readState`. */
export interface ReadStateOptions {
  readonly desired: Desired;
  readonly service: Service;
  /** The path of the state file. Default: beside the configuration and named after it, as `motherduck.accounts.state.json`. */
  readonly stateFile?: string;
}

/**
 * Reads the state without locking it, for a plan that is not applied or an audit. Without a state file, the state is empty.
 *
 * @throws {@link UserError} STATE_INVALID; STATE_NEWER; STATE_FOREIGN if it belongs to another organization or to a sandbox
 * @example
 * ```ts
 * import { loadConfig, openService, readState } from 'motherduck-accounts';
 *
 * const { desired } = await loadConfig();
 * const service = await openService({ sandbox: '.motherduck-sandbox' });
 * const state = await readState({ desired, service });
 * console.log(`${state.accounts.size} managed accounts`);
 * ```
 */
export async function readState(options: ReadStateOptions): Promise<State> {
  const backend = await backendOf(
    locationOf(options),
    options.desired.state,
    backendContextOf(options.service.opened, options.service.opened.env),
  );
  const { stateWriter, others } = await openFrom(backend, options);
  const { desired, service } = options;
  const { state } = stateWriter;
  const readAgain = () => readStateNow(locationOf(options), desired, service.opened, service.opened.env);
  sources.set(state, { others, readAgain });
  return state;
}

/** What `readState` knows beside each state that it returned, which is data that users may print. */
const sources = new WeakMap<State, StateSource>();

interface StateSource {
  /** The states of other configurations. */
  readonly others: readonly OtherState[];
  readonly readAgain: () => Promise<StateNow>;
}

/** The states of other configurations that were found with this state. */
export function othersOf(state: State | OpenState): readonly OtherState[] {
  return 'stateWriter' in state ? state.others : (sources.get(state)?.others ?? []);
}

/** Reads a state again; undefined for one that is neither of `readState` nor open. */
export function rereadOf(state: State | OpenState): (() => Promise<StateNow>) | undefined {
  if (!('stateWriter' in state)) return sources.get(state)?.readAgain;
  return async () => ({ state: state.state, ...(state.applying.size > 0 ? { holder: 'this program' } : {}) });
}

/** The options of `openState`. */
export interface OpenStateOptions extends ReadStateOptions {
  /** How long to wait while another run holds the lock, in seconds. Default: 0. */
  readonly wait?: number;
  /** Receives a warning when the lock of a run that no longer exists is removed. */
  readonly onWarning?: (message: string) => void;
  /** Ends the wait when it is aborted. */
  readonly signal?: AbortSignal;
}

/** The state, locked by this program until it is closed. */
export interface OpenState {
  /** The current state. It changes during an apply. */
  readonly state: State;
  /**
   * Saves pending changes and releases the lock. Call it at the end, after an error too.
   *
   * @throws {@link UserError} STATE_UNWRITABLE
   */
  close(): Promise<void>;
  /** @internal */
  readonly stateWriter: StateWriter;
  /** The states of other configurations. @internal */
  readonly others: readonly OtherState[];
  /** The applies that run now. @internal */
  readonly applying: Set<symbol>;
}

/**
 * Locks the state and opens it for an apply. Open it before you call `readLive`: no other run can then make changes
 * between the reading and the apply.
 *
 * @throws {@link UserError} STATE_LOCKED; STATE_UNWRITABLE; INTERRUPTED if `signal` was aborted; and those of `readState`
 * @example
 * ```ts
 * import { loadConfig, openService, openState } from 'motherduck-accounts';
 *
 * const { desired } = await loadConfig();
 * const service = await openService({ sandbox: '.motherduck-sandbox' });
 * const state = await openState({ desired, service, wait: 60 });
 * try {
 *   console.log([...state.state.accounts.keys()]);
 * } finally {
 *   await state.close();
 * }
 * ```
 */
export async function openState(options: OpenStateOptions): Promise<OpenState> {
  const { wait = 0, onWarning = () => {}, signal } = options;
  const backend = await backendOf(
    locationOf(options),
    options.desired.state,
    backendContextOf(options.service.opened, options.service.opened.env),
  );
  const lock = await backend.lock({
    command: 'library',
    who: whoRuns(options.service.opened.env),
    waitMs: wait * 1000,
    warn: onWarning,
    ...defined({ signal }),
  });
  try {
    const { stateWriter, others } = await openFrom(backend, options);
    return {
      stateWriter,
      others,
      applying: new Set(),
      get state() {
        return stateWriter.state;
      },
      close: () => stateWriter.close().finally(() => lock.release()),
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function openFrom(backend: StateBackend, options: ReadStateOptions) {
  return openStateOf(backend, locationOf(options), options.desired, options.service.opened);
}

function locationOf({ desired, stateFile }: ReadStateOptions): StateLocation {
  return { config: desired.file, ...defined({ state: stateFile }) };
}
