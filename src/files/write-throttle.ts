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

/** UTF-8 in one piece of memory that is used again, so that megabytes written many times a minute leave no garbage. */
export class ReusedBytes {
  #buffer: Buffer = Buffer.alloc(0);

  /** The bytes of a text that comes in pieces; valid until the next call. */
  of(pieces: Iterable<string>): Uint8Array {
    let length = 0;
    for (const piece of pieces) {
      // A UTF-16 unit takes three bytes at most.
      this.#makeRoom(length, piece.length * 3);
      length += this.#buffer.write(piece, length);
    }
    return this.#buffer.subarray(0, length);
  }

  #makeRoom(used: number, more: number): void {
    if (used + more <= this.#buffer.length) return;
    const larger = Buffer.alloc(Math.max(used + more, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, used);
    this.#buffer = larger;
  }
}
