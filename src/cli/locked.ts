/** Commands that change the state: under its lock, and interruptible from before the lock is taken. */
import { underStateLock } from '../engine/state.ts';
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
  return interruptible(io, (signal) =>
    underStateLock(statePath, command, options.lockTimeout ?? 0, { warn: io.warn, note: io.note, signal }, () =>
      work(signal),
    ),
  );
}
