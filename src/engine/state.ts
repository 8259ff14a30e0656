/** The location of the state, and work under its lock. */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { loadStateConfig } from '../config/load.ts';
import { repositoryPath } from '../files/paths.ts';
import type { Desired, StateConfig } from '../model/desired.ts';
import type { Scope } from '../model/plan.ts';
import type { RevokesOld } from '../model/planned-token.ts';
import { ownState, type State } from '../model/state.ts';
import type { Seconds } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import type { StateBackend } from '../state/backend.ts';
import { openBackend } from '../state/backends.ts';
import { fileBackend } from '../state/kinds/file.ts';
import { type OpenedState, openState } from '../state/opened-state.ts';
import { otherStates, refuseUnmoved, statesInRepository } from '../state/other-states.ts';
import { refuseLeftState } from '../state/read-state.ts';
import { refuseRemovedState } from '../state/removed-state.ts';
import type { StateContext } from '../state/state-kind.ts';
import { lockHolder } from '../state/state-lock.ts';
import {
  openService,
  type RunContext,
  type SandboxLocation,
  type Service,
  type ServiceOptions,
  type Surroundings,
  sandboxFolder,
} from './service.ts';

export interface StateLocation {
  /** The main file of the configuration. */
  readonly config: string;
  /** The state's file; beside the configuration unless given. */
  readonly state?: string;
}

/** The path of the state: as given, or beside the configuration and named after it. */
export function statePath({ config, state }: StateLocation): string {
  return state ?? ownState(config);
}

/** What a state may need to be opened. */
export type StateSurroundings = Pick<StateContext, 'env' | 'admin'>;

/** For a state that is opened before the service, or without: where it is at MotherDuck, it opens a service of its own. */
export function surroundingsOf(options: ServiceOptions & SandboxLocation, io: Surroundings): StateSurroundings {
  const admin = async () => {
    const service = await openService(options, io);
    return { ...service.admin, close: () => service.close() };
  };
  return { env: io.env, admin };
}

/** For a state beside an open service. */
export function beside({ admin }: Pick<Service, 'admin'>, env: NodeJS.ProcessEnv): StateSurroundings {
  return { env, admin: async () => admin };
}

/**
 * Where the state is kept: in the file that was named, else as the configuration says, else in a file beside it. One run uses
 * one backend: it remembers what it read.
 *
 * @throws UserError STATE_UNREACHABLE: the library of the kind is missing
 */
export async function backendOf(
  location: StateLocation,
  config: StateConfig | undefined,
  context: StateSurroundings,
): Promise<StateBackend> {
  const path = statePath(location);
  if (location.state !== undefined || config === undefined) return fileBackend(path);
  const http = async () => (await import('./state-http.ts')).stateHttp(context.env);
  return openBackend(config, { ...context, defaultFile: path, http });
}

/** As `backendOf`, for a command that does not read the whole configuration, which may be missing. */
export async function backendAt(
  location: StateLocation & { readonly allowEnv?: readonly string[] },
  context: StateSurroundings,
): Promise<StateBackend> {
  const isElsewhere = location.state === undefined && existsSync(location.config);
  const config = isElsewhere ? await loadStateConfig(location.config, context.env, location.allowEnv) : undefined;
  return backendOf(location, config, context);
}

/**
 * Opens the state of a configuration and an organization.
 *
 * @throws UserError STATE_NEWER, STATE_FOREIGN or STATE_INVALID
 */
export async function openStateOf(
  backend: StateBackend,
  location: StateLocation,
  { organization }: Pick<Desired, 'organization'>,
  { isSandbox, sandboxId, sandboxFolder }: Pick<Service, 'isSandbox' | 'sandboxId' | 'sandboxFolder'>,
): Promise<OpenedState> {
  const of = {
    sandbox: isSandbox,
    configuration: location.config,
    ...(sandboxId === undefined ? {} : { sandboxId }),
    ...(sandboxFolder === undefined ? {} : { sandboxFolder }),
  };
  // git answers while the state is read.
  const tracked = statesInRepository(location.config);
  const opened = await openState(backend, organization, of);
  const { file, name } = backend;
  if (file !== undefined && opened.state.serial === 0) await refuseRemovedState(file, opened.state);
  if (location.state === undefined) {
    if (file === undefined) await refuseUnmoved(name, location.config, opened.state, await tracked);
    else if (opened.state.serial === 0) await refuseLeftState(file, opened.state);
  }
  opened.others = await otherStates(location.config, file, opened.state, await tracked);
  return opened;
}

