import { CST } from 'yaml';

/** A `{` or `[` that was not closed before what stands at `end`. */
export interface Unclosed {
  readonly bracket: string;
  readonly start: number;
  readonly end: number;
}

const CLOSER: ReadonlyMap<string, string> = new Map([
  ['{', '}'],
  ['[', ']'],
]);

/** Follows the brackets of a text, lexeme by lexeme: the parser only notices where a line no longer fits, and names that. */
export class Brackets {
  readonly unclosed: Unclosed[] = [];
  /** Where tabs indent a line between brackets, for which the parser has no fault of its own. */
  readonly tabs: number[] = [];
  readonly #text: string;
  #open: { readonly bracket: string; readonly start: number }[] = [];
  #offset = 0;
  #last = '';

  constructor(text: string) {
    this.#text = text;
  }

  next(lexeme: string): void {
    const last = this.#last;
    this.#last = lexeme;
    if (last === CST.SCALAR) this.#offset += lexeme.length;
    else if (lexeme === CST.FLOW_END) this.#flowEnd(last);
    else if (lexeme !== CST.SCALAR && lexeme !== CST.DOCUMENT) {
      if (CLOSER.has(lexeme)) this.#open.push({ bracket: lexeme, start: this.#offset });
      else if (lexeme === '}' || lexeme === ']') this.#close(lexeme);
      this.#offset += lexeme.length;
    }
  }

  /** The end of the text. Brackets in front of a quote that is not closed are not what is wrong. */
  end(): void {
    const quote = /^["']/.exec(this.#last)?.[0];
    if (quote !== undefined && (this.#last.length === 1 || !this.#last.endsWith(quote))) return;
    this.#leave(0);
  }

  /** The lexer gives up on all open brackets: a line is indented less than they are. */
  #flowEnd(last: string): void {
    const next = this.#text[this.#offset] ?? '';
    if (last.startsWith('\t')) this.tabs.push(this.#offset - last.length);
    else if (next !== '}' && next !== ']') this.#leave(0);
    this.#open = [];
  }

  #close(closer: string): void {
    const own = this.#open.findLastIndex(({ bracket }) => CLOSER.get(bracket) === closer);
    // What was opened inside is not closed; when nothing fits, what was opened last is not.
    if (own === -1) this.#leave(Math.max(0, this.#open.length - 1));
    else {
      this.#leave(own + 1);
      this.#open.pop();
    }
  }

  #leave(from: number): void {
    for (const open of this.#open.splice(from)) this.unclosed.push({ ...open, end: this.#offset });
  }
}
