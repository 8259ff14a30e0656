import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { POOL_SIZE, SIZES } from '../../src/model/ducklings.ts';
import { DEFAULT_VARIABLE } from '../../src/model/secret.ts';
import { formatDuration } from '../../src/model/time.ts';
import {
  RESERVED_TOKEN_NAMES,
  TOKEN_DESCRIPTION_LENGTH,
  TOKEN_NAME_LENGTH,
  TOKEN_TTL_SECONDS,
  TOKEN_TYPES,
} from '../../src/model/tokens.ts';
import { USERNAME_PATTERN, USERNAME_RULE } from '../../src/model/username.ts';

type Schema = Readonly<Record<string, unknown>>;
const root = path.resolve(import.meta.dirname, '../..');
const schema: Schema = JSON.parse(readFileSync(path.join(root, 'schemas/motherduck.accounts.schema.json'), 'utf8'));
const defs = schema.$defs as Record<string, Schema>;

/** Every place of the schema, with its path. */
function* places(at: unknown, name = ''): Generator<[string, Schema]> {
  if (typeof at !== 'object' || at === null) return;
  yield [name, at as Schema];
  for (const [key, value] of Object.entries(at))
    if (key !== 'examples' && key !== 'default') yield* places(value, `${name}/${key}`);
}

test('every property explains itself', () => {
  const silent = [...places(schema)].filter(([name, at]) => {
    const isProperty = /\/properties\/[^/]+$/.test(name);
    const target = typeof at.$ref === 'string' ? defs[at.$ref.replace('#/$defs/', '')] : at;
    return isProperty && typeof at.description !== 'string' && typeof target?.description !== 'string';
  });
  expect(silent.map(([name]) => name)).toEqual([]);
});

test('no mapping takes keys that it does not name, unless they are names', () => {
  const open = [...places(schema)].filter(
    ([, at]) => [at.type].flat().includes('object') && at.oneOf === undefined && at.additionalProperties === undefined,
  );
  expect(open.map(([name]) => name)).toEqual([]);
  const named = [...places(schema)].filter(
    ([, at]) => typeof at.additionalProperties === 'object' && at.propertyNames === undefined,
  );
  expect(named.map(([name]) => name)).toEqual([]);
});

test("its limits are the model's", () => {
  const property = (def: string, key: string) => (defs[def] as { properties: Record<string, Schema> }).properties[key];
  expect(defs.size?.enum).toEqual(SIZES);
  expect(defs.token_type?.enum).toEqual(TOKEN_TYPES);
  expect(property('read_scaling', 'pool_size')).toMatchObject({ minimum: POOL_SIZE.min, maximum: POOL_SIZE.max });
  const { min, max } = TOKEN_DESCRIPTION_LENGTH;
  expect(defs.token_description).toMatchObject({ minLength: min, maxLength: max });
  const { propertyNames } = defs.accounts as { propertyNames: Schema };
  expect(propertyNames).toEqual({ title: USERNAME_RULE, pattern: USERNAME_PATTERN.source });
  expect(property('file_store', 'variable')?.default).toBe(DEFAULT_VARIABLE);
  const ttl = `${formatDuration(TOKEN_TTL_SECONDS.min)} to ${formatDuration(TOKEN_TTL_SECONDS.max)}`;
  expect(defs.ttl?.description).toContain(ttl);
  // Ten characters are left for the `.2` of later generations.
  expect(property('token', 'name')?.maxLength).toBe(TOKEN_NAME_LENGTH.max - 10);
  expect(RESERVED_TOKEN_NAMES).toHaveLength(2);
});

test.each([
  ['config-validator', 'validateIncluded'],
  ['config-check', 'isIncluded'],
])('the compiled %s needs nothing of the compiler', (name, exported) => {
  const code = readFileSync(path.join(root, `src/config/${name}.generated.js`), 'utf8');
  expect(code).toContain(exported);
  // The helpers of ajv that it uses are in it; one of them carries its own import as a text.
  expect(code.replace(/\.code = '.*'/g, '')).not.toMatch(/(require\(|from )["']/);
  expect(code).not.toContain('vErrors.concat');
});
