import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { removeLeftovers } from './atomic-write.ts';
import {
  createLockFile,
  type Found,
  type LockHolder,
  lookAtLockFile,
  removeFile,
  replaceLockFile,
} from './lock-file.ts';
import { lifeOf, thisProcess } from './process.ts';

export type { LockHolder } from './lock-file.ts';

export interface Lock {
  readonly path: string;
  readonly holder: LockHolder;
  /** Removes the lock's file, when it is still this lock's. Doing it twice is allowed. */
  release(): Promise<void>;
}

export interface LockOptions {
  /** How long to wait for another holder; 0: not at all. */
  readonly waitMs: number;
  readonly pollMs?: number;
  /** Called once, when somebody else holds it and is waited for. */
  readonly onWait?: (holder: LockHolder | undefined) => void;
  /** Ends the waiting, with an AbortError. */
  readonly signal?: AbortSignal;
  /** Called when a lock is taken over whose process is gone; without a holder when its file is damaged. */
  readonly onStale?: (holder: LockHolder | undefined) => void;
}

/** Someone else holds the lock. The holder is absent when its file cannot be understood. */
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
 * Takes the lock whose file is `path`, waiting for a living holder and taking over from a dead one.
 *
 * @throws LockedError when the wait is over; the system's error when the file cannot be made.
 */
export async function acquireLock(path: string, about: { command: string }, options: LockOptions): Promise<Lock> {
  const end = performance.now() + options.waitMs;
  const holder: LockHolder = { ...thisProcess(), command: about.command, since: new Date().toISOString() };
  // The id makes the text of each lock the only one of its kind.
  const text = `${JSON.stringify({ ...holder, id: randomUUID() })}\n`;
  await removeLeftovers(path);
  let isWaiting = false;
  for (;;) {
    const held = await take(path, text, options.onStale);
    if (held === undefined) return { path, holder, release: () => removeIfOwn(path, text) };
    const left = end - performance.now();
    if (left <= 0) throw new LockedError(path, held.holder);
    if (!isWaiting) options.onWait?.(held.holder);
    isWaiting = true;
    await pause(Math.min(options.pollMs ?? 200, left), undefined, options.signal ? { signal: options.signal } : {});
  }
}

/** Who holds the lock now; undefined: nobody; `damaged`: a file that does not say. */
export async function readLock(path: string): Promise<LockHolder | 'damaged' | undefined> {
  const found = await lookAtLockFile(path);
  return found === undefined ? undefined : (found.holder ?? 'damaged');
}

/** Removes the lock whoever holds it: for a person who knows that its process is gone. Tells whose it was. */
export async function breakLock(path: string): Promise<LockHolder | 'damaged' | undefined> {
  return await alone(path, async () => {
    const broken = await readLock(path);
    await removeFile(path);
    return broken;
  });
}

/** One try. Gives undefined when the lock is ours now, else what stands in the way. */
async function take(path: string, text: string, onStale: LockOptions['onStale']): Promise<Found | undefined> {
  for (;;) {
    const found = await lookAtLockFile(path);
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
 * Puts our lock in the place of a stale one. Two takers must not both think that they did it, nor take each other's:
 * so the place changes hands only under a second lock, after a second look, and by a rename that leaves no gap.
 */
async function replace(path: string, stale: Found, text: string): Promise<boolean> {
  return await alone(path, async () => {
    if ((await lookAtLockFile(path))?.text !== stale.text) return false;
    await replaceLockFile(path, text);
    return true;
  });
}

/** Does something while no other process takes over or breaks this lock. The lock for that may be stale itself. */
async function alone<T>(path: string, act: () => Promise<T>): Promise<T> {
  const claim = await acquireLock(`${path}.takeover`, { command: 'takeover' }, { waitMs: 5000, pollMs: 20 });
  try {
    return await act();
  } finally {
    await claim.release();
  }
}

/** How long a damaged lock file may be one that is just being written, where links are not supported. */
const BEING_WRITTEN_MS = 10_000;

async function isStale(path: string, found: Found): Promise<boolean> {
  if (found.holder !== undefined) return lifeOf(found.holder) === 'dead';
  const facts = await stat(path).catch(() => undefined);
  return facts !== undefined && Date.now() - facts.mtimeMs > BEING_WRITTEN_MS;
}

async function removeIfOwn(path: string, text: string): Promise<void> {
  if ((await lookAtLockFile(path))?.text === text) await removeFile(path);
}
