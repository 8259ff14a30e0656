import { createHash, randomBytes } from 'node:crypto';
import { type BigIntStats, statSync } from 'node:fs';
import { type FileHandle, link, lstat, open, readdir, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DAY_MS } from '../model/time.ts';
import { writableTarget } from './links.ts';
import { isRunning } from './process.ts';
import { checkReplaceable } from './replaceable.ts';
import { errnoOf, retryWhileBusy } from './system-errors.ts';
import { utf8Chunks } from './utf8-chunks.ts';

/** Options of an atomic write. */
export interface AtomicOptions {
  /** The mode of the new file, less the umask; the file never has another one. */
  readonly mode: number;
  /** Keep the mode of an existing file. */
  readonly keepMode?: boolean;
  /**
   * Write a new file and remove it again, to find out whether it can be written. It has the length of the data and nothing of
   * it, which may be secret: a run that is killed leaves it.
   */
  readonly isRehearsal?: boolean;
  /** Fail with EEXIST where there is a file or a link already. */
  readonly isNew?: boolean;
}

/**
 * Replaces a file's whole content. A crash or a full disk leaves either the old file or the new one, and the content
 * is on the disk when this returns. The target of a symbolic link is replaced, not the link.
 *
 * @param data The text, or its pieces.
 * @throws UserError LINK_REFUSED for a link that git tracks. The system's error, with its `code`, after the temporary file was removed; NotSyncedError when the file was
 * replaced and its folder could not be synced.
 * @returns The `identityAt` of the new file.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Iterable<string>,
  options: AtomicOptions,
): Promise<string> {
  const target = options.isNew === true ? path : await writableTarget(path);
  const existing = await regularFile(target);
  await removeLeftovers(target);
  const temp = tempBeside(target);
  const file = await open(temp, 'wx', options.mode);
  let identity: string;
  try {
    try {
      if (existing !== undefined) await copyOwner(file, existing, options.keepMode === true);
      const chunks = utf8Chunks(typeof data === 'string' ? [data] : data);
      await writeFile(file, options.isRehearsal === true ? masked(chunks) : chunks);
      await file.sync();
      identity = identityOf(await file.stat({ bigint: true }));
    } finally {
      await file.close();
    }
    if (options.isRehearsal === true) {
      await checkReplaceable(target);
      await unlink(temp);
      return identity;
    }
    await retryWhileBusy(() => (options.isNew === true ? moveNew(temp, target) : rename(temp, target)));
  } catch (error) {
    await unlink(temp).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(target)).catch((cause) => {
    throw new NotSyncedError(cause, identity);
  });
  return identity;
}

function* masked(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const { length } of chunks) yield Buffer.alloc(length, '#');
}

const NO_LINKS: readonly (string | undefined)[] = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'];

/** Unlike a rename, a second name for a file replaces nothing. */
async function moveNew(temp: string, target: string): Promise<void> {
  try {
    await link(temp, target);
  } catch (error) {
    if (!NO_LINKS.includes(errnoOf(error))) throw error;
    if (await lstat(target).catch(() => undefined)) throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' });
    return rename(temp, target);
  }
  // The file is written. Where another program has the temporary name open, the next write removes it.
  await retryWhileBusy(() => unlink(temp)).catch(() => undefined);
}

/** What tells a file from another one that was written in its place; undefined: there is no file. */
export function identityAt(path: string): string | undefined {
  const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
  return facts && identityOf(facts);
}

/** As `identityAt`, of an open file. */
export function identityOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs].join(' ');
}

/** The file was replaced, but a power failure may undo that. */
export class NotSyncedError extends Error {
  readonly code: string | undefined;
  /** The `identityAt` of the new file. */
  readonly identity: string;

  constructor(cause: unknown, identity: string) {
    super('the folder could not be synced', { cause });
    this.code = errnoOf(cause);
    this.identity = identity;
  }
}

interface Existing {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Refuses devices, pipes and folders, which a rename would replace by a file. */
async function regularFile(target: string): Promise<Existing | undefined> {
  try {
    const facts = await stat(target);
    if (facts.isFile()) return facts;
    const code = facts.isDirectory() ? 'EISDIR' : 'EINVAL';
    throw Object.assign(new Error(`${code}: not a regular file, '${target}'`), { code });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Keeps the owner, so that root does not take a user's file. Where that is not allowed, the writer becomes the owner. */
async function copyOwner(file: FileHandle, existing: Existing, keepMode: boolean): Promise<void> {
  const own = await file.stat();
  if (own.uid !== existing.uid || own.gid !== existing.gid) {
    await file.chown(existing.uid, existing.gid).catch(() => undefined);
  }
  if (keepMode) await file.chmod(existing.mode & 0o7777);
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

/** Makes the rename durable, where the platform supports it. */
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
    if (!CANNOT_SYNC.includes(errnoOf(error))) throw error;
  }
}

let knownHost: string | undefined;

/** This host's name, without telling it. */
function ownHost(): string {
  knownHost ??= createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
  return knownHost;
}

const LEFTOVER = /^\.mdacc-([0-9a-f]{8})-(\d+)-[0-9a-f]{16}\.tmp$/;

/** A new unguessable name in the folder of `path`: `<name>.mdacc-<host>-<pid>-<random>.tmp`. */
export function tempBeside(path: string): string {
  return join(
    dirname(path),
    `${tempStem(path)}.mdacc-${ownHost()}-${process.pid}-${randomBytes(8).toString('hex')}.tmp`,
  );
}

/** Removes temporary files of `path` whose process has ended. Files that cannot be read or removed stay. */
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

/** Whether another host's process runs is unknown, so its file must be old. */
async function isLeftover(file: string, host: string, pid: number): Promise<boolean> {
  if (host === ownHost() && !isRunning(pid)) return true;
  const facts = await stat(file).catch(() => undefined);
  return facts !== undefined && Date.now() - facts.mtimeMs > DAY_MS;
}

/** The start of temporary names of `path`: its own name, cut so that the whole stays below the 255 bytes of file systems. */
export function tempStem(path: string): string {
  return basename(path).slice(0, 48);
}
