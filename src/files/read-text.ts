import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { errnoOf, retryWhileBusy } from './system-errors.ts';

/** The file is not UTF-8: reading it and writing it back would change it. */
export class NotTextError extends Error {
  constructor() {
    super('not UTF-8 text');
    this.name = 'NotTextError';
  }
}

/** The path names no file that can be read: a folder, device, pipe or socket, a link where none is followed, or a huge file. */
export class NotAFileError extends Error {
  readonly code: 'EISDIR' | 'EINVAL' | 'ELOOP' | 'EFBIG' | 'EAGAIN';

  constructor(code: NotAFileError['code']) {
    super(WHY[code]);
    this.name = 'NotAFileError';
    this.code = code;
  }
}

const WHY = {
  EISDIR: 'it is a folder',
  EINVAL: 'it is not a regular file',
  ELOOP: 'it is a link',
  EFBIG: 'it is too large',
  EAGAIN: 'it was replaced while it was read',
} as const;

/** In words, why a file cannot be read. */
export function whyUnreadable(error: unknown): string {
  if (error instanceof NotAFileError || error instanceof NotTextError) return error.message;
  const code = errnoOf(error);
  return code === 'EACCES' || code === 'EPERM' ? 'permission denied' : (code ?? 'it cannot be opened');
}

/** The largest file that is read unless another limit is given, in bytes. */
const LARGEST = 64 * 1024 * 1024;

/** Which files are refused. */
interface ReadOptions {
  /** The largest size, in bytes. */
  readonly most?: number;
  /** Refuse a link in the place of the file. */
  readonly noLink?: boolean;
  /** Refuse a file that was replaced while it was read. */
  readonly isSame?: boolean;
}

/** Windows has no such flags. */
const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;

/**
 * The content of a regular file. A link to `/dev/zero` would never end, and one to a pipe would wait for a writer.
 *
 * @throws NotAFileError; the system's error when the file cannot be read.
 */
export async function readRegularFile(
  path: string,
  { most = LARGEST, noLink = false, isSame = false }: ReadOptions = {},
): Promise<Buffer> {
  if (noLink && (await lstat(path)).isSymbolicLink()) throw new NotAFileError('ELOOP');
  // Without O_NONBLOCK, opening a pipe would wait for a writer.
  const file = await open(path, O_RDONLY | O_NONBLOCK | (noLink ? O_NOFOLLOW : 0)).catch((error: unknown) => {
    // The error code of a socket.
    throw errnoOf(error) === 'ENXIO' ? new NotAFileError('EINVAL') : error;
  });
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw new NotAFileError(facts.isDirectory() ? 'EISDIR' : 'EINVAL');
    if (facts.size > most) throw new NotAFileError('EFBIG');
    const bytes = await readUpTo(file, facts.size, most);
    if (isSame) await expectSame(path, file);
    return bytes;
  } finally {
    await file.close();
  }
}

/** Whether the open file is the one at its path. @throws NotAFileError */
async function expectSame(path: string, file: FileHandle): Promise<void> {
  const [open, there] = [await file.stat({ bigint: true }), await lstat(path, { bigint: true })];
  if (open.ino !== there.ino || open.dev !== there.dev) throw new NotAFileError('EAGAIN');
}

/** A file of the system may have no size and no end, and any file may grow. */
async function readUpTo(file: FileHandle, size: number, most: number): Promise<Buffer> {
  let buffer = Buffer.allocUnsafe(Math.max(size + 1, 64 * 1024));
  for (let used = 0; ; ) {
    const { bytesRead } = await file.read(buffer, used);
    if (bytesRead === 0) return buffer.subarray(0, used);
    used += bytesRead;
    if (used > most) throw new NotAFileError('EFBIG');
    if (used === buffer.length) buffer = Buffer.concat([buffer], 2 * used);
  }
}

/**
 * The file's text, including a byte order mark; undefined when there is no file.
 *
 * @throws NotTextError; NotAFileError; the system's error when the file cannot be read.
 */
export async function readText(path: string, options: ReadOptions = {}): Promise<string | undefined> {
  const bytes = await retryWhileBusy(() => readRegularFile(path, options)).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NotTextError();
  }
}
