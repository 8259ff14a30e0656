/** The location of the state, and work under its lock. */
import path from 'node:path';
import { repositoryPath } from '../files/paths.ts';
import type { Scope } from '../model/plan.ts';
import type { Seconds } from '../model/time.ts';
import { lockState } from '../state/state-lock.ts';
import type { Context } from './service.ts';

export interface StateLocation {
  /** The main file of the configuration. */
  readonly config: string;
  /** The state's file; beside the configuration unless given. */
  readonly state?: string;
}

/** The path of the state: as given, or beside the configuration. */
export function statePath({ config, state }: StateLocation): string {
  return state ?? path.join(path.dirname(config), 'motherduck.accounts.state.json');
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
  context: Context,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await lockState(file, holder, wait * 1000, context, context.signal);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
