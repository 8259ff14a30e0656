import { readFile } from 'node:fs/promises';
import { codeOf, retryWhileBusy } from './system-errors.ts';

/** The file is not UTF-8: reading it and writing it back would change it. */
export class NotTextError extends Error {
  constructor() {
    super('not UTF-8 text');
    this.name = 'NotTextError';
  }
}

/**
 * The file's text, including a byte order mark; undefined when there is no file.
 *
 * @throws NotTextError; the system's error when the file cannot be read.
 */
export async function readText(path: string): Promise<string | undefined> {
  const bytes = await retryWhileBusy(() => readFile(path)).catch((error: unknown) => {
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