/**
 * Opens the service. No sandbox is created beside a state that is bound to another one, or to MotherDuck.
 *
 * @throws UserError STATE_FOREIGN, or as `openService`
 */
export async function openServiceFor(
  options: ServiceOptions & SandboxLocation & StateLocation,
  desired: Pick<Desired, 'organization' | 'state'>,
  io: Surroundings,
): Promise<Service> {
  const folder = sandboxFolder(options, io.env);
  if (options.sandbox && !existsSync(folder)) await refuseNewSandbox(options, desired, io.env, folder);
  return openService(options, io);
}

/** As of a sandbox that no state is bound to yet. What else is wrong is said when the state is opened. */
async function refuseNewSandbox(
  location: StateLocation,
  { organization, state }: Pick<Desired, 'organization' | 'state'>,
  env: NodeJS.ProcessEnv,
  sandboxFolder: string,
): Promise<void> {
  const admin = () => Promise.reject(new UserError('SANDBOX_FAILED', 'there is no sandbox yet', 'Create it.'));
  try {
    const backend = await backendOf(location, state, { env, admin });
    const of = { sandbox: true, sandboxId: 'new', sandboxFolder, configuration: location.config };
    await openState(backend, organization, of);
  } catch (error) {
    if (error instanceof UserError && error.code !== 'STATE_FOREIGN') return;
    throw error;
  }
}

/** The state at this moment, and who is changing it. */
export interface StateNow {
  readonly state: State;
  /** The run that holds the lock, in words. */
  readonly holder?: string;
}

/** Reads the state again, and who holds its lock. A run that ends meanwhile is still named. */
export async function readStateNow(
  location: StateLocation,
  desired: Pick<Desired, 'organization' | 'state'>,
  service: Pick<Service, 'isSandbox' | 'sandboxId' | 'sandboxFolder' | 'admin'>,
  env: NodeJS.ProcessEnv,
): Promise<StateNow> {
  const backend = await backendOf(location, desired.state, beside(service, env));
  const holder = await lockHolder(backend);
  const { state } = await openStateOf(backend, location, desired, service);
  return { state, ...(holder === undefined ? {} : { holder }) };
}

/** What a command is about, for its report. */
export function scopeOf(
  { config }: StateLocation,
  { file, name }: Pick<StateBackend, 'file' | 'name'>,
  { only, rotate, revokeOld, destroy }: Pick<Scope, 'only' | 'rotate'> & { revokeOld?: RevokesOld; destroy?: boolean },
): Scope {
  return {
    configuration: repositoryPath(config),
    state: file === undefined ? name : repositoryPath(file),
    ...(only ? { only } : {}),
    ...(rotate ? { rotate } : {}),
    ...(revokeOld ? { revoke_old: revokeOld } : {}),
    ...(destroy ? { destroy } : {}),
  };
}

/** Who runs a command: the URL of a CI job, or the user. */
export function whoRuns(env: NodeJS.ProcessEnv): string {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID, CI_JOB_URL, BUILD_URL } = env;
  if (GITHUB_SERVER_URL && GITHUB_REPOSITORY && GITHUB_RUN_ID) {
    return `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
  }
  return CI_JOB_URL || BUILD_URL || userName();
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'an unknown user'; // The user id has no name, as in some containers.
  }
}

/**
 * Locks the state, does the work, and releases the lock even if the work throws.
 *
 * @param command which another run is shown while the state is locked
 * @param wait how long to wait for another run, in seconds
 * @throws UserError STATE_LOCKED, INTERRUPTED
 */
export async function underStateLock<T>(
  backend: StateBackend,
  { command, who }: { readonly command: string; readonly who: string },
  wait: Seconds,
  { warn, note, signal }: RunContext,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await backend.lock({
    command,
    who,
    waitMs: wait * 1000,
    warn,
    ...(note ? { note } : {}),
    ...(signal ? { signal } : {}),
  });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
