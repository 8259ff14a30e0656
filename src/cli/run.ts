/** Runs a command: errors become exit codes. */
import { type ErrorCode, UserError } from '../model/user-error.ts';
import { type Io, type OutputOptions, openIo, presentError } from './io.ts';
import type { ContextOptions } from './typed-options.ts';

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
  USAGE: EXIT.usage,
  INTERRUPTED: EXIT.interrupted,
};

/** Runs the body of a command and returns its exit code; errors are shown. */
export async function runCommand(
  options: OutputOptions & ContextOptions,
  body: (io: Io) => Promise<number>,
): Promise<number> {
  const io = openIo(options);
  try {
    return await body(io);
  } catch (error) {
    presentError(error, io);
    return error instanceof UserError ? (EXIT_OF[error.code] ?? EXIT.error) : EXIT.error;
  }
}
