/** Opens the state of a configuration, and the service beside it. */
import { existsSync } from 'node:fs';
import type { LockHolder } from '../files/lock-file.ts';
import { defined } from '../model/defined.ts';
import type { Desired } from '../model/desired.ts';
import type { State } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import type { StateBackend } from '../state/backend.ts';
import { type OpenedState, openState } from '../state/opened-state.ts';
import { type OtherState, otherStates, refuseUnmoved, statesInRepository } from '../state/other-states.ts';
import { refuseLeftState } from '../state/read-state.ts';
import { refuseRemovedState } from '../state/removed-state.ts';
import {
  type OpenedService,
  type OpenServiceOptions,
  openService,
  type SandboxLocation,
  type ServiceContext,
  sandboxFolder,
} from './service.ts';
import { backendContextOf, backendOf, type StateLocation } from './state-location.ts';

/** The state of a configuration, and those of others, with which it must not share accounts. */
export interface OpenedStates {
  readonly stateWriter: OpenedState;
  readonly others: readonly OtherState[];
}

/**
 * Opens the state of a configuration and an organization, and reads those of other configurations.
 *
 * @throws UserError STATE_NEWER, STATE_FOREIGN or STATE_INVALID
 */
export async function openStateOf(
  backend: StateBackend,
  location: StateLocation,
  { organization }: Pick<Desired, 'organization'>,
  { isSandbox, sandboxId, sandboxFolder }: Pick<OpenedService, 'isSandbox' | 'sandboxId' | 'sandboxFolder'>,
): Promise<OpenedStates> {
  const of = {
    sandbox: isSandbox,
    configuration: location.config,
    ...defined({ sandboxId, sandboxFolder }),
  };
  // git answers while the state is read.
  const tracked = statesInRepository(location.config);
  const stateWriter = await openState(backend, organization, of);
  const { state } = stateWriter;
  const { file, name } = backend;
  if (file !== undefined && state.serial === 0) await refuseRemovedState(file, state);
  if (location.state === undefined) {
    if (file === undefined) await refuseUnmoved(name, location.config, state, await tracked);
    else if (state.serial === 0) await refuseLeftState(file, state);
  }
  const others = await otherStates(location.config, file, state, await tracked);
  return { stateWriter, others };
}

/**
 * Opens the service. No sandbox is created beside a state that is bound to another one, or to MotherDuck.
 *
 * @throws UserError STATE_FOREIGN, or as `openService`
 */
export async function openServiceFor(
  options: OpenServiceOptions & SandboxLocation & StateLocation,
  desired: Pick<Desired, 'organization' | 'state'>,
  context: ServiceContext,
): Promise<OpenedService> {
  const folder = sandboxFolder(options, context.env);
  if (options.sandbox && !existsSync(folder)) await refuseNewSandbox(options, desired, context.env, folder);
  return openService(options, context);
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
  /** The run that holds the lock, or this program. */
  readonly holder?: LockHolder | 'this program';
}

/** Reads the state again, and who holds its lock. A run that ends meanwhile is still named. */
export async function readStateNow(
  location: StateLocation,
  desired: Pick<Desired, 'organization' | 'state'>,
  service: Pick<OpenedService, 'isSandbox' | 'sandboxId' | 'sandboxFolder' | 'admin'>,
  env: NodeJS.ProcessEnv,
): Promise<StateNow> {
  const backend = await backendOf(location, desired.state, backendContextOf(service, env));
  const holder = await backend.holder();
  const { stateWriter } = await openStateOf(backend, location, desired, service);
  return { state: stateWriter.state, ...defined({ holder }) };
}
