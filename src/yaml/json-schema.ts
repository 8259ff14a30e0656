/**
 * Compares data with a JSON Schema (2020-12): of its keywords, those that the schemas of the configuration and of the state
 * use. A general validator, or the code that one generates, takes longer to load than all else that a command does first.
 */

import { unicodeTest } from '../model/unicode-test.ts';

export type Schema = Readonly<Record<string, unknown>>;

/** One difference. A name that is wrong has no error but its own, at the mapping that has it. */
export interface SchemaError {
  readonly keyword: string;
  /** A JSON pointer. */
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Set when the error is about a key of the object at instancePath. */
  readonly propertyName?: string;
  /** The part of the schema with the keyword. */
  readonly parentSchema: Schema;
}

/** Returns every difference between data and a schema, in the order of the schema. */
export type Validator = (data: unknown) => readonly SchemaError[];

/** @param part Which part of the schema: `#/$defs/token`; all of it by default. @throws Error for a keyword that is unknown here. */
export function validatorOf(schema: Schema, part = '#'): Validator {
  const compiler = new Compiler(schema);
  return (data) => {
    const errors: SchemaError[] = [];
    compiler.checkOf(compiler.partAt(part))(data, errors);
    return errors;
  };
}

/** Adds the errors of a value, with paths that begin at the value. */
type Check = (value: unknown, errors: SchemaError[]) => void;
type Keyword = (operand: never, schema: Schema, compiler: Compiler) => Check;

/** The check of each part of a schema, made when it is first needed: most files use few of them. */
class Compiler {
  readonly #root: Schema;
  readonly #checks = new Map<unknown, Check>();

  constructor(root: Schema) {
    this.#root = root;
  }

