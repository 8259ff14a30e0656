import { lstatSync, readFileSync, readlinkSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isTracked } from '../files/links.ts';
import { shownRelativePath } from '../files/paths.ts';
import { isRunning } from '../files/process.ts';
import { isBusy } from '../files/system-errors.ts';
import { moveAwayCommand, shellCommand } from '../model/shell.ts';
import { UserError } from '../model/user-error.ts';

/** A section takes milliseconds, a large seed under a second: an older lock was left by a crash. */
const STALE_AFTER_MS = 10_000;
/** Git is asked only about a lock that is held for so long. */
const CHECK_AFTER_MS = 100;
const GIVE_UP_AFTER_MS = 30_000;
const HOST = hostname();

/**
 * Runs `section` while no other process runs one under the same lock file. The section is synchronous, so no other code of
 * this process runs meanwhile either. A lock whose process has exited is replaced at once.
 *
 * @throws UserError SANDBOX_FAILED if another process keeps the lock for half a minute
 */
export async function underShortLock<T>(path: string, section: () => T): Promise<T> {
  const started = Date.now();
  let isChecked = false;
  for (let wait = 1; !take(path); wait = Math.min(wait * 2, 16)) {
    const waited = Date.now() - started;
    if (waited > GIVE_UP_AFTER_MS) throw busy(path);
    if (isStale(path)) removeStale(path);
    else if (!isChecked && waited > CHECK_AFTER_MS) {
      isChecked = true;
      const shown = shownRelativePath(path);
      const command = `${shellCommand('git rm --cached', shown)}; ${shellCommand('rm', shown)}`;
      if (await isTracked(path)) throw noLock(path, 'git tracks it', command);
    }
    await sleep(Math.random() * wait);
  }
  try {
    return section();
  } finally {
    remove(path);
  }
}

/**
 * The lock is a symbolic link whose target names its process. It is created in one step, so a process that is killed
 * leaves no lock, or one that names it. Without symbolic links (Windows) it is a file, which can be left empty.
 */
function take(path: string): boolean {
  try {
    symlinkSync(`${process.pid} ${HOST}`, path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    if (!isCode(error, 'EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EINVAL')) throw error;
    return takeFile(path);
  }
}

function takeFile(path: string): boolean {
  try {
    writeFileSync(path, `${process.pid} ${HOST}`, { flag: 'wx' });
    return true;
  } catch (error) {
    // Windows reports EPERM while the last lock's removal is not complete.
    if (isCode(error, 'EEXIST') || (process.platform === 'win32' && isBusy(error))) return false;
    throw error;
  }
}

/** Whether a lock's process has exited, or the lock is too old. Another host's processes are unknown: only age counts. */
function isStale(path: string): boolean {
  try {
    const facts = lstatSync(path);
    const kind = facts.isDirectory() ? 'a folder' : facts.isSymbolicLink() || facts.isFile() ? undefined : 'no file';
    if (kind !== undefined) throw noLock(path, `it is ${kind}`, moveAwayCommand(shownRelativePath(path)));
    const text = facts.isSymbolicLink()
      ? readlinkSync(path)
      : facts.size < 1000 && facts.isFile()
        ? readFileSync(path, 'utf8')
        : '?';
    // Without links, a lock that is being written is empty.
    if (text !== '' && !/^[1-9]\d* \S+$/.test(text)) return true;
    const [pid = '', host] = text.split(' ');
    if (host === HOST && !isRunning(Number(pid))) return true;
    return Date.now() - facts.mtimeMs > STALE_AFTER_MS;
  } catch (error) {
    // It was removed or replaced at this moment.
    if (isCode(error, 'ENOENT', 'EINVAL', 'EPERM', 'EBUSY')) return false;
    throw error;
  }
}

/** Under a lock of its own: if two processes see a stale lock, the slower must not remove the faster one's new lock. */
function removeStale(path: string): void {
  const guard = `${path}.takeover`;
  if (!take(guard)) {
    if (isStale(guard)) remove(guard);
    return;
  }
  try {
    if (isStale(path)) remove(path);
  } finally {
    remove(guard);
  }
}

function remove(path: string): void {
  for (let attempt = 1; ; attempt++) {
    try {
      unlinkSync(path);
      return;
    } catch (error) {
      if (isCode(error, 'ENOENT')) return;
      // Windows removes no file that another process has open.
      if (process.platform !== 'win32' || !isBusy(error) || attempt === 50) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function noLock(path: string, why: string, command: string): UserError {
  const message = `the sandbox's lock cannot be ${shownRelativePath(path)}, since ${why}`;
  return new UserError('SANDBOX_FAILED', message, `Remove it: ${command}`);
}

function busy(path: string): UserError {
  return new UserError(
    'SANDBOX_FAILED',
    `another process keeps the sandbox's lock: ${path}`,
    'Stop that process. If there is none, remove the file.',
  );
}
