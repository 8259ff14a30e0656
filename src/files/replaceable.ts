import { access, constants, readFile, realpath } from 'node:fs/promises';
import { errnoOf } from './system-errors.ts';

/**
 * Finds out whether another file can take the place of this one, without replacing it.
 *
 * @param mounts Linux's list of mounts; undefined where there is none.
 * @throws The error of the rename: EBUSY for a file that is mounted by itself, as into a container; EPERM for an immutable one.
 */
export async function checkReplaceable(
  path: string,
  mounts: () => Promise<string | undefined> = ownMounts,
): Promise<void> {
  const file = await realpath(path).catch(() => undefined);
  if (file === undefined) return;
  if (mountPoints((await mounts()) ?? '').has(file)) throw systemError('EBUSY', `'${path}' is a mount point`);
  // Without the permission the code is EACCES, but the file can be replaced.
  await access(file, constants.W_OK).catch((error: unknown) => {
    if (errnoOf(error) === 'EPERM') throw error;
  });
}

/** The folders and files at which something is mounted, from the lines of `/proc/self/mountinfo`. */
function mountPoints(mountinfo: string): ReadonlySet<string> {
  const points = mountinfo.split('\n').flatMap((line) => line.split(' ')[4] ?? []);
  return new Set(points.map(unescaped));
}

function ownMounts(): Promise<string | undefined> {
  return readFile('/proc/self/mountinfo', 'utf8').catch(() => undefined);
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

/** Blanks, tabs, line breaks and backslashes are written as octal numbers there. */
function unescaped(point: string): string {
  return point.replace(/\\(\d{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
