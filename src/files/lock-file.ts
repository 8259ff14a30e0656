/** The file of a lock: how it is written, whole at once, and read. `lock.ts` decides who may have the lock. */
import { link, open, rename, unlink } from 'node:fs/promises';
import { moveAwayCommand } from '../model/shell.ts';
import { UserError } from '../model/user-error.ts';
import { tempBeside } from './atomic-write.ts';
import type { ProcessName } from './process.ts';
import { NotAFileError, readRegularFile } from './read-text.ts';
import { errnoOf, retryWhileBusy } from './system-errors.ts';

/** The holder of a lock, as its file names it. */
export interface LockHolder extends ProcessName {
  readonly command: string;
  /** The user, or the URL of the job that runs the command. Absent in locks of older versions. */
  readonly who?: string;
  /** When the lock was acquired; ISO 8601. */
  readonly since: string;
}

/** An existing lock file. Its text is unique; a damaged one has no holder. */
export interface LockFile {
  readonly text: string;
  readonly holder: LockHolder | undefined;
}

/**
 * Creates the lock file with its whole text at once, unless it exists; a link to a finished file is never half written.
 *
 * @returns Whether it was created.
 * @throws The system's error.
 */
export async function createLockFile(path: string, text: string): Promise<boolean> {
  const temp = await writeTemp(path, text);
  try {
    await link(temp, path);
    return true;
  } catch (error) {
    // A network file system may have created the link and lost the answer.
    if (errnoOf(error) === 'EEXIST') return (await readLockFile(path))?.text === text;
    // Some file systems have no links, and report that with different codes.
    return await createExclusive(path, text);
  } finally {
    // The lock is acquired or not, whatever becomes of this file, which the next run removes.
    await removeFile(temp).catch(() => undefined);
  }
}

/** Replaces the file's text in one step, so that there is always a lock. @throws The system's error. */
export async function replaceLockFile(path: string, text: string): Promise<void> {
  const temp = await writeTemp(path, text);
  try {
    await retryWhileBusy(() => rename(temp, path));
  } catch (error) {
    await removeFile(temp);
    throw error;
  }
}

async function createExclusive(path: string, text: string): Promise<boolean> {
  try {
    // Windows refuses to create a file while one of that name is being removed.
    await retryWhileBusy(() => writeNew(path, text));
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function writeTemp(path: string, text: string): Promise<string> {
  const temp = tempBeside(path);
  await writeNew(temp, text);
  return temp;
}

async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    await file.writeFile(text);
  } catch (error) {
    await removeFile(path);
    throw error;
  } finally {
    await file.close();
  }
}

/** Removes a file that may not exist. @throws The system's error. */
export async function removeFile(path: string): Promise<void> {
  try {
    await retryWhileBusy(() => unlink(path));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Reads a lock file; undefined when there is none. @throws The system's error. */
export async function readLockFile(path: string): Promise<LockFile | undefined> {
  try {
    const bytes = await retryWhileBusy(() => readRegularFile(path, { noLink: true, most: 64 * 1024 }));
    const text = bytes.toString('utf8');
    return { text, holder: parse(text) };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    if (!(error instanceof NotAFileError)) throw error;
    const message = `${path} cannot be used as a lock: ${error.message}`;
    throw new UserError('FILE_UNWRITABLE', message, `Remove it, or move it away: ${moveAwayCommand(path)}`, {
      cause: error,
    });
  }
}

function parse(text: string): LockHolder | undefined {
  try {
    return holderFrom(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The holder that a parsed lock names; undefined when it is damaged. */
export function holderFrom(json: unknown): LockHolder | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { pid, host, command, who, since, started, machine } = json as Record<string, unknown>;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1) return undefined;
  if (typeof host !== 'string' || typeof command !== 'string' || typeof since !== 'string') return undefined;
  return {
    pid,
    host,
    command,
    since,
    ...(typeof who === 'string' ? { who } : {}),
    ...(typeof started === 'string' ? { started } : {}),
    ...(typeof machine === 'string' ? { machine } : {}),
  };
}
