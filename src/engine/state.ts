/** The location of the state, and work under its lock. */
import { repositoryPath } from '../files/paths.ts';
import type { Desired } from '../model/desired.ts';
import type { Scope } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import type { Seconds } from '../model/time.ts';
import { ownState, refuseLeftState } from '../state/read-state.ts';
import { openState, type StateFile } from '../state/state-file.ts';
import { lockHolder, lockState } from '../state/state-lock.ts';
import type { RunContext, Service } from './service.ts';

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

/**
 * Opens the state of a configuration and an organization.
 *
 * @throws UserError STATE_NEWER, STATE_FOREIGN or STATE_INVALID
 */
export async function openStateOf(
  location: StateLocation,
  { organization }: Pick<Desired, 'organization'>,
  { isSandbox, sandboxId }: Pick<Service, 'isSandbox' | 'sandboxId'>,
): Promise<StateFile> {
  const file = statePath(location);
  const of = { sandbox: isSandbox, configuration: location.config, ...(sandboxId === undefined ? {} : { sandboxId }) };
  const opened = await openState(file, organization, of);
  if (location.state === undefined && opened.state.serial === 0) await refuseLeftState(file, opened.state);
  return opened;
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
  desired: Pick<Desired, 'organization'>,
  service: Pick<Service, 'isSandbox' | 'sandboxId'>,
): Promise<StateNow> {
  const holder = await lockHolder(statePath(location));
  const { state } = await openStateOf(location, desired, service);
  return { state, ...(holder === undefined ? {} : { holder }) };
}

/** What a command is about, for its report. */
export function scopeOf(location: StateLocation, only: readonly string[] | undefined): Scope {
  return {
    configuration: repositoryPath(location.config),
    state: repositoryPath(statePath(location)),
    ...(only ? { only } : {}),
  };
}

/**
 * Locks the state, does the work, and releases the lock even if the work throws.
 *
 * @param holder the name that another run is shown while the state is locked
 * @param wait how long to wait for another run, in seconds
 * @throws UserError STATE_LOCKED, INTERRUPTED
 */
export async function underStateLock<T>(
  file: string,
  holder: string,
  wait: Seconds,
  context: RunContext,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await lockState(file, holder, wait * 1000, context, context.signal);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
