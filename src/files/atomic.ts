import { type FileHandle, open, readlink, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { removeLeftovers, tempBeside } from './temp.ts';
import { whileBusy } from './while-busy.ts';

export interface AtomicOptions {
  /** The file's mode from its first moment, less the umask. */
  readonly mode: number;
  /** Keep the mode of a file that is already there. */
  readonly keepMode?: boolean;
}

/**
 * Replaces a file's whole content so that a crash or a full disk at any moment leaves the old file or the new one,
 * and what is written is on the disk when this returns. A symbolic link stays one: its target is replaced.
 *
 * @throws the system's error, with its `code`; nothing of the attempt is left behind. NotSynced when only the last step failed.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, options: AtomicOptions): Promise<void> {
  const target = await targetOf(path);
  const existing = await regularFile(target);
  await removeLeftovers(target);
  const temp = tempBeside(target);
  const file = await open(temp, 'wx', options.mode);
  try {
    try {
      if (existing !== undefined) await takeOver(file, existing, options.keepMode === true);
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await whileBusy(() => rename(temp, target));
  } catch (error) {
    await unlink(temp).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(target)).catch((cause) => {
    throw new NotSynced(cause);
  });
}

/** The file is the new one, but nobody knows whether it still is after a power failure. */
export class NotSynced extends Error {
  readonly code: string | undefined;

  constructor(cause: unknown) {
    super('the folder could not be synced', { cause });
    this.code = codeOf(cause);
  }
}

/** Where symbolic links from `path` and on the way to it lead, even when nothing is there yet: one file has one target. */
export async function targetOf(path: string): Promise<string> {
  let target = resolve(path);
  for (let links = 0; links < 40; links++) {
    try {
      return await realpath(target);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    const next = await readlink(target).catch(() => undefined);
    if (next === undefined) return join(await realFolder(dirname(target)), basename(target));
    target = resolve(dirname(target), next);
  }
  return target;
}

async function realFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    return join(await realFolder(dirname(folder)), basename(folder));
  }
}

interface Existing {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A rename would put a file in the place of a device or a pipe too: those are refused. */
async function regularFile(target: string): Promise<Existing | undefined> {
  try {
    const facts = await stat(target);
    if (facts.isFile()) return facts;
    const code = facts.isDirectory() ? 'EISDIR' : 'EINVAL';
    throw Object.assign(new Error(`${code}: not a regular file, '${target}'`), { code });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** So that root replacing someone's file leaves it theirs. Where that is not allowed, the file is the writer's. */
async function takeOver(file: FileHandle, existing: Existing, mode: boolean): Promise<void> {
  const own = await file.stat();
  if (own.uid !== existing.uid || own.gid !== existing.gid) {
    await file.chown(existing.uid, existing.gid).catch(() => undefined);
  }
  if (mode) await file.chmod(existing.mode & 0o7777);
}

const CANNOT_SYNC: readonly (string | undefined)[] = [
  'EACCES',
  'EPERM',
  'EISDIR',
  'EINVAL',
  'EBADF',
  'ENOTSUP',
  'ENOSYS',
];

/** Makes the rename itself durable, where the platform can. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!CANNOT_SYNC.includes(codeOf(error))) throw error;
  }
}

/** The system's code of an error (`ENOSPC`), when it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
