/** Who holds the lock of a state, of any kind. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LockHolder } from '../files/lock.ts';
import { monotonicMs } from '../model/time.ts';
import type { StateBackend } from './backend.ts';

/**
 * Waits until no other run holds the lock, without acquiring it: for commands that only read, and would otherwise see an
 * apply half done.
 *
 * @param waitMs How long to wait, in milliseconds.
 * @throws UserError STATE_LOCKED
 */
export async function waitUnlocked(backend: StateBackend, waitMs: number): Promise<void> {
  for (const end = monotonicMs() + waitMs; ; ) {
    const holder = await backend.holder();
    if (holder === undefined) return;
    const left = end - monotonicMs();
    if (left <= 0) throw backend.locked(holder);
    await sleep(Math.min(backend.pollMs, left));
  }
}

/** Names the running process that holds the lock of a state; undefined when none does. */
export async function lockHolder(backend: StateBackend): Promise<string | undefined> {
  const holder = await backend.holder();
  return holder && backend.locked(holder).message;
}

/** A holder, for messages. */
export function describeHolder({ command, who, pid, host, since }: LockHolder): string {
  const whose = who === undefined ? '' : ` of ${who}`;
  return `"${command}"${whose} (process ${pid} on ${host}, since ${since})`;
}