  partAt(pointer: string): Schema {
    const steps = pointer.split('/').slice(1);
    return steps.reduce((part, step) => part[step] as Schema, this.#root);
  }

  checkOf(schema: Schema): Check {
    const known = this.#checks.get(schema);
    if (known !== undefined) return known;
    const unknown = Object.keys(schema).find((keyword) => !Object.hasOwn(KEYWORDS, keyword) && !WORDS.has(keyword));
    if (unknown !== undefined) throw new Error(`the keyword ${unknown} of JSON Schema is not supported`);
    const checks = Object.entries(KEYWORDS).flatMap(([keyword, check]) =>
      Object.hasOwn(schema, keyword) ? [check(schema[keyword] as never, schema, this)] : [],
    );
    const [first = accept, ...rest] = checks;
    const check: Check =
      rest.length === 0
        ? first
        : (value, errors) => {
            for (const one of checks) one(value, errors);
          };
    this.#checks.set(schema, check);
    return check;
  }
}

const accept: Check = () => undefined;

/** Keywords that are only for readers, or that others read. */
const WORDS: ReadonlySet<string> = new Set([
  ...['$schema', '$id', '$defs', '$comment', 'title', 'description', 'default', 'examples'],
  'oneOf', // the alternatives of a discriminator
]);

/** The keywords, in the order in which errors are reported. Each checks values of its type alone, as JSON Schema says. */
const KEYWORDS: Readonly<Record<string, Keyword>> = {
  $ref: (pointer: string, _, compiler) => compiler.checkOf(compiler.partAt(pointer)),
  type: (types: string | readonly string[], schema) => {
    const expected = [types].flat();
    return unless((value) => expected.some((type) => isOfType(value, type)), 'type', { type: types }, schema);
  },
  maximum: (limit: number, schema) =>
    unless((value) => typeof value !== 'number' || value <= limit, 'maximum', { limit }, schema),
  minimum: (limit: number, schema) =>
    unless((value) => typeof value !== 'number' || value >= limit, 'minimum', { limit }, schema),
  maxLength: (limit: number, schema) =>
    unless((value) => typeof value !== 'string' || lengthOf(value) <= limit, 'maxLength', { limit }, schema),
  minLength: (limit: number, schema) =>
    unless((value) => typeof value !== 'string' || lengthOf(value) >= limit, 'minLength', { limit }, schema),
  pattern: (pattern: string, schema) => {
    const matches = unicodeTest(pattern);
    return unless((value) => typeof value !== 'string' || matches(value), 'pattern', { pattern }, schema);
  },
  const: (allowedValue: unknown, schema) =>
    unless((value) => value === allowedValue, 'const', { allowedValue }, schema),
  enum: (allowedValues: readonly unknown[], schema) =>
    unless((value) => allowedValues.includes(value), 'enum', { allowedValues }, schema),
  anyOf: (schemas: readonly Schema[], schema, compiler) => (value, errors) => {
    const found: SchemaError[] = [];
    for (const alternative of schemas) {
      const before = found.length;
      compiler.checkOf(alternative)(value, found);
      if (found.length === before) return;
    }
    for (const error of found) errors.push(error);
    errors.push(errorOf('anyOf', {}, schema));
  },
  maxItems: (limit: number, schema) =>
    unless((value) => !Array.isArray(value) || value.length <= limit, 'maxItems', { limit }, schema),
  minItems: (limit: number, schema) =>
    unless((value) => !Array.isArray(value) || value.length >= limit, 'minItems', { limit }, schema),
  items: (schema: Schema, _, compiler) => (value, errors) => {
    if (!Array.isArray(value)) return;
    const check = compiler.checkOf(schema);
    for (const [index, item] of value.entries()) checkBelow(check, item, index, errors);
  },
  maxProperties: (limit: number, schema) =>
    unless((value) => !isObject(value) || Object.keys(value).length <= limit, 'maxProperties', { limit }, schema),
  required: (keys: readonly string[], schema) => (value, errors) => {
    if (!isObject(value)) return;
    for (const missingProperty of keys)
      if (!Object.hasOwn(value, missingProperty)) errors.push(errorOf('required', { missingProperty }, schema));
  },
  propertyNames: (schema: Schema, _, compiler) => (value, errors) => {
    if (!isObject(value)) return;
    const check = compiler.checkOf(schema);
    for (const propertyName of Object.keys(value)) {
      const found: SchemaError[] = [];
      check(propertyName, found);
      for (const error of found) errors.push({ ...error, propertyName });
    }
  },
  additionalProperties: (schema: false | Schema, parent, compiler) => {
    const { properties = {} } = parent;
    return (value, errors) => {
      if (!isObject(value)) return;
      for (const key of Object.keys(value)) {
        if (Object.hasOwn(properties as object, key)) continue;
        if (schema !== false) checkBelow(compiler.checkOf(schema), value[key], key, errors);
        else errors.push(errorOf('additionalProperties', { additionalProperty: key }, parent));
      }
    };
  },
  properties: (properties: Readonly<Record<string, Schema>>, _, compiler) => {
    const entries = Object.entries(properties);
    return (value, errors) => {
      if (!isObject(value)) return;
      for (const [key, schema] of entries)
        if (Object.hasOwn(value, key)) checkBelow(compiler.checkOf(schema), value[key], key, errors);
    };
  },
  discriminator:
    ({ propertyName }: { propertyName: string }, schema, compiler) =>
    (value, errors) => {
      if (!isObject(value)) return;
      const tag = Object.hasOwn(value, propertyName) ? value[propertyName] : undefined;
      const alternatives = (schema.oneOf as readonly { $ref: string }[]).map(({ $ref }) => compiler.partAt($ref));
      const chosen = alternatives.find(
        ({ properties }) => (properties as Readonly<Record<string, Schema>>)[propertyName]?.const === tag,
      );
      if (chosen === undefined) errors.push(errorOf('discriminator', { tag: propertyName, tagValue: tag }, schema));
      else compiler.checkOf(chosen)(value, errors);
    },
};

function unless(
  isValid: (value: unknown) => boolean,
  keyword: string,
  params: SchemaError['params'],
  schema: Schema,
): Check {
  return (value, errors) => {
    if (!isValid(value)) errors.push(errorOf(keyword, params, schema));
  };
}

function errorOf(keyword: string, params: SchemaError['params'], parentSchema: Schema): SchemaError {
  return { keyword, instancePath: '', params, parentSchema };
}

/** Checks a part of a value, and completes the paths of its errors. */
function checkBelow(check: Check, value: unknown, key: string | number, errors: SchemaError[]): void {
  const before = errors.length;
  check(value, errors);
  if (errors.length === before) return;
  const step = `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  for (let index = before; index < errors.length; index += 1) {
    const error = errors[index] as SchemaError;
    errors[index] = { ...error, instancePath: step + error.instancePath };
  }
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isObject(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'number') return Number.isFinite(value);
  return typeof value === type;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** In code points. */
function lengthOf(text: string): number {
  return text.length - (text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)?.length ?? 0);
}
