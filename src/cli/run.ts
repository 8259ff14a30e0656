/** Runs a command: errors become exit codes, and output that is closed early does not stop it. */
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
  // Broken output must not stop an apply; if the result was lost, the command fails at its end.
  let outputError: NodeJS.ErrnoException | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') outputError = error;
  });
  process.stderr.on('error', () => undefined);
  process.once('exit', () => {
    if (outputError !== undefined && process.exitCode === EXIT.done) process.exitCode = EXIT.error;
  });
  try {
    return await body(io);
  } catch (error) {
    presentError(error, io);
    return error instanceof UserError ? (EXIT_OF[error.code] ?? EXIT.error) : EXIT.error;
  }
}
