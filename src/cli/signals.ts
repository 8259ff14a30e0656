/** Interruptions by Ctrl-C, SIGTERM or a closed terminal, and work under the lock of the state. */
import { underStateLock, whoRuns } from '../engine/run-lock.ts';
import { commandText } from '../report/hint.ts';
import type { StateBackend } from '../state/backend.ts';
import { waitUnlocked } from '../state/state-lock.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

/** Whether a question is open, so that no calls are in flight. */
let isAsking = false;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `work` with a signal that the first interruption aborts: calls in flight are finished. The second ends the process at
 * once, which is safe too, because the state holds the intents.
 */
export async function interruptible<T>(io: Io, work: (stopping: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) {
      io.changing.clear();
      const command = commandText(['plan'], io.inContext);
      io.note(`Stopped at once. The next run finds what this one did; to see what is left: ${command}`);
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

/** Waits for an answer. An interruption meanwhile prints no remark, because nothing is in flight. */
export async function whileAsking<T>(answer: () => Promise<T>): Promise<T> {
  isAsking = true;
  try {
    return await answer();
  } finally {
    isAsking = false;
  }
}

/** The options of a command that needs the lock of the state. */
interface LockedOptions {
  /** Seconds. */
  readonly lockTimeout?: number;
}

/** Waits until no other run holds the lock of the state, for work that changes nothing. @throws UserError STATE_LOCKED, INTERRUPTED */
export function waitForOtherRun(backend: StateBackend, { lockTimeout = 0 }: LockedOptions, io: Io): Promise<void> {
  return interruptible(io, (signal) => waitUnlocked(backend, { waitMs: lockTimeout * 1000, note: io.note, signal }));
}

/** Does the work under the lock of the state, which is released even if the work throws. @throws UserError STATE_LOCKED, INTERRUPTED */
export function interruptibleUnderLock<T>(
  command: string,
  backend: StateBackend,
  options: LockedOptions,
  io: Io,
  work: (stopping: AbortSignal) => Promise<T>,
): Promise<T> {
  return interruptible(io, (signal) =>
    underStateLock(
      backend,
      { command, who: whoRuns(io.env) },
      options.lockTimeout ?? 0,
      { warn: io.warn, note: io.note, signal },
      () => work(signal),
    ),
  );
}
