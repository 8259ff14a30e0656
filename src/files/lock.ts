import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../model/time.ts';
import { removeLeftovers } from './atomic-write.ts';
import {
  createLockFile,
  type LockFile,
  type LockHolder,
  readLockFile,
  removeFile,
  replaceLockFile,
} from './lock-file.ts';
import { processStatus, thisProcess } from './process.ts';

/** An acquired lock. */
export interface Lock {
  readonly path: string;
  readonly holder: LockHolder;
  /** Removes the lock file if it is still this lock's. May be called twice. */
  release(): Promise<void>;
}

/** How often a lock that is held is tried again, in milliseconds. */
export const LOCK_POLL_MS = 200;

/** How to wait for a lock. */
interface LockOptions {
  /** How long to wait for another holder, in milliseconds; 0: not at all. */
  readonly waitMs: number;
  /** How often to try again, in milliseconds; LOCK_POLL_MS by default. */
  readonly pollMs?: number;
  /** Called once, when the lock is held by another process and is waited for. */
  readonly onWait?: (holder: LockHolder | undefined) => void;
  /** Stops waiting, with an AbortError. */
  readonly signal?: AbortSignal;
  /** Called when the lock of an ended process was replaced; without a holder when its file was damaged. */
  readonly onStale?: (holder: LockHolder | undefined) => void;
}

/** Another process holds the lock. The holder is absent when its file is damaged. */
export class LockedError extends Error {
  readonly path: string;
  readonly holder: LockHolder | undefined;

  constructor(path: string, holder: LockHolder | undefined) {
    super(
      `${path} is held by ${holder === undefined ? 'an unknown process' : `process ${holder.pid} on ${holder.host}`}`,
    );
    this.name = 'LockedError';
    this.path = path;
    this.holder = holder;
  }
}

/**
 * Acquires the lock whose file is `path`: waits for a running holder and replaces the lock of an ended one.
 *
 * @throws LockedError when the wait is over; AbortError; the system's error when the file cannot be created.
 */
export async function acquireLock(
  path: string,
  about: { readonly command: string; readonly who?: string },
  options: LockOptions,
): Promise<Lock> {
  const end = monotonicMs() + options.waitMs;
  const holder: LockHolder = { ...thisProcess(), ...about, since: new Date().toISOString() };
  // The id makes the text of each lock unique.
  const text = `${JSON.stringify({ ...holder, id: randomUUID() })}\n`;
  await removeLeftovers(path);
  let isWaiting = false;
  for (;;) {
    const other = await tryAcquire(path, text, options.onStale);
    if (other === undefined) return { path, holder, release: () => removeIfOwn(path, text) };
    const left = end - monotonicMs();
    if (left <= 0) throw new LockedError(path, other.holder);
    if (!isWaiting) options.onWait?.(other.holder);
    isWaiting = true;
    await pause(
      Math.min(options.pollMs ?? LOCK_POLL_MS, left),
      undefined,
      options.signal ? { signal: options.signal } : {},
    );
  }
}

/** The holder of the lock; undefined: it is free; `damaged`: its file cannot be understood. @throws The system's error. */
export async function readLock(path: string): Promise<LockHolder | 'damaged' | undefined> {
  const found = await readLockFile(path);
  return found === undefined ? undefined : (found.holder ?? 'damaged');
}

/** The lock unless a process can acquire it now; without a holder where its file is damaged. @throws The system's error. */
export async function heldLock(path: string): Promise<Pick<LockFile, 'holder'> | undefined> {
  const found = await readLockFile(path);
  return found === undefined || (await isStale(path, found)) ? undefined : found;
}

/** Identifies the present holder of the lock; undefined: the lock is free. @throws The system's error. */
export async function lockIdentity(path: string): Promise<string | undefined> {
  return (await readLockFile(path))?.text;
}

/**
 * Removes the lock when the user knows that its process has ended.
 *
 * @param identity Its `lockIdentity` as it was looked at: one that was acquired since is left alone. Left out: whichever it is.
 * @returns Its holder; undefined when nothing was removed.
 */
export async function breakLock(path: string, identity?: string): Promise<LockHolder | 'damaged' | undefined> {
  return await alone(path, async () => {
    const found = await readLockFile(path);
    if (found === undefined || (identity !== undefined && found.text !== identity)) return undefined;
    await removeFile(path);
    return found.holder ?? 'damaged';
  });
}

/** One attempt: undefined when the lock was acquired, else the lock file of the other holder. */
async function tryAcquire(path: string, text: string, onStale: LockOptions['onStale']): Promise<LockFile | undefined> {
  for (;;) {
    const found = await readLockFile(path);
    if (found === undefined) {
      if (await createLockFile(path, text)) return undefined;
    } else if (!(await isStale(path, found))) {
      return found;
    } else if (await replace(path, found, text)) {
      onStale?.(found.holder);
      return undefined;
    }
  }
}

/**
 * Replaces a stale lock by this process's. Two processes must not both believe that they replaced it, nor replace each
 * other's lock: so this happens under a second lock, after reading the file again, and by a rename that leaves no gap.
 */
async function replace(path: string, stale: LockFile, text: string): Promise<boolean> {
  return await alone(path, async () => {
    if ((await readLockFile(path))?.text !== stale.text) return false;
    await replaceLockFile(path, text);
    return true;
  });
}

/** The lock of a file is beside it; while that is replaced, the lock of the lock; and where processes died meanwhile, one for each of them. */
const LOCK_ENDINGS = '.lock.takeover999999999';

/** How many bytes the name of a file may have for its lock's name to fit into the 255 of file systems. */
export const LOCKABLE_NAME_BYTES = 255 - LOCK_ENDINGS.length;

/** The name of the lock under which a lock is replaced; numbered, so that it stays short: `.takeover`, `.takeover2`, `.takeover3`. */
function takeoverOf(path: string): string {
  const [ending, number] = /\.takeover(\d*)$/.exec(path) ?? [];
  return ending === undefined
    ? `${path}.takeover`
    : `${path.slice(0, -ending.length)}.takeover${Number(number || 1) + 1}`;
}

/** Runs `act` while no other process replaces or breaks this lock. The second lock may be stale itself. */
async function alone<T>(path: string, act: () => Promise<T>): Promise<T> {
  const claim = await acquireLock(takeoverOf(path), { command: 'takeover' }, { waitMs: 5000, pollMs: 20 });
  try {
    return await act();
  } finally {
    await claim.release();
  }
}

/** Without links, a damaged lock file younger than this may be one that is still being written; milliseconds. */
const BEING_WRITTEN_MS = 10_000;

async function isStale(path: string, found: LockFile): Promise<boolean> {
  if (found.holder !== undefined) return processStatus(found.holder) === 'dead';
  const facts = await stat(path).catch(() => undefined);
  return facts !== undefined && Date.now() - facts.mtimeMs > BEING_WRITTEN_MS;
}

async function removeIfOwn(path: string, text: string): Promise<void> {
  if ((await readLockFile(path))?.text === text) await removeFile(path);
}
