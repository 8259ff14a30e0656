import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { unicodeTest } from '../../src/model/unicode-test.ts';
import { serializeState } from '../../src/state/state-document.ts';
import { type Schema, validatorOf } from '../../src/yaml/json-schema.ts';
import { example } from '../state/example.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): unknown => parse(readFileSync(path.join(root, file), 'utf8'));
const CONFIG = read('schemas/motherduck.accounts.schema.json') as Schema;
const STATE = read('schemas/state.schema.json') as Schema;

/** What is compared: ajv has other errors for names, and more parameters. */
const comparable = (errors: readonly object[] | null | undefined) =>
  (errors ?? [])
    .map((error) => error as { keyword: string; instancePath: string; params: object; propertyName?: string })
    .filter(({ keyword }) => keyword !== 'propertyNames')
    .map(({ keyword, instancePath, params, propertyName }) => {
      const of = propertyName === undefined ? '' : ` of ${propertyName}`;
      const { comparison, error, ...known } = { ...params } as Record<string, unknown>;
      return `${instancePath}${of}: ${keyword} ${JSON.stringify(known)}`;
    })
    .sort();

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, discriminator: true, strict: false });

function compare(schema: Schema) {
  const reference = ajv.compile(schema);
  const validate = validatorOf(schema);
  return (data: unknown) => {
    reference(data);
    expect(comparable(validate(data)), JSON.stringify(data)).toEqual(comparable(reference.errors));
  };
}

const FULL_CONFIG = read('test/config/contract.yaml.txt');
const FULL_STATE = JSON.parse(serializeState(example));

/** Values that replace a part of a document: of every type, and near what is valid. */
const ODD = fc.constantFrom<unknown>(
  ...[null, true, 0, -1, 1.5, 1e300, '', 'a', 'x'.repeat(2000), '1d', '\u{1f986}', '\u00ad', 'a\u0007', 'file', 'exec'],
  ...[[], [1], ['a'], {}, { kind: 'file' }, { kind: 'nothing' }, { kind: 3 }, { a: {} }, { ' ': {} }, { 'a/~b': 1 }],
);

/** The document with some parts replaced, added or removed. */
function damaged(document: unknown): fc.Arbitrary<unknown> {
  const change = fc.record({
    at: fc.nat(),
    depth: fc.nat(5),
    how: fc.constantFrom('put', 'add', 'remove'),
    value: ODD,
  });
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    const copy = { document: structuredClone(document) };
    for (const { at, depth, how, value } of changes) {
      let parent: Record<string, unknown> = copy as Record<string, unknown>;
      let key = 'document';
      for (let level = 0; level <= depth; level += 1) {
        const next = parent[key];
        if (typeof next !== 'object' || next === null || Object.keys(next).length === 0) break;
        parent = next as Record<string, unknown>;
        key = Object.keys(parent)[(at >> level) % Object.keys(parent).length] as string;
      }
      if (how === 'put') parent[key] = structuredClone(value);
      else if (how === 'add') parent[`${key}x`] = structuredClone(value);
      else delete parent[key];
    }
    return copy.document;
  });
}

describe.each([
  ['the configuration', CONFIG, FULL_CONFIG],
  ['the state', STATE, FULL_STATE],
])('of %s', (_, schema, document) => {
  it('a valid one has no errors', () => {
    expect(validatorOf(schema)(document)).toEqual([]);
  });

  it('has the errors that a general validator finds', () => {
    const same = compare(schema);
    fc.assert(fc.property(damaged(document), same), { numRuns: 500 });
  });

  it('compares with each part of the schema, so it knows all keywords', () => {
    for (const [name, part] of Object.entries(schema.$defs as Record<string, Schema>)) {
      const same = compare({ ...part, $defs: schema.$defs, $id: `urn:test:${schema.$id}:${name}` });
      for (const value of [null, true, 1, 0.5, 'a', [], ['a'], {}, { a: {} }, { kind: 'file' }]) same(value);
    }
  });
});

it('refuses a schema with a keyword that it does not know', () => {
  expect(() => validatorOf({ type: 'object', not: {} })({})).toThrow('not');
});

it('matches texts of ASCII as all others', () => {
  const patterns = JSON.stringify(CONFIG).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g);
  for (const pattern of [...patterns].map(([, text]): string => JSON.parse(text ?? ''))) {
    const matches = unicodeTest(pattern);
    const expression = new RegExp(pattern, 'u');
    for (let code = 0; code < 0x180; code += 1) {
      const character = String.fromCodePoint(code);
      for (const text of [character, `a${character}`, `${character}a`, `a${character}b`, `${character}d`])
        expect(matches(text), `${JSON.stringify(text)} ${pattern}`).toBe(expression.test(text));
    }
  }
});
