import { link, open, readFile, rename, unlink } from 'node:fs/promises';
import { tempBeside } from './atomic-write.ts';
import type { ProcessName } from './process.ts';
import { codeOf, whileBusy } from './system-errors.ts';

/** Who holds a lock: what its file says. */
export interface LockHolder extends ProcessName {
  readonly command: string;
  /** ISO 8601. */
  readonly since: string;
}

/** A lock file that is there. Its text is the only one of its kind; a damaged one has no holder. */
export interface Found {
  readonly text: string;
  readonly holder: LockHolder | undefined;
}

/** Makes the file with its whole text at once, unless it is there: a link to a finished file cannot be half written. */
export async function createLockFile(path: string, text: string): Promise<boolean> {
  const temp = await writeTemp(path, text);
  try {
    await link(temp, path);
    return true;
  } catch (error) {
    // A network file system may have made the link and lost its answer.
    if (codeOf(error) === 'EEXIST') return (await lookAtLockFile(path))?.text === text;
    // Not every file system has links, and each refuses them in its own words.
    return await createExclusive(path, text);
  } finally {
    await removeFile(temp);
  }
}

/** Puts our text in the place of the file's in one step: there is no moment without a lock. */
export async function replaceLockFile(path: string, text: string): Promise<void> {
  const temp = await writeTemp(path, text);
  try {
    await whileBusy(() => rename(temp, path));
  } catch (error) {
    await removeFile(temp);
    throw error;
  }
}

async function createExclusive(path: string, text: string): Promise<boolean> {
  try {
    // Windows makes no file of a name whose last one is just going.
    await whileBusy(() => writeNew(path, text));
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
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

/** Removes a file that may be gone already. */
export async function removeFile(path: string): Promise<void> {
  try {
    await whileBusy(() => unlink(path));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** What the lock's file says; undefined: there is none. */
export async function lookAtLockFile(path: string): Promise<Found | undefined> {
  try {
    const text = await whileBusy(() => readFile(path, 'utf8'));
    return { text, holder: parse(text) };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text: string): LockHolder | undefined {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json !== 'object' || json === null) return undefined;
    const { pid, host, command, since, started, machine } = json as Record<string, unknown>;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1) return undefined;
    if (typeof host !== 'string' || typeof command !== 'string' || typeof since !== 'string') return undefined;
    return {
      pid,
      host,
      command,
      since,
      ...(typeof started === 'string' ? { started } : {}),
      ...(typeof machine === 'string' ? { machine } : {}),
    };
  } catch {
    return undefined;
  }
}
