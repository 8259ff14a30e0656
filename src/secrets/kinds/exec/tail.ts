const KEPT = 32 * 1024;

/** Keeps the end of a command's output, however much there is of it. */
export class Tail {
  #chunks: Buffer[] = [];
  #size = 0;
  #cut = false;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size > 2 * KEPT) this.#trim();
  }

  /** What is left of it. A line whose start was cut off is left out: a piece of a secret is hard to recognize. */
  text(): string {
    this.#trim();
    const text = Buffer.concat(this.#chunks).toString('utf8');
    return this.#cut ? text.slice(text.indexOf('\n') + 1 || text.length) : text;
  }

  #trim(): void {
    if (this.#size <= KEPT) return;
    // A copy, so that the large buffer is let go.
    const kept = Buffer.from(Buffer.concat(this.#chunks).subarray(-KEPT));
    this.#chunks = [kept];
    this.#size = kept.length;
    this.#cut = true;
  }
}
