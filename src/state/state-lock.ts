/** Who holds the lock of a state, of any kind. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LockHolder } from '../files/lock-file.ts';
import { monotonicMs } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import type { LockRequest, StateBackend } from './backend.ts';

/**
 * Waits until no other run holds the lock, without acquiring it: for commands that only read, and would otherwise see an
 * apply half done.
 *
 * @throws UserError STATE_LOCKED, INTERRUPTED
 */
export async function waitUnlocked(
  backend: StateBackend,
  { waitMs, note, signal }: Pick<LockRequest, 'waitMs' | 'note' | 'signal'>,
): Promise<void> {
  let isNoted = false;
  for (const end = monotonicMs() + waitMs; ; ) {
    const holder = await backend.holder();
    if (holder === undefined) return;
    const left = end - monotonicMs();
    if (left <= 0) throw backend.locked(holder);
    if (!isNoted) note?.(waitingFor(backend.name, describeHolder(holder)));
    isNoted = true;
    await sleepLocked(Math.min(backend.pollMs, left), signal);
  }
}

/** The remark of a run that waits. @param holder of the lock, in words; absent: unknown */
export function waitingFor(state: string, holder?: string): string {
  return `${state}: waiting for another run${holder === undefined ? '' : `, ${holder}`}`;
}

/** Waits before the lock is looked at again. @throws UserError INTERRUPTED */
export async function sleepLocked(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : {}).catch((error: unknown) => {
    throw signal?.aborted ? interrupted() : error;
  });
}

/** The user interrupted a run that waited for the lock. */
export function interrupted(): UserError {
  return new UserError('INTERRUPTED', 'interrupted while waiting for another run', 'Run the command again.');
}

/** A holder, for messages. */
export function describeHolder({ command, who, pid, host, since }: LockHolder): string {
  const whose = who === undefined ? '' : ` of ${who}`;
  return `"${command}"${whose} (process ${pid} on ${host}, since ${since})`;
}
