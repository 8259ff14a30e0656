import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isConfig, isIncluded } from '../../src/config/config-check.generated.js';
import { validateConfig, validateIncluded } from '../../src/config/config-validator.generated.js';
import { isUsername } from '../../src/model/username.ts';

interface Schema {
  readonly $ref?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
}
const file = path.resolve(import.meta.dirname, '../../schemas/motherduck.accounts.schema.json');
const schema: Schema & { readonly $defs: Readonly<Record<string, Schema>> } = JSON.parse(readFileSync(file, 'utf8'));

/** Values of each type at the limits of what some part of the schema takes, or beyond. */
const OF_TYPE: Readonly<Record<string, readonly unknown[]>> = {
  string: [
    '',
    'x',
    'etl_prod',
    '90d',
    '0d',
    '30%',
    '101%',
    'a b',
    'x\u0000',
    'ü'.repeat(128),
    '_airflow',
    '2026-13-40',
  ],
  integer: [-1, 0, 1, 65, 1.5, 1e9],
  number: [-0.1, 0, 2.5],
  boolean: [true, false],
  null: [null],
  array: [[]],
  object: [{}],
};
const ANYTHING = Object.values(OF_TYPE).flat();

/** Values that are right by this part of the schema, but for one in `faults` of all places. */
function arbitraryOf(part: Schema | boolean, faults: number, depth = 0): fc.Arbitrary<unknown> {
  if (typeof part === 'boolean' || depth > 12) return fc.constantFrom(...ANYTHING);
  if (part.$ref !== undefined) return fc.constant(null).chain(() => arbitraryOf(target(part.$ref), faults, depth + 1));
  const right = fc.oneof(...rightOf(part, faults, depth));
  return fc.oneof({ arbitrary: right, weight: faults }, { arbitrary: fc.constantFrom(...ANYTHING), weight: 1 });
}

const target = (ref = '') => schema.$defs[ref.replace('#/$defs/', '')] ?? {};

function rightOf(part: Schema, faults: number, depth: number): fc.Arbitrary<unknown>[] {
  if (part.oneOf) return part.oneOf.map((one) => arbitraryOf(one, faults, depth + 1));
  if (part.const !== undefined) return [fc.constant(part.const)];
  if (part.enum) return [fc.constantFrom(...part.enum)];
  const given = [...(part.examples ?? []), ...(part.default === undefined ? [] : [part.default])];
  const shown = given.length > 0 ? [fc.constantFrom(...given)] : [];
  const made = [part.type ?? []].flat().flatMap((type) => {
    if (type === 'object') return [objectOf(part, faults, depth)];
    if (type === 'array') return [fc.array(arbitraryOf(part.items ?? true, faults, depth + 1), { maxLength: 3 })];
    return given.length > 0 ? [] : [fc.constantFrom(...(OF_TYPE[type] ?? ANYTHING))];
  });
  return [...shown, ...made, ...(shown.length + made.length === 0 ? [fc.constantFrom(...ANYTHING)] : [])];
}

function objectOf(part: Schema, faults: number, depth: number): fc.Arbitrary<unknown> {
  const named = Object.entries(part.properties ?? {}).map(
    ([key, value]) => [key, arbitraryOf(value, faults, depth + 1)] as const,
  );
  const own = fc.record(Object.fromEntries(named), { requiredKeys: [...(part.required ?? [])], noNullPrototype: true });
  if (typeof part.additionalProperties !== 'object') return own;
  const name = fc.constantFrom('etl_prod', 'airflow', 'x-own', 'a', '1', 'toString', '__proto__');
  const more = fc.array(fc.tuple(name, arbitraryOf(part.additionalProperties, faults, depth + 1)), { maxLength: 2 });
  return fc.tuple(own, more).map(([known, entries]) => Object.assign(known, Object.fromEntries(entries)));
}

test.each([
  ['a main file', schema, isConfig, validateConfig],
  ['an included file', target('included_file'), isIncluded, validateIncluded],
] as const)('the short check of %s says what the validator with errors says', (_, part, isRight, validate) => {
  const answers = new Map([
    [true, 0],
    [false, 0],
  ]);
  for (const faults of [200, 20])
    fc.assert(
      fc.property(arbitraryOf(part, faults), (data) => {
        const answer = validate(data);
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
        expect(isRight(data)).toBe(answer);
      }),
      { numRuns: 300 },
    );
  for (const [answer, count] of answers) expect(count, `answers ${answer}`).toBeGreaterThan(20);
});

test('both take the names of accounts that the pattern takes, also of ASCII alone', () => {
  const unit = fc.constantFrom('a', 'Z', '9', '_', '.', '@', ' ', '-', '/', '\0', '\n', 'é', '東', '\u200b', '\u0301');
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 5 }), (name) => {
      const config = { version: 1, organization: 'acme', accounts: { [name]: {} } };
      expect([isConfig(config), validateConfig(config)]).toEqual([isUsername(name), isUsername(name)]);
    }),
    { numRuns: 2000 },
  );
});
