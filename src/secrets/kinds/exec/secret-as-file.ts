/** A secret as a file that only one command can read. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import type { Secret } from '../../../model/secret.ts';

/** A secret for a command's standard input. */
export interface SecretFile {
  readonly fd: number;
  /** Whether anything has read of it, by `fd` or by a path such as `/dev/stdin`; undefined where the system does not tell. */
  readonly isRead: () => Promise<boolean | undefined>;
  readonly close: () => Promise<void>;
}

/**
 * The secret as an open file for a command's standard input; undefined where that is not possible, and the secret goes
 * through Node's pipe instead.
 *
 * On Linux, Node's pipe is a socket, which cannot be opened as `/dev/stdin`; `aws` and `kubectl` are given secrets that
 * way (`file:///dev/stdin`). The file is in memory (/dev/shm), readable for this user only, and unlinked before the
 * secret is written to it: no other process can open it, and it is freed with its last reader.
 */
export async function secretAsFile(secret: Secret): Promise<SecretFile | undefined> {
  if (process.platform !== 'linux') return undefined;
  const path = `/dev/shm/mdacc-${randomBytes(16).toString('hex')}`;
  const writer = await open(path, 'wx', 0o600).catch(() => undefined);
  if (writer === undefined) return undefined;
  let reader: FileHandle | undefined;
  try {
    reader = await open(path, 'r');
    await unlink(path);
    await writer.writeFile(secret.reveal());
    return await watched(reader);
  } catch {
    await reader?.close();
    await unlink(path).catch(() => undefined);
    return undefined;
  } finally {
    await writer.close();
  }
}

/** A time of access that no reading sets. */
const NEVER = 0;

/** Tells a reading by the time of access. A system may be set not to keep those, so the first reading is our own. */
async function watched(file: FileHandle): Promise<SecretFile> {
  const isRead = async () => (await file.stat()).atimeMs !== NEVER;
  const forget = async () => file.utimes(NEVER, (await file.stat()).mtime);
  await forget();
  await file.read(Buffer.alloc(1), 0, 1, 0);
  const isKept = await isRead();
  await forget();
  return { fd: file.fd, isRead: async () => (isKept ? isRead() : undefined), close: () => file.close() };
}
