/** Where the values of a JSON text stand, and where it stops being JSON. Lines count from 1. */
export interface JsonLines {
  /** The line of each value by its JSON pointer, as far as the text is JSON; of the last, where a name stands twice. */
  readonly lineOf: ReadonlyMap<string, number>;
  /** The line of the first mistake; absent when there is none. */
  readonly brokenAt?: number;
}

/**
 * Reads JSON for the lines alone: `JSON.parse` names none. Used when something is wrong with a file, to say where.
 */
export function jsonLines(text: string): JsonLines {
  const walk = new Walk(text);
  try {
    walk.value('');
    walk.end();
  } catch (error) {
    if (!(error instanceof Broken) && !(error instanceof RangeError)) throw error;
    return { lineOf: walk.lineOf, brokenAt: walk.line };
  }
  return { lineOf: walk.lineOf };
}

class Broken extends Error {}

const TOKEN =
  /[{}[\]:,]|"(?:[^"\\\t\r\n]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

class Walk {
  readonly lineOf = new Map<string, number>();
  line = 1;
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(pointer: string): void {
    const token = this.#next();
    this.lineOf.set(pointer, this.line);
    if (token === '{') this.#members(pointer);
    else if (token === '[') this.#items(pointer);
    else if (/^[}\]:,]$/.test(token)) throw new Broken();
  }

  end(): void {
    if (this.#peek() !== undefined) throw new Broken();
  }

  #members(pointer: string): void {
    if (this.#peek() === '}') return void this.#next();
    for (;;) {
      const name = this.#next();
      if (!name.startsWith('"') || this.#next() !== ':') throw new Broken();
      const text: unknown = JSON.parse(name);
      this.value(`${pointer}/${String(text).replaceAll('~', '~0').replaceAll('/', '~1')}`);
      if (this.#separator('}')) return;
    }
  }

  #items(pointer: string): void {
    if (this.#peek() === ']') return void this.#next();
    for (let index = 0; ; index++) {
      this.value(`${pointer}/${index}`);
      if (this.#separator(']')) return;
    }
  }

  #separator(close: string): boolean {
    const token = this.#next();
    if (token !== close && token !== ',') throw new Broken();
    return token === close;
  }

  #next(): string {
    const token = this.#peek();
    if (token === undefined) throw new Broken();
    this.#at += token.length;
    return token;
  }

  /** The token that follows the white space; undefined at the end. */
  #peek(): string | undefined {
    for (; /[ \t\r\n]/.test(this.#text.charAt(this.#at)); this.#at++) {
      if (this.#text.charAt(this.#at) === '\n') this.line++;
    }
    if (this.#at === this.#text.length) return undefined;
    TOKEN.lastIndex = this.#at;
    const token = TOKEN.exec(this.#text)?.[0];
    if (token === undefined) throw new Broken();
    return token;
  }
}
