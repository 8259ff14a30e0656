import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes of a file that takes about as long to write as a call to MotherDuck. */
const LARGE = 512 * 1024;
const LONGEST_REST_MS = 50;

/** Between two writes of a large file there is as much time as one took, so that what comes in meanwhile goes out together. */
export class Pace {
  /** On the clock of `performance.now()`. */
  #restedAt = 0;

  /** Milliseconds until the next write may begin; 0: now. */
  get left(): number {
    return Math.max(0, this.#restedAt - performance.now());
  }

  async rest(): Promise<void> {
    if (this.left > 0) await sleep(this.left);
  }

  /** A write has ended that began at `started`, of `performance.now()`, and was of so many bytes. */
  wrote(started: number, bytes: number): void {
    const ended = performance.now();
    this.#restedAt = bytes < LARGE ? ended : ended + Math.min(ended - started, LONGEST_REST_MS);
  }
}
