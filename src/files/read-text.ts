import { constants, open } from 'node:fs/promises';
import { codeOf, retryWhileBusy } from './system-errors.ts';

/** The file is not UTF-8: reading it and writing it back would change it. */
export class NotTextError extends Error {
  constructor() {
    super('not UTF-8 text');
    this.name = 'NotTextError';
  }
}

/** The path names no file: a folder, device, pipe or socket. */
export class NotAFileError extends Error {
  readonly code: 'EISDIR' | 'EINVAL';

  constructor(code: 'EISDIR' | 'EINVAL') {
    super('not a regular file');
    this.name = 'NotAFileError';
    this.code = code;
  }
}

/**
 * The content of a regular file. A link to `/dev/zero` would never end, and one to a pipe would wait for a writer.
 *
 * @throws NotAFileError; the system's error when the file cannot be read.
 */
export async function readRegularFile(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw new NotAFileError(facts.isDirectory() ? 'EISDIR' : 'EINVAL');
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/**
 * The file's text, including a byte order mark; undefined when there is no file.
 *
 * @throws NotTextError; NotAFileError; the system's error when the file cannot be read.
 */
export async function readText(path: string): Promise<string | undefined> {
  const bytes = await retryWhileBusy(() => readRegularFile(path)).catch((error: unknown) => {
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
