import { type Answered, effectOf, notMotherDuck } from './answer.ts';
import { ApiError } from './errors.ts';

/**
 * Takes an answer's JSON apart, field by field. A field that is needed and missing or of another type is an error
 * that names it and shows no value; fields nobody asks for are passed over. null counts as missing.
 */
export class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #answered: Answered;

  constructor(json: unknown, answered: Answered, path = '') {
    this.#path = path;
    this.#answered = answered;
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw notMotherDuck(answered, path === '' ? 'the answer is not a JSON object' : `"${path}" is not an object`);
    }
    this.#fields = { ...json };
  }

  text(name: string): string {
    const value = this.#fields[name];
    return typeof value === 'string' ? value : this.#wrong(name, 'a text');
  }

  textOr<T>(name: string, otherwise: T): string | T {
    return this.#lacks(name) ? otherwise : this.text(name);
  }

  flag(name: string): boolean {
    const value = this.#fields[name];
    return typeof value === 'boolean' ? value : this.#wrong(name, 'true or false');
  }

  flagOr(name: string, otherwise: boolean): boolean {
    return this.#lacks(name) ? otherwise : this.flag(name);
  }

  integer(name: string): number {
    const value = this.#fields[name];
    return Number.isSafeInteger(value) ? Number(value) : this.#wrong(name, 'a whole number');
  }

  integerOr<T>(name: string, otherwise: T): number | T {
    return this.#lacks(name) ? otherwise : this.integer(name);
  }

  object(name: string): Fields {
    return new Fields(this.#fields[name], this.#answered, this.#pathOf(name));
  }

  objects(name: string): Fields[] {
    const list = this.#fields[name];
    if (!Array.isArray(list)) return this.#wrong(name, 'a list');
    return list.map((item: unknown, at) => new Fields(item, this.#answered, `${this.#pathOf(name)}[${at}]`));
  }

  texts(name: string): string[] {
    const list = this.#lacks(name) ? [] : this.#fields[name];
    if (!Array.isArray(list) || !list.every((item) => typeof item === 'string'))
      return this.#wrong(name, 'a list of texts');
    return list;
  }

  /** One of the words we know. Another one is not guessed at: MotherDuck may have added it since. */
  word<T extends string>(name: string, known: readonly T[]): T {
    const text = this.text(name);
    return known.find((word) => word === text) ?? this.#unknown(name, text, known);
  }

  #lacks(name: string): boolean {
    return this.#fields[name] === undefined || this.#fields[name] === null;
  }

  #pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  #wrong(name: string, expected: string): never {
    throw notMotherDuck(
      this.#answered,
      `"${this.#pathOf(name)}" is ${this.#lacks(name) ? 'missing' : `not ${expected}`}`,
    );
  }

  #unknown(name: string, text: string, known: readonly string[]): never {
    const { call, status, printable } = this.#answered;
    throw new ApiError(
      'not_motherduck',
      'API_FAILED',
      `${call}: "${this.#pathOf(name)}" is "${printable(text).slice(0, 60)}", which this version does not know (it knows ${known.join(', ')})`,
      'MotherDuck may have added it: look for a newer version of motherduck-accounts. Nothing was guessed or changed for it.',
      { call, status, effect: effectOf(this.#answered, true) },
    );
  }
}
