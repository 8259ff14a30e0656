/** The document itself: its structure, its references, and that it says of MotherDuck what the sources say. */
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { COOLDOWN_SECONDS, LITE_SERVICE_ACCOUNTS, POOL_SIZE, SIZES, sizesThat } from '../../src/model/ducklings.ts';
import {
  RESERVED_TOKEN_NAMES,
  TOKEN_DESCRIPTION_LENGTH,
  TOKEN_NAME_LENGTH,
  TOKEN_TTL_SECONDS,
  TOKEN_TYPES,
} from '../../src/model/tokens.ts';
import { NEW_USERNAME_PATTERN } from '../../src/model/username.ts';
import { MAX_USERS_A_PAGE, type WireError } from '../../src/model/wire.ts';
import { at, document, followed, operations, problemsOf } from './document.ts';

const TEXT = { type: 'string', minLength: 1 };
const NOTES = { 'x-sources': { $ref: '#/$defs/notes' }, 'x-unknown': { $ref: '#/$defs/notes' } };
const closed = (required: readonly string[], properties: object) => ({
  type: 'object',
  required,
  additionalProperties: false,
  properties: { ...properties, ...NOTES },
});
const map = (of: object, names = {}) => ({ type: 'object', propertyNames: names, additionalProperties: of });
const def = (name: string) => ({ $ref: `#/$defs/${name}` });
/** A value, or a reference to one of its kind. */
const orReference = (kind: string, of: object) => ({
  if: { required: ['$ref'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { additionalProperties: false, properties: { $ref: { pattern: `^#/components/${kind}/\\w+$` } } },
  else: of,
});

/** The parts of OpenAPI 3.1 that the document uses: anything else is an error. */
const OPENAPI = {
  ...closed(['openapi', 'info', 'servers', 'security', 'tags', 'paths', 'components', 'x-unrouted'], {
    openapi: { const: '3.1.0' },
    info: closed(['title', 'version', 'description', 'license'], {
      title: TEXT,
      version: TEXT,
      summary: TEXT,
      description: TEXT,
      license: closed(['name', 'identifier'], { name: TEXT, identifier: TEXT }),
    }),
    servers: { type: 'array', minItems: 1, items: closed(['url'], { url: TEXT, description: TEXT }) },
    security: { type: 'array', minItems: 1, items: map({ type: 'array', maxItems: 0 }) },
    tags: { type: 'array', items: closed(['name', 'description'], { name: TEXT, description: TEXT }) },
    paths: map(
      {
        type: 'object',
        additionalProperties: false,
        properties: {
          parameters: { type: 'array', items: def('parameter') },
          ...Object.fromEntries(['get', 'post', 'put', 'delete'].map((method) => [method, def('operation')])),
        },
      },
      { pattern: '^/v1(/([a-z_]+|\\{[a-z_]+\\}))+$' },
    ),
    'x-unrouted': def('response'),
    components: closed(['securitySchemes', 'parameters', 'headers', 'responses', 'schemas'], {
      securitySchemes: map(
        closed(['type', 'scheme'], {
          type: { const: 'http' },
          scheme: { const: 'bearer' },
          bearerFormat: TEXT,
          description: TEXT,
        }),
      ),
      parameters: map(def('parameter')),
      headers: map(def('header')),
      responses: map(def('response')),
      schemas: map({ type: 'object' }),
    }),
  }),
  $defs: {
    notes: { type: 'array', minItems: 1, items: TEXT },
    operation: closed(['operationId', 'tags', 'summary', 'responses'], {
      operationId: TEXT,
      tags: { type: 'array', minItems: 1, maxItems: 1 },
      summary: TEXT,
      description: TEXT,
      parameters: { type: 'array', items: def('parameter') },
      requestBody: closed(['required', 'content'], { required: { const: true }, content: def('content') }),
      responses: map(def('response'), { pattern: '^[2-5]\\d\\d$' }),
    }),
    parameter: orReference('parameters', {
      ...closed(['name', 'in', 'description', 'schema'], {
        name: TEXT,
        in: { enum: ['path', 'query'] },
        required: { const: true },
        description: TEXT,
        schema: { type: 'object' },
      }),
      if: { properties: { in: { const: 'path' } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ['required'] },
    }),
    header: orReference(
      'headers',
      closed(['description', 'schema'], {
        description: TEXT,
        required: { type: 'boolean' },
        schema: { type: 'object' },
      }),
    ),
    response: orReference(
      'responses',
      closed(['description', 'headers', 'content'], {
        description: TEXT,
        headers: map(def('header')),
        content: def('content'),
      }),
    ),
    content: map(closed(['schema'], { schema: { type: 'object' }, examples: map(closed(['value'], { value: {} })) }), {
      enum: ['application/json', 'text/plain'],
    }),
  },
};

/** All objects of the document with their pointers. */
function* objects(value: unknown, pointer: string): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [pointer, value as Record<string, unknown>];
  for (const [name, each] of Object.entries(value)) {
    yield* objects(each, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}
const all = [...objects(document, '#')];

describe('the structure of the OpenAPI document', () => {
  it('is that of OpenAPI 3.1', () => {
    const validate = new Ajv({ allErrors: true, strict: false }).compile(OPENAPI);
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
  });

  it('has references that lead somewhere, and no component that nothing refers to', () => {
    const references = all.flatMap(([, { $ref }]) => (typeof $ref === 'string' ? [$ref] : []));
    for (const reference of references) expect(at(reference), reference).toBeTypeOf('object');
    const components = ['parameters', 'headers', 'responses', 'schemas'].flatMap((kind) =>
      Object.keys(at(`#/components/${kind}`)).map((name) => `#/components/${kind}/${name}`),
    );
    expect(components.filter((pointer) => !references.includes(pointer))).toEqual([]);
    for (const scheme of at<readonly object[]>('#/security')) {
      for (const name of Object.keys(scheme)) expect(at('#/components/securitySchemes')).toHaveProperty(name);
    }
  });

  it('has schemas of JSON Schema 2020-12 with the known x- keywords only', () => {
    const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false });
    ajv.addVocabulary(['x-sources', 'x-unknown', 'x-extensible-enum', 'x-portable-pattern', 'x-without-support']);
    ajv.addVocabulary(['components']);
    const pointers = all.filter(
      ([pointer]) => /^#\/components\/schemas\/\w+$/.test(pointer) || pointer.endsWith('/schema'),
    );
    for (const [, schema] of pointers) {
      expect(() => ajv.compile({ ...schema, components: document.components })).not.toThrow();
    }
  });

  it('writes its notes as lists of texts', () => {
    for (const [pointer, object] of all) {
      for (const name of ['x-sources', 'x-unknown']) {
        const notes = object[name];
        if (notes !== undefined) expect(notes, pointer).toEqual([expect.any(String), ...(notes as []).slice(1)]);
      }
    }
  });

  it('names each operation once and declares the parameters of its path', () => {
    expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
    for (const { path, parameters } of operations) {
      const declared = parameters.filter((each) => each.in === 'path').map(({ name }) => name);
      expect(declared, path).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    }
    const tags = at<readonly { name: string }[]>('#/tags').map(({ name }) => name);
    for (const { method, path } of operations) {
      const of = at<readonly string[]>(`#/paths/${path.replaceAll('/', '~1')}/${method.toLowerCase()}/tags`);
      expect(tags).toEqual(expect.arrayContaining([...of]));
    }
  });

  it('has examples that are valid', () => {
    const examples = all.filter(([pointer]) => /\/examples\/\w+$/.test(pointer));
    expect(examples.length).toBeGreaterThan(0);
    for (const [pointer, { value }] of examples) {
      expect(problemsOf(value, pointer.replace(/\/examples\/\w+$/, '/schema'), 'known')).toEqual([]);
    }
  });
});

describe('what the document repeats from the sources', () => {
  const schemas = at<Record<string, Record<string, unknown>>>('#/components/schemas');
  const newToken = at('#/components/schemas/NewToken/properties');
  const scaling = '#/components/schemas/NewDucklings/properties/config/properties/read_scaling/properties';

  it.each([
    ['the sizes', () => [schemas.Size?.enum, schemas.KnownSize?.['x-extensible-enum']], [SIZES, SIZES]],
    [
      'the token types',
      () => [schemas.TokenType?.enum, schemas.KnownTokenType?.['x-extensible-enum']],
      [TOKEN_TYPES, TOKEN_TYPES],
    ],
    [
      'the sizes of read scaling',
      () => at(`${scaling}/instance_size`)['x-without-support'],
      sizesThat(({ readScaling }) => readScaling),
    ],
    [
      'the sizes without a cooldown',
      () => at('#/components/schemas/NoCooldown/if/properties/instance_size').enum,
      sizesThat(({ cooldown }) => !cooldown.settable),
    ],
    ['reserved token names', () => at('#/components/schemas/NewToken/properties/name/not').enum, RESERVED_TOKEN_NAMES],
    [
      'the limit of the Lite plan',
      () =>
        at<string[]>('#/paths/~1v1~1users/post/x-sources')
          .join()
          .match(/allows (\d+)/)?.[1],
      String(LITE_SERVICE_ACCOUNTS),
    ],
    ['users a page', () => at('#/components/parameters/Limit/schema').maximum, MAX_USERS_A_PAGE],
    [
      'our usernames',
      () => at('#/components/schemas/NewUser/properties/username')['x-portable-pattern'],
      NEW_USERNAME_PATTERN.source,
    ],
  ])('%s', (_, read, expected) => {
    expect(read()).toEqual(expected);
  });

  it.each([
    ['ttl', newToken.ttl, { minimum: TOKEN_TTL_SECONDS.min, maximum: TOKEN_TTL_SECONDS.max }],
    ['name', newToken.name, { minLength: TOKEN_NAME_LENGTH.min, maxLength: TOKEN_NAME_LENGTH.max }],
    ['description', newToken.description, { maxLength: TOKEN_DESCRIPTION_LENGTH.max }],
    ['cooldown', schemas.NewCooldown, { minimum: COOLDOWN_SECONDS.min, maximum: COOLDOWN_SECONDS.max }],
    ['pool', at(`${scaling}/flock_size`), { minimum: POOL_SIZE.min, maximum: POOL_SIZE.max }],
  ])('the limits of %s', (_, schema, limits) => {
    expect(schema).toMatchObject(limits);
  });

  it('has the codes of errors, each with its status', () => {
    const codes = {
      BAD_REQUEST: 400,
      UNAUTHORIZED: 401,
      FORBIDDEN: 403,
      NOT_FOUND: 404,
      CONFLICT: 409,
      TOO_MANY_REQUESTS: 429,
      INTERNAL_SERVER_ERROR: 500,
    } satisfies Record<WireError['code'], number>;
    expect(at('#/components/schemas/Error/properties/code').enum).toEqual(Object.keys(codes));
    for (const { responses } of operations) {
      for (const [status, pointer] of responses) {
        if (status === 200 || pointer === followed('#/x-unrouted')) continue;
        const code = at<WireError['code']>(`${pointer}/content/application~1json/schema/properties/code/const`);
        expect(codes[code]).toBe(status);
      }
    }
  });
});
