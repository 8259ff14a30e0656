import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { targetOf } from './paths.ts';
import { isRunning } from './process.ts';
import { codeOf, whileBusy } from './system-errors.ts';

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

const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
const LEFTOVER = /^\.mdacc-([0-9a-f]{8})-(\d+)-[0-9a-f]{16}\.tmp$/;
const A_DAY = 86_400_000;

/** A new name beside `path` that nobody can guess: `<name>.mdacc-<host>-<pid>-<random>.tmp`. */
export function tempBeside(path: string): string {
  return join(dirname(path), `${tempStem(path)}.mdacc-${HOST}-${process.pid}-${randomBytes(8).toString('hex')}.tmp`);
}

/** Removes temporary files of `path` whose process is gone. What cannot be looked at or removed stays. */
export async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const match = name.startsWith(tempStem(path)) ? LEFTOVER.exec(name.slice(tempStem(path).length)) : null;
    if (match === null) continue;
    const file = join(folder, name);
    if (await isLeftover(file, match[1] ?? '', Number(match[2]))) await unlink(file).catch(() => undefined);
  }
}

/** Another host's process cannot be asked whether it lives, so its file must be old. */
async function isLeftover(file: string, host: string, pid: number): Promise<boolean> {
  if (host === HOST && !isRunning(pid)) return true;
  const facts = await stat(file).catch(() => undefined);
  return facts !== undefined && Date.now() - facts.mtimeMs > A_DAY;
}

/** What temporary names of `path` begin with: its own, cut so that the whole stays under the 255 bytes of file systems. */
export function tempStem(path: string): string {
  return basename(path).slice(0, 48);
}
