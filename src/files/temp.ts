import { createHash, randomBytes } from 'node:crypto';
import { readdir, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isRunning } from './process.ts';

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
