import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../model/time.ts';

/** A file of this many bytes takes about as long to write as a call to MotherDuck. */
const LARGE = 512 * 1024;
const MAX_PAUSE_MS = 50;

/** Pauses between writes of a large file for as long as a write took, so that changes of that time are written together. */
export class WriteThrottle {
  /** On the clock of `monotonicMs`. */
  #nextWriteAt = 0;

  /** Milliseconds until the next write may begin; 0: now. */
  get remainingMs(): number {
    return Math.max(0, this.#nextWriteAt - monotonicMs());
  }

  /** Waits until the next write may begin. */
  async wait(): Promise<void> {
    if (this.remainingMs > 0) await sleep(this.remainingMs);
  }

  /**
   * Call when a write has ended.
   *
   * @param started When it began, on the clock of `monotonicMs`.
   * @param bytes How much was written.
   */
  wrote(started: number, bytes: number): void {
    const ended = monotonicMs();
    this.#nextWriteAt = bytes < LARGE ? ended : ended + Math.min(ended - started, MAX_PAUSE_MS);
  }
}
