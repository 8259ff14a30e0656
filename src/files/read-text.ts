import { readFile } from 'node:fs/promises';
import { codeOf, whileBusy } from './system-errors.ts';

/** A file that was expected to be text is not UTF-8: reading and writing it again would change it. */
export class NotTextError extends Error {
  constructor() {
    super('not UTF-8 text');
    this.name = 'NotTextError';
  }
}

/**
 * A file's text, a byte order mark included; undefined: there is no file.
 *
 * @throws NotTextError; the system's error when it cannot be read.
 */
export async function readText(path: string): Promise<string | undefined> {
  const bytes = await whileBusy(() => readFile(path)).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NotTextError();
  }
}
