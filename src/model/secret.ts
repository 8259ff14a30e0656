import { inspect } from 'node:util';

/**
 * A token's secret on its way from MotherDuck's answer to a store. However it is printed, logged, serialized or
 * put into a string, it reads `[secret]`; only `reveal` gives the text, so a search for `.reveal(` finds every use.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The secret itself. Call it at the place where it leaves for a store or a connection, and keep no copy. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.toPrimitive](): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
