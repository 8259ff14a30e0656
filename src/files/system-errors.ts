import { setTimeout as pause } from 'node:timers/promises';

const ATTEMPTS = 10;
const BUSY = ['EPERM', 'EACCES', 'EBUSY'];

/** The platform, and a pause in milliseconds; replaced in tests. */
interface RetryEnvironment {
  readonly platform: NodeJS.Platform;
  readonly pause: (ms: number) => Promise<unknown>;
}

/**
 * Runs a file operation; on Windows, retries it for about a second while it is refused. Windows refuses it while another
 * process (another run, a virus scanner, an editor) has the file open, and also when the user lacks the permission.
 *
 * @throws The system's error of the last attempt; on other systems, of the first.
 */
export async function retryWhileBusy<T>(
  act: () => Promise<T>,
  { platform, pause }: RetryEnvironment = MACHINE,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (platform !== 'win32' || !isBusy(error) || attempt === ATTEMPTS) throw error;
      await pause(attempt * 20);
    }
  }
}

const MACHINE: RetryEnvironment = { platform: process.platform, pause };

/** Whether this is how Windows refuses an operation on a file that is open. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && BUSY.includes(String(error.code));
}

/** The system's code of an error (`ENOSPC`), when it has one. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether there is no space left for a file: on the disk, in the quota, or by a limit of file sizes. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(errnoOf(error) ?? '');
}

/** Whether no new file can take the place of one, since it is mounted by itself, as into a container. Windows calls open files busy. */
export function isMountPoint(error: unknown): boolean {
  return errnoOf(error) === 'EBUSY' && process.platform !== 'win32';
}

/** What to do about a file that cannot be written: on a full disk, neither access nor another name helps. */
export function writeFix(error: unknown, otherwise: string): string {
  return isDiskFull(error) ? 'Free space on its disk, then run the command again.' : otherwise;
}
