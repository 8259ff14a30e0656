/** Ctrl-C, SIGTERM and a closed terminal: the first asks to stop after the calls in flight, the second stops at once. */
import { underStateLock } from '../engine/state.ts';
import type { Io } from './io.ts';
import { EXIT } from './run.ts';

/** Whether somebody is being asked, so that nothing is in flight. */
let isAsking = false;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `work` with a signal that the first interruption aborts. Stopping at once is safe too: the state has the intents. */
export async function interruptible<T>(io: Io, work: (stopping: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) {
      io.changing.clear();
      process.exit(EXIT.interrupted);
    }
    if (!isAsking)
      io.note('Interrupted: finishing the requests in flight, then saving the state. Interrupt again to stop at once.');
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

/** Waits for an answer: an interruption meanwhile finds nothing under way. */
export async function whileAsking<T>(answer: () => Promise<T>): Promise<T> {
  isAsking = true;
  try {
    return await answer();
  } finally {
    isAsking = false;
  }
}

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
