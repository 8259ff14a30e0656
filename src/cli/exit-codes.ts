/** What the exit codes of every command mean. */
import { type ErrorCode, UserError } from '../model/user-error.ts';

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
export function exitCodeOf(error: unknown): number {
  return error instanceof UserError ? (EXIT_OF[error.code] ?? EXIT.error) : EXIT.error;
}
