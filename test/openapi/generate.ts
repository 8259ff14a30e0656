/** Values from the document's schemas: valid ones by chance, and those at and beyond each limit. */
import * as fc from 'fast-check';
import { at, problemsOf } from './document.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly 'x-extensible-enum'?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly not?: Schema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

export function schemaAt(pointer: string): Schema {
  return at<Schema>(pointer);
}

function followed({ $ref, ...own }: Schema): Schema {
  if ($ref === undefined) return own;
  const { properties, ...others } = followed(schemaAt($ref));
  return { ...others, ...own, ...(properties && { properties: { ...properties, ...own.properties } }) };
}

/** Values that are valid by the schema at a pointer. */
export function valid(pointer: string): fc.Arbitrary<unknown> {
  return valuesOf(schemaAt(pointer), false).filter((value) => problemsOf(value, pointer, 'known').length === 0);
}

/** Values of which about half are valid by the schema at a pointer. */
export function perhapsValid(pointer: string): fc.Arbitrary<unknown> {
  return valuesOf(schemaAt(pointer), true);
}

function valuesOf(reference: Schema, wild: boolean): fc.Arbitrary<unknown> {
  const schema = followed(reference);
  const right = rightValues(schema, wild);
  const limits = limitsOf(schema);
  const probed = limits.length > 0 ? fc.oneof({ weight: 3, arbitrary: right }, fc.constantFrom(...limits)) : right;
  if (!wild) return schema.type === 'object' ? right : probed;
  return fc.oneof({ weight: 19, arbitrary: probed }, fc.constantFrom(...wrongValuesOf(schema)));
}

function rightValues(schema: Schema, wild: boolean): fc.Arbitrary<unknown> {
  const listed = schema.enum ?? schema['x-extensible-enum'];
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (listed !== undefined) return fc.constantFrom(...listed);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((each) => valuesOf(each, wild)));
  const types = [schema.type].flat();
  return fc.oneof(...types.map((type) => valuesOfType(type, schema, wild)));
}

function valuesOfType(type: string | undefined, schema: Schema, wild: boolean): fc.Arbitrary<unknown> {
  const { minimum = 0, maximum = 1_000_000, minLength = 0, maxLength = 20, pattern } = schema;
  switch (type) {
    case 'object': {
      const properties = Object.entries(schema.properties ?? {});
      const fields = Object.fromEntries(properties.map(([name, each]) => [name, valuesOf(each, wild)]));
      return fc.record(fields, { requiredKeys: [...(schema.required ?? [])] });
    }
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}, wild), { maxLength: 3 });
    case 'integer':
      return fc.integer({ min: minimum, max: maximum });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'string':
      return pattern === undefined
        ? fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 20)) })
        : fc.stringMatching(new RegExp(inLetters(pattern))).map((text) => text.slice(0, maxLength));
    default:
      throw new Error(`the generator does not know the type ${type}`);
  }
}

/** fast-check does not know the classes of Unicode: some letters of some scripts, each one UTF-16 unit. */
function inLetters(pattern: string): string {
  const letters = 'A-Za-zäßéЖω中';
  return pattern.replaceAll('[\\p{L}', `[${letters}`).replaceAll('\\p{L}', `[${letters}]`);
}

/** The values at a schema's limits. */
function limitsOf({ minimum, maximum, minLength, maxLength }: Schema): unknown[] {
  const lengths = [minLength, maxLength].filter((length) => length !== undefined);
  return [minimum, maximum, ...lengths.map((length) => 'a'.repeat(length))].filter((value) => value !== undefined);
}

const OTHERS = [null, true, 7, 7.5, '7', 'text', '', '1a', 'a b', 'a-b', '_ab', 'READ_WRITE', [], {}];

/** Values beyond a schema's limits, and of other types. Some may be valid by chance. */
function wrongValuesOf({ minimum, maximum, minLength, maxLength, not }: Schema): unknown[] {
  const beyond = [
    minimum !== undefined && [minimum - 1, minimum + 0.5, String(minimum)],
    maximum !== undefined && [maximum + 1, -maximum, maximum * 1000],
    minLength !== undefined && minLength > 0 && ['a'.repeat(minLength - 1)],
    maxLength !== undefined && ['a'.repeat(maxLength + 1)],
    not?.enum,
  ];
  return [...OTHERS, ...beyond.flatMap((values) => values || [])];
}

/** Copies of a value in which one part is missing, at a limit, beyond a limit or of another type. */
export function* variants(value: unknown, pointer: string): Generator<unknown> {
  yield* variantsOf(value, schemaAt(pointer));
}

function* variantsOf(value: unknown, reference: Schema): Generator<unknown> {
  const schema = followed(reference);
  yield* schema.enum ?? [];
  yield* limitsOf(schema);
  yield* wrongValuesOf(schema);
  if (typeof value !== 'object' || value === null) return;
  yield { ...value, a_field_that_is_not_described: 1 };
  for (const [name, each] of Object.entries(schema.properties ?? {})) {
    const { [name]: old, ...others } = value as Record<string, unknown>;
    yield others;
    for (const variant of variantsOf(old, each)) yield { ...others, [name]: variant };
  }
}
