import { type Issue, RestError } from './endpoint.ts';

type Path = readonly (string | number)[];

/**
 * Reads the fields of a request as MotherDuck's API does, which validates with zod: it collects everything that is
 * wrong, drops unknown fields, and words issues as zod does. Each reader returns undefined for a value that it refused.
 */
export class Issues {
  readonly #issues: Issue[] = [];

  add(code: string, message: string, path: Path): undefined {
    this.#issues.push({ code, message, path: [...path] });
    return undefined;
  }

  /**
   * Returns what was read from fields of which none was refused.
   * @throws RestError BAD_REQUEST with the issues, and the first one's message (assumption: the documented example has only one)
   */
  check<T>(value: T | undefined): T {
    const first = this.#issues[0];
    if (first !== undefined) throw new RestError('BAD_REQUEST', first.message, this.#issues);
    return value as T;
  }

  object(value: unknown, path: Path): Readonly<Record<string, unknown>> | undefined {
    if (typeOf(value) !== 'object') return this.#wrongType('object', value, path);
    return value as Readonly<Record<string, unknown>>;
  }

  string(value: unknown, path: Path, { min = 0, max }: { min?: number; max: number }): string | undefined {
    if (typeof value !== 'string') return this.#wrongType('string', value, path);
    if (value.length < min) return this.add('too_small', `String must contain at least ${min} character(s)`, path);
    if (value.length > max) return this.add('too_big', `String must contain at most ${max} character(s)`, path);
    return value;
  }

  integer(value: unknown, path: Path, { min, max }: { min: number; max: number }): number | undefined {
    if (typeof value !== 'number') return this.#wrongType('number', value, path);
    if (!Number.isInteger(value)) return this.add('invalid_type', 'Expected integer, received float', path);
    if (value < min) return this.add('too_small', `Number must be greater than or equal to ${min}`, path);
    if (value > max) return this.add('too_big', `Number must be less than or equal to ${max}`, path);
    return value;
  }

  oneOf<T extends string>(value: unknown, path: Path, options: readonly T[]): T | undefined {
    const found = options.find((option) => option === value);
    if (found !== undefined) return found;
    const expected = options.map((option) => `'${option}'`).join(' | ');
    if (typeof value !== 'string') return this.#wrongType(expected, value, path);
    return this.add('invalid_enum_value', `Invalid enum value. Expected ${expected}, received '${value}'`, path);
  }

  #wrongType(expected: string, value: unknown, path: Path): undefined {
    const message = value === undefined ? 'Required' : `Expected ${expected}, received ${typeOf(value)}`;
    return this.add('invalid_type', message, path);
  }
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}
