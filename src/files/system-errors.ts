import { setTimeout as pause } from 'node:timers/promises';

const ATTEMPTS = 10;
const BUSY = ['EPERM', 'EACCES', 'EBUSY'];

export interface BusySurroundings {
  readonly platform: NodeJS.Platform;
  readonly pause: (ms: number) => Promise<unknown>;
}

/**
 * Does something to a file, again and again for about a second where Windows refuses it: it does so while another process
 * (another run, a virus scanner, an editor) has the file open, and also when this user may not do it at all.
 *
 * @throws the system's last error; on other systems, the first one.
 */
export async function whileBusy<T>(act: () => Promise<T>, { platform, pause }: BusySurroundings = MACHINE): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (platform !== 'win32' || !isBusy(error) || attempt === ATTEMPTS) throw error;
      await pause(attempt * 20);
    }
  }
}

const MACHINE: BusySurroundings = { platform: process.platform, pause };

/** Whether this is what Windows says of a file that somebody has open. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && BUSY.includes(String(error.code));
}

/** The system's code of an error (`ENOSPC`), when it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
