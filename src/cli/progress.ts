/** What is happening, on stderr: one line that changes on a terminal, plain lines elsewhere. */
import { describeSpan } from '../model/duration.ts';
import type { Io } from './io.ts';

const REDRAW_MS = 100;
const BAR_WIDTH = 20;
/** Work that ends sooner needs no bar. */
const SILENT_MS = 300;

export class Progress {
  readonly #io: Io;
  readonly #what: string;
  readonly #total: number;
  readonly #isTerminal: boolean;
  readonly #started = performance.now();
  #done = 0;
  #current = '';
  #drawn = 0;

  constructor(io: Io, what: string, total: number) {
    this.#io = io;
    this.#what = what;
    this.#total = total;
    this.#isTerminal = process.stderr.isTTY === true && !io.options.quiet && !io.options.debug;
  }

  /** One more is done. */
  step(): void {
    this.#done += 1;
    this.#draw();
  }

  /** What is worked on now. */
  now(current: string): void {
    this.#current = current;
    this.#draw();
  }

  /** A line that stays; `isLasting` ones are shown on a terminal too. */
  line(text: string, isLasting: boolean): void {
    if (this.#isTerminal && !isLasting) return;
    this.#clear();
    this.#io.note(text);
  }

  /** Takes the changing line away. */
  end(): void {
    this.#clear();
  }

  #draw(): void {
    const time = performance.now();
    if (!this.#isTerminal || time - this.#started < SILENT_MS || time - this.#drawn < REDRAW_MS) return;
    this.#drawn = time;
    const seconds = (time - this.#started) / 1000;
    const share = this.#total === 0 ? 1 : this.#done / this.#total;
    const bar = '#'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '.');
    const left =
      this.#done > 0 && seconds > 2
        ? `, ${describeSpan((seconds / this.#done) * (this.#total - this.#done))} left`
        : '';
    const text = `${this.#what} [${bar}] ${this.#done}/${this.#total} ${describeSpan(seconds)}${left}  ${this.#current}`;
    process.stderr.write(`\r\x1b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
  }

  #clear(): void {
    if (this.#drawn > 0) process.stderr.write('\r\x1b[K');
    this.#drawn = 0;
  }
}
