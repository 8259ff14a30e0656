/** The lock of a state file: a file beside it. */
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { removeLeftovers } from '../../../files/atomic-write.ts';
import { writableTarget } from '../../../files/links.ts';
import {
  acquireLock,
  breakLock,
  heldLock,
  type Lock,
  LockedError,
  lockIdentity,
  readLock,
} from '../../../files/lock.ts';
import type { LockHolder } from '../../../files/lock-file.ts';
import { processStatus } from '../../../files/process.ts';
import { errnoOf, writeFix } from '../../../files/system-errors.ts';
import { defined } from '../../../model/defined.ts';
import { UserError } from '../../../model/user-error.ts';
import type { LockRequest } from '../../backend.ts';
import { describeHolder, interrupted, waitingFor } from '../../state-lock.ts';

/** The path of a state's lock file: beside the target of symbolic links, so that each path to the state has the same lock. @throws UserError STATE_UNWRITABLE */
export async function lockFileOf(statePath: string): Promise<string> {
  try {
    const target = await writableTarget(statePath);
    return `${target === resolve(statePath) ? statePath : target}.lock`;
  } catch (error) {
    if (error instanceof UserError) throw error;
    const hint = 'Give this user access to the folder of the state file, or name another state file with --state.';
    const message = `${statePath} cannot be reached: ${errnoOf(error) ?? 'failed'}`;
    throw new UserError('STATE_UNWRITABLE', message, hint, { cause: error });
  }
}

/**
 * Locks the state for this run. Waits for a running holder; replaces the lock of an ended one with a warning.
 *
 * @throws UserError STATE_LOCKED; INTERRUPTED when the signal is aborted; STATE_UNWRITABLE when the lock file cannot be created.
 */
export async function lockState(statePath: string, request: LockRequest): Promise<Lock> {
  const { command, who, waitMs, warn, note, signal } = request;
  const path = await lockFileOf(statePath);
  try {
    const lock = await acquireLock(
      path,
      { command, who },
      {
        waitMs,
        onStale: (holder) => warn(replaced(path, holder)),
        onWait: (holder) => note?.(waitingFor(statePath, holder && describeHolder(holder))),
        ...defined({ signal }),
      },
    );
    // Remove temporary files of killed runs now: this run may have nothing to write.
    await removeLeftovers(await writableTarget(statePath));
    return lock;
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof LockedError) throw fileLocked(statePath, error.holder);
    if (signal?.aborted) throw interrupted();
    const fix =
      errnoOf(error) === 'ENOENT'
        ? `Create the folder ${dirname(path)}`
        : 'Give this user write access to the folder of the state file';
    const hint = writeFix(error, `${fix}, or name another state file with --state.`);
    throw new UserError('STATE_UNWRITABLE', `${path} cannot be created: ${errnoOf(error) ?? 'failed'}`, hint, {
      cause: error,
    });
  }
}

function replaced(path: string, holder: LockHolder | undefined): string {
  if (holder === undefined) return `${path} was damaged and old, so the lock was replaced`;
  return `${path} was left by ${describeHolder(holder)}, which has ended; the lock was replaced`;
}

/** The error that names the holder; undefined: the lock's file is damaged. */
export function fileLocked(statePath: string, holder: LockHolder | undefined): UserError {
  const message =
    holder === undefined
      ? `${statePath} is locked by an unknown process: ${statePath}.lock is damaged`
      : `${statePath} is locked by ${describeHolder(holder)}`;
  const text = `Wait with --lock-timeout 5m.${holder === undefined ? '' : elsewhere(holder)} If that process has ended, remove the lock.`;
  return new UserError('STATE_LOCKED', message, { text, command: ['state', 'unlock'] });
}

function elsewhere(holder: LockHolder): string {
  if (processStatus(holder) !== 'unknown') return '';
  return holder.host === hostname()
    ? ' The process may run on another machine of this name, in another container, or may have ended with a restart: check first.'
    : ` The process runs on another host or in another container: check on ${holder.host} first.`;
}

/** The run that holds the lock, unless it has certainly ended; undefined too when the lock's file is damaged. */
export async function fileHolder(statePath: string): Promise<LockHolder | undefined> {
  const holder = await readLock(await lockFileOf(statePath));
  return holder === undefined || holder === 'damaged' || processStatus(holder) === 'dead' ? undefined : holder;
}

/** Why no run can have the lock now; undefined when it is free, or its holder has ended. */
export async function fileRefusal(statePath: string): Promise<UserError | undefined> {
  const found = await heldLock(await lockFileOf(statePath));
  return found && fileLocked(statePath, found.holder);
}

/** How to stop the holder. Where the lock has no start time of the process, another one may have its pid now. */
function stopHint(holder: LockHolder | undefined): string {
  const command = process.platform === 'win32' ? `taskkill /pid ${holder?.pid} /f` : `kill ${holder?.pid}`;
  return holder?.started === undefined
    ? `${command}. If that is another program, remove the lock file yourself.`
    : command;
}

/**
 * Removes a lock that a run left behind. Calls `ask` when it is unknown whether the holder has ended.
 *
 * @returns What was done, as a message.
 * @throws UserError STATE_LOCKED when the holder is running; what `ask` throws.
 */
export async function unlockState(statePath: string, ask: (question: string) => Promise<void>): Promise<string> {
  const path = await lockFileOf(statePath);
  // Before its holder, so that a lock that another run acquires between the two is not removed.
  const identity = await lockIdentity(path);
  const found = await readLock(path);
  if (found === undefined || identity === undefined) return `${statePath} is not locked.`;
  const holder = found === 'damaged' ? undefined : found;
  const status = holder === undefined ? 'unknown' : processStatus(holder);
  const owner = holder === undefined ? 'an unknown process' : describeHolder(holder);
  if (status === 'alive') {
    const message = `${statePath} is locked by ${owner}, which is running`;
    throw new UserError('STATE_LOCKED', message, `Wait until it ends, or stop it: ${stopHint(holder)}`);
  }
  if (status === 'unknown') await ask(`The lock is held by ${owner}. Has that process certainly ended?`);
  if ((await breakLock(path, identity)) === undefined) return unlockState(statePath, ask);
  return `Removed the lock of ${owner}.`;
}
