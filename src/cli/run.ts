/** Runs a command: errors become exit codes. */
import { exitCodeOf } from './exit-codes.ts';
import { type Io, type OutputOptions, openIo, presentError } from './io.ts';
import type { TypedOptions } from './typed-options.ts';

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
