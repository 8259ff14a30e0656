/** What the exit codes of every command mean; errors become exit codes. */
import { type ErrorCode, UserError } from '../model/user-error.ts';
import { type Io, type OutputOptions, openIo, presentError } from './io.ts';
import type { TypedOptions } from './typed-options.ts';

export const EXIT = {
  done: 0,
  error: 1,
  differences: 2,
  partly: 3,
  smokeFailed: 4,
  locked: 5,
  usage: 64,
  interrupted: 130,
} as const;

const EXIT_OF: Partial<Record<ErrorCode, number>> = {
  STATE_LOCKED: EXIT.locked,
  STATE_LOST: EXIT.partly,
  USAGE: EXIT.usage,
  INTERRUPTED: EXIT.interrupted,
};

/** The exit code of a command that ended with this error. */
function exitCodeOf(error: unknown): number {
  return error instanceof UserError ? (EXIT_OF[error.code] ?? EXIT.error) : EXIT.error;
}

/** Runs the body of a command and returns its exit code; errors are shown. */
export async function runCommand(
  options: OutputOptions & TypedOptions,
  body: (io: Io) => Promise<number>,
): Promise<number> {
  const io = openIo(options);
  try {
    return await body(io);
  } catch (error) {
    presentError(error, io);
    return exitCodeOf(error);
  }
}
