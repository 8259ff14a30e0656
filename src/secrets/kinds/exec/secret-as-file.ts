/** A secret as a file that only one command can read. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import type { Secret } from '../../../model/secret.ts';

/**
 * The secret as an open file for a command's standard input; undefined where that is not possible, and the secret goes
 * through Node's pipe instead.
 *
 * On Linux, Node's pipe is a socket, which cannot be opened as `/dev/stdin`; `aws` and `kubectl` are given secrets that
 * way (`file:///dev/stdin`). The file is in memory (/dev/shm), readable for this user only, and unlinked before the
 * secret is written to it: no other process can open it, and it is freed with its last reader.
 */
export async function secretAsFile(secret: Secret): Promise<FileHandle | undefined> {
  if (process.platform !== 'linux') return undefined;
  const path = `/dev/shm/mdacc-${randomBytes(16).toString('hex')}`;
  const writer = await open(path, 'wx', 0o600).catch(() => undefined);
  if (writer === undefined) return undefined;
  let reader: FileHandle | undefined;
  try {
    reader = await open(path, 'r');
    await unlink(path);
    await writer.writeFile(secret.reveal());
    return reader;
  } catch {
    await reader?.close();
    await unlink(path).catch(() => undefined);
    return undefined;
  } finally {
    await writer.close();
  }
}
