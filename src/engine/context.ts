/** What a use case needs of its caller: no terminal, no process. */
import type { Hint } from '../model/hint.ts';

/** Progress over one known number of accounts. */
export interface Progress {
  /** One more is done. */
  step(): void;
  /** The work ended, also by an error. */
  end(): void;
}

/** How an engine function reports, and how it is stopped. It prints nothing by itself. */
export interface EngineContext {
  /** Told of what the user should know and what stops nothing. */
  warn(message: string, hint?: Hint): void;
  /** Called when work on `total` accounts starts, with a title such as `Reading accounts`. */
  progress(title: string, total: number): Progress;
  /** When it is aborted, no new call is made. */
  readonly signal?: AbortSignal;
}
