/** Work that changes the state: under its lock, and with interruptions heard from before the lock is had. */
import { lockState } from '../state/lock.ts';
import type { Io } from './io.ts';
import { interruptible } from './signals.ts';

export interface LockedOptions {
  /** Seconds. */
  readonly lockTimeout?: number;
}

/** Does the work and releases the lock, whatever happens. @throws UserError STATE_LOCKED, INTERRUPTED */
export function underLock<T>(
  command: string,
  statePath: string,
  options: LockedOptions,
  io: Io,
  work: (stopping: AbortSignal) => Promise<T>,
): Promise<T> {
  return interruptible(io, async (stopping) => {
    const lock = await lockState(statePath, command, (options.lockTimeout ?? 0) * 1000, io, stopping);
    try {
      return await work(stopping);
    } finally {
      await lock.release();
    }
  });
}
