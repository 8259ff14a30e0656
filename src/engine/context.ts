/** What the use cases are given by whoever runs them: a command of the terminal, or a program that uses the library. */
import type { Hint } from '../model/user-error.ts';

export interface Context {
  /** Takes a warning that the user should see. */
  warn(message: string, hint?: Hint): void;
  /** Takes a remark, for example what is waited for. */
  note?(text: string): void;
  /** Called when the work begins or advances, with the number of accounts done so far and in total. */
  readonly progress?: (done: number, total: number) => void;
  /** Aborted to stop: calls in flight are finished, nothing new begins. */
  readonly signal?: AbortSignal;
}
