/** Progress on stderr: a line that changes on a terminal, nothing elsewhere. */
import type { RunContext } from '../engine/service.ts';
import { defined } from '../model/defined.ts';
import { monotonicMs } from '../model/time.ts';
import type { Io } from './io.ts';
import { progressLine } from './progress-line.ts';
import { canChangeLines, columnsOf, hasBlocks } from './terminal.ts';

const REDRAW_MS = 100;
/** The rate is that of so many seconds. */
const RECENT_SECONDS = 15;
/** Shorter work shows no bar. */
const SILENT_MS = 300;

/** A progress bar on stderr. Where there is no terminal, it shows nothing. */
export class Progress {
  readonly #io: Io;
  readonly #what: string;
  readonly #total: number;
  readonly #isShown: boolean;
  readonly #started = monotonicMs();
  readonly #timer: NodeJS.Timeout | undefined;
  /** The number done at each time, in seconds since the start, as far back as progress counts as recent. */
  readonly #samples: { readonly seconds: number; readonly done: number }[];
  #done: number;
  #current = '';

  /** @param done What was done before. */
  constructor(io: Io, what: string, total: number, done = 0) {
    this.#io = io;
    this.#what = what;
    this.#total = total;
    this.#done = done;
    this.#samples = [{ seconds: 0, done }];
    this.#isShown = canChangeLines(process.stderr, io.options, io.env);
    // On a timer, so that the time advances during long steps and the bar follows the width of the terminal.
    if (this.#isShown) this.#timer = setInterval(() => this.#draw(), REDRAW_MS).unref();
    // Commands that change something handle interruptions themselves; those that only read end here.
    if (this.#isShown && process.listenerCount('SIGINT') === 0) process.once('SIGINT', this.#leave);
  }

  /** Counts one more as done. */
  step(): void {
    this.#done += 1;
  }

  /** Sets how much is done. */
  at(done: number): void {
    this.#done = done;
  }

  /** Sets the name of the account that is in work. */
  now(current: string): void {
    this.#current = current;
  }

  /** Prints a line; where a progress line is shown, only if the line is `isImportant`. */
  line(text: string, isImportant: boolean): void {
    if (isImportant || !this.#isShown) this.#io.note(text);
  }

  /** Removes the progress line. */
  end(): void {
    process.off('SIGINT', this.#leave);
    clearInterval(this.#timer);
    this.#io.changing.clear();
  }

  readonly #leave = () => {
    this.end();
    this.#io.note('Interrupted; nothing was changed.');
    process.kill(process.pid, 'SIGINT');
  };

  #draw(): void {
    const milliseconds = monotonicMs() - this.#started;
    const columns = columnsOf(process.stderr);
    if (milliseconds < SILENT_MS || columns === undefined) return;
    const [what, done, total, current] = [this.#what, this.#done, this.#total, this.#current];
    const room = { columns, hasBlocks: hasBlocks(this.#io.env) };
    const seconds = milliseconds / 1000;
    this.#samples.push({ seconds, done });
    while ((this.#samples[1]?.seconds ?? seconds) < seconds - RECENT_SECONDS) this.#samples.shift();
    const [first = { seconds: 0, done: 0 }] = this.#samples;
    const recent = { done: done - first.done, seconds: seconds - first.seconds };
    this.#io.changing.show(progressLine({ what, done, total, seconds, recent, current }, room));
  }
}

/** Does the work with a context whose progress is shown as a bar labelled `what`, which is removed at the end. */
export async function withProgress<T>(
  what: string,
  io: Io,
  signal: AbortSignal | undefined,
  work: (context: RunContext) => Promise<T>,
): Promise<T> {
  let bar: Progress | undefined;
  const end = () => {
    bar?.end();
    bar = undefined;
  };
  const progress = (done: number, total: number) => {
    bar ??= new Progress(io, what, total);
    bar.at(done);
    if (done === total) end();
  };
  try {
    return await work({ warn: io.warn, progress, ...defined({ signal }) });
  } finally {
    end();
  }
}
