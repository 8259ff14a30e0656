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
