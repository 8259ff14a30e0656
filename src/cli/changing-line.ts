/** The last line of a terminal, which changes while something is done, and makes way for every line that stays. */
export class ChangingLine {
  readonly #stream: NodeJS.WritableStream;
  #isShown = false;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  show(text: string): void {
    this.#isShown = true;
    this.#stream.write(`\r\x1b[K${text}`);
  }

  clear(): void {
    if (this.#isShown) this.#stream.write('\r\x1b[K');
    this.#isShown = false;
  }
}
