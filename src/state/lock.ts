import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeLeftovers } from '../files/atomic-write.ts';
import { acquireLock, breakLock, type Lock, LockedError, type LockHolder, readLock } from '../files/lock.ts';
import { targetOf } from '../files/paths.ts';
import { processStatus } from '../files/process.ts';
import { codeOf } from '../files/system-errors.ts';
import { UserError } from '../model/user-error.ts';

/** The file of a state's lock: beside the state, where a symbolic link to it leads, so that each way to it meets the lock. */
export async function stateLockPath(statePath: string): Promise<string> {
  try {
    const target = await targetOf(statePath);
    return `${target === resolve(statePath) ? statePath : target}.lock`;
  } catch (error) {
    const hint = 'Let this user reach the state file, or name another one with --state.';
    const message = `${statePath} cannot be reached: ${codeOf(error) ?? 'failed'}.`;
    throw new UserError('STATE_UNWRITABLE', message, hint, { cause: error });
  }
}

/**
 * Keeps other runs from this state until the lock is released. Waits for a living holder, takes over from a dead one
 * with a warning.
 *
 * @throws UserError STATE_LOCKED, or STATE_UNWRITABLE when the lock's file cannot be made.
 */
export async function lockState(
  statePath: string,
  command: string,
  waitMs: number,
  say: { readonly warn: (message: string) => void; readonly note?: (message: string) => void },
  signal?: AbortSignal,
): Promise<Lock> {
  const path = await stateLockPath(statePath);
  try {
    const lock = await acquireLock(
      path,
      { command },
      {
        waitMs,
        onStale: (holder) => say.warn(takenOver(path, holder)),
        onWait: (holder) => say.note?.(`${statePath}: waiting for another run${holder ? `, ${describe(holder)}` : ''}`),
        ...(signal ? { signal } : {}),
      },
    );
    // What a killed run left beside the state goes now: this run may have nothing to write.
    await removeLeftovers(await targetOf(statePath));
    return lock;
  } catch (error) {
    if (error instanceof LockedError) throw locked(statePath, path, error.holder);
    if (signal?.aborted)
      throw new UserError('INTERRUPTED', 'interrupted while waiting for another run', 'Run it again.');
    const hint = 'Let this user write the folder of the state file, or name another one with --state.';
    throw new UserError('STATE_UNWRITABLE', `${path} cannot be made: ${codeOf(error) ?? 'failed'}.`, hint, {
      cause: error,
    });
  }
}

function takenOver(path: string, holder: LockHolder | undefined): string {
  if (holder === undefined) return `${path} was damaged and old, so the lock was replaced.`;
  return `${path} was left by ${describe(holder)}, which is gone; the lock was replaced.`;
}

function locked(statePath: string, path: string, holder: LockHolder | undefined): UserError {
  const wait = 'Wait for it with --lock-timeout 5m';
  if (holder === undefined) {
    const message = `${statePath} is locked, and ${path} does not say by whom.`;
    return new UserError('STATE_LOCKED', message, `${wait}, or remove the lock with: mdacc state unlock`);
  }
  return new UserError(
    'STATE_LOCKED',
    `${statePath} is locked by ${describe(holder)}.`,
    `${wait}. If that process is gone: mdacc state unlock.${elsewhere(holder)}`,
  );
}

function elsewhere(holder: LockHolder): string {
  if (processStatus(holder) !== 'unknown') return '';
  return holder.host === hostname()
    ? ' It may run on another machine of this name or in another container, or be from before this one was started: make sure first.'
    : ` It runs on another host or in another container: look there, at ${holder.host}, first.`;
}

function describe(holder: LockHolder): string {
  return `"${holder.command}" (process ${holder.pid} on ${holder.host}, since ${holder.since})`;
}

/**
 * Waits until no other run holds the lock, without taking it: for those who only read, and whose reading would be half
 * of what that run does.
 *
 * @throws UserError STATE_LOCKED
 */
export async function waitUnlocked(statePath: string, waitMs: number): Promise<void> {
  const path = await stateLockPath(statePath);
  for (const end = performance.now() + waitMs; ; await sleep(LOOK_AGAIN_MS)) {
    const found = await readLock(path);
    if (found === undefined || found === 'damaged' || processStatus(found) === 'dead') return;
    if (performance.now() >= end) throw locked(statePath, path, found);
  }
}

const LOOK_AGAIN_MS = 200;

/** Where the system does not tell when a process began, another one may have its number now. */
function stopping(holder: LockHolder | undefined): string {
  const command = process.platform === 'win32' ? `taskkill /pid ${holder?.pid} /f` : `kill ${holder?.pid}`;
  return holder?.started === undefined
    ? `${command}. If that is another program, remove the lock's file yourself.`
    : command;
}

/**
 * Removes a lock that a run left behind; `ask` is asked where it cannot be known that its process is gone. Gives what was
 * done, in words.
 *
 * @throws UserError STATE_LOCKED when its process lives
 */
export async function unlockState(statePath: string, ask: (question: string) => Promise<void>): Promise<string> {
  const path = await stateLockPath(statePath);
  const found = await readLock(path);
  if (found === undefined) return `${statePath} is not locked.`;
  const holder = found === 'damaged' ? undefined : found;
  const life = holder === undefined ? 'unknown' : processStatus(holder);
  const whose = holder === undefined ? 'a process that it does not name' : describe(holder);
  if (life === 'alive') {
    const message = `${statePath} is locked by ${whose}, which is running.`;
    throw new UserError('STATE_LOCKED', message, `Let it end, or stop it first: ${stopping(holder)}`);
  }
  if (life === 'unknown') await ask(`The lock is held by ${whose}. Is that gone for certain?`);
  await breakLock(path);
  return `Removed the lock of ${whose}.`;
}
