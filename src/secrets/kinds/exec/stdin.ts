import { randomBytes } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import type { Secret } from '../../../model/secret.ts';

/**
 * The secret as an open file that becomes a command's standard input; undefined where that cannot be made, and the
 * secret goes through node's own pipe.
 *
 * On Linux that pipe is a socket, and a socket cannot be opened by the name `/dev/stdin`, which is how `aws` and
 * `kubectl` are given a secret (`file:///dev/stdin`). The file lives in memory (/dev/shm), readable for this user only,
 * and has lost its name before the secret is written to it: nobody can open it, and it is gone with its last reader.
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
