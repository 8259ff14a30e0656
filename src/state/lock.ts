import { codeOf } from '../files/atomic.ts';
import { acquireLock, type Lock, LockedError, type LockHolder } from '../files/lock.ts';
import { lifeOf } from '../files/process.ts';
import { UserError } from '../model/user-error.ts';

/** The file of a state's lock, beside it. */
export function stateLockPath(statePath: string): string {
  return `${statePath}.lock`;
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
  warn: (message: string) => void,
): Promise<Lock> {
  const path = stateLockPath(statePath);
  try {
    return await acquireLock(path, { command }, { waitMs, onStale: (holder) => warn(takenOver(path, holder)) });
  } catch (error) {
    if (error instanceof LockedError) throw locked(statePath, error.holder);
    const hint = 'Let this user write the folder of the state file, or name another one with --state.';
    throw new UserError('STATE_UNWRITABLE', `${path} cannot be made: ${codeOf(error) ?? 'failed'}.`, hint, {
      cause: error,
    });
  }
}

function takenOver(path: string, holder: LockHolder | undefined): string {
  if (holder === undefined) return `${path} was damaged and old, so it was taken over.`;
  return `${path} was left by ${describe(holder)}, which is gone; it was taken over.`;
}

function locked(statePath: string, holder: LockHolder | undefined): UserError {
  const wait = 'Wait for it with --lock-timeout 5m';
  if (holder === undefined) {
    const message = `${statePath} is locked, and ${stateLockPath(statePath)} does not say by whom.`;
    return new UserError('STATE_LOCKED', message, `${wait}, or remove the lock with: mdacc state unlock`);
  }
  const elsewhere =
    lifeOf(holder) === 'unknown'
      ? ` It runs on another host or in another container: look there, at ${holder.host}, first.`
      : '';
  return new UserError(
    'STATE_LOCKED',
    `${statePath} is locked by ${describe(holder)}.`,
    `${wait}. If that process is gone: mdacc state unlock.${elsewhere}`,
  );
}

function describe(holder: LockHolder): string {
  return `"${holder.command}" (process ${holder.pid} on ${holder.host}, since ${holder.since})`;
}
