/** What the engine is given by a command: warnings go to stderr, and progress is a bar. */
import type { Context } from '../engine/context.ts';
import type { Io } from './io.ts';
import { Progress } from './progress.ts';

/** Does the work with a context whose progress is shown as a bar labelled `what`, which is removed at the end. */
export async function withContext<T>(
  what: string,
  io: Io,
  signal: AbortSignal | undefined,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  let bar: Progress | undefined;
  const end = () => {
    bar?.end();
    bar = undefined;
  };
  const progress = (done: number, total: number) => {
    bar ??= new Progress(io, what, total);
    if (done > 0) bar.step();
    if (done === total) end();
  };
  try {
    return await work({ warn: io.warn, progress, ...(signal ? { signal } : {}) });
  } finally {
    end();
  }
}
