import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { diagnosticJson } from '../../src/model/diagnostic.ts';
import { SIZES } from '../../src/model/ducklings.ts';
import { formatDuration } from '../../src/model/time.ts';
import { all, BASE, desired, load, MAIN, textOf } from './loading.ts';

/** What an account may be, in the terms of the YAML; each value is one that the checks let pass. */
const username = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{2,12}$/);
const key = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,8}$/);
const line = fc
  .string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
  .filter((text) => !/[\p{C}\u2028\u2029]/u.test(text));
const cooldown = fc.integer({ min: 60, max: 86_400 });
const side = fc.record({ size: fc.constantFrom(...SIZES.slice(1, 3)), cooldown }, { requiredKeys: [] });
const account = fc.record(
  {
    ducklings: fc.record({
      read_write: side,
      read_scaling: fc.record(
        { size: fc.constantFrom(...SIZES.slice(1, 3)), pool_size: fc.nat(64), cooldown },
        { requiredKeys: [] },
      ),
    }),
    tokens: fc.dictionary(key, fc.record({ ttl: fc.integer({ min: 300, max: 31_536_000 }), description: line }), {
      maxKeys: 3,
    }),
    deletion_protection: fc.boolean(),
    smoke: fc.oneof(
      fc.constant(false as const),
      fc.record({ query: line.filter((text) => !text.includes(';')), database: line }, { requiredKeys: [] }),
    ),
  },
  { requiredKeys: ['tokens'] },
);
const accounts = fc
  .uniqueArray(fc.tuple(username, account), { maxLength: 6, selector: ([name]) => name.toLowerCase() })
  .map((entries) => new Map(entries));

const spans = <T extends { cooldown?: number }>(one: T) =>
  one.cooldown === undefined ? one : { ...one, cooldown: formatDuration(one.cooldown) };

test('whatever is written comes back as it was meant', async () => {
  await fc.assert(
    fc.asyncProperty(accounts, fc.constantFrom('flow', 'block'), async (wanted, style) => {
      const dollars = (text: string): string => text.replaceAll('$', '$$$$');
      const written = [...wanted].map(([name, { ducklings, tokens, smoke, ...rest }]) => [
        name,
        {
          ...rest,
          ...(ducklings && {
            ducklings: { read_write: spans(ducklings.read_write), read_scaling: spans(ducklings.read_scaling) },
          }),
          ...(smoke !== undefined && {
            smoke: smoke && Object.fromEntries(Object.entries(smoke).map(([k, text]) => [k, dollars(text)])),
          }),
          tokens: Object.fromEntries(
            Object.entries(tokens).map(([k, { ttl, description }]) => [
              k,
              { policy: 'app', ttl: `${ttl}s`, rotate_before: '2s', overlap: '1s', description: dollars(description) },
            ]),
          ),
        },
      ]);
      const yaml = stringify(Object.fromEntries(written), {
        collectionStyle: style === 'flow' ? 'flow' : 'block',
        lineWidth: 0,
        aliasDuplicateObjects: false,
      });
      const json = BASE.replace('format: dotenv', 'format: json'); // so that no two variables collide
      const read = (await desired(`${json}accounts:\n${yaml.replace(/^(?=.)/gm, '  ')}`)).accounts;
      expect([...read.values()].map(({ username }) => username).sort()).toEqual([...wanted.keys()].sort());
      for (const [name, { ducklings, tokens, deletion_protection, smoke }] of wanted) {
        const got = read.get(name.toLowerCase());
        const { location: _where, ...gotDucklings } = got?.ducklings ?? { location: undefined };
        expect(gotDucklings).toEqual(ducklings ?? {});
        expect(got?.deletionProtection).toBe(deletion_protection ?? true);
        expect(got?.smoke).toEqual(smoke ?? {});
        const gotTokens = [...(got?.tokens.values() ?? [])].map(({ key, ttl, description }) => [
          key,
          { ttl, description },
        ]);
        expect(Object.fromEntries(gotTokens)).toEqual({ ...tokens });
      }
    }),
    { numRuns: 60 },
  );
});

const VALID = `${BASE}duckling_pools:
  small: &pool { read_write: { size: pulse }, read_scaling: { size: pulse, pool_size: 2 } }
templates:
  tenant: { ducklings: small, tokens: { app: app } }
accounts:
  etl_prod:
    ducklings: { <<: *pool, read_write: { size: jumbo, cooldown: 10m } }
    tokens:
      airflow: app
      backfill: { policy: app, ttl: 30d, rotate_before: 2d }
    smoke: { query: "SELECT \${N}", database: 'x' }
  tenant_a: { template: tenant }
compute_rates: { pulse: 1, jumbo: 2.5 }
guardrails: { max_deletes: 2, allowed_sizes: [pulse, jumbo] }
`;

const PIECES = [
  '\n',
  '\t',
  ' ',
  ':',
  ': ',
  '- ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '|',
  '>',
  '&a',
  '*a',
  '*pool',
  '<<',
  '!t',
  '#',
  '?',
  '%',
];
const WORDS = [
  '${',
  `\${N}`,
  `\${NO}`,
  '$$',
  '---',
  '...',
  'null',
  '1e999',
  '-1',
  '0x1',
  '.nan',
  '__proto__',
  'pulse',
  '5m',
  '\u0000',
  '\ufeff',
  'é🦆',
];

test('whatever is broken gives diagnostics with places in the text, and never anything else', async () => {
  const change = fc.tuple(fc.nat(VALID.length), fc.nat(12), fc.constantFrom(...PIECES, ...WORDS));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
      let yaml = VALID;
      for (const [at, length, text] of changes) yaml = yaml.slice(0, at) + text + yaml.slice(at + length);
      const loaded = await load(yaml, { N: '1' });
      const lines = yaml.replace(/^\ufeff/, '').split('\n');
      for (const one of all(loaded)) {
        expect(one.location.line).toBeLessThanOrEqual(lines.length);
        expect(one.location.column).toBeLessThanOrEqual((lines[one.location.line - 1]?.length ?? 0) + 1);
        expect(one.location.file).toBe(MAIN);
        expect(diagnosticJson(one).message).toMatch(/^[^\n]+$/);
      }
      expect(loaded.ok || loaded.diagnostics.length > 0).toBe(true);
      expect(textOf(loaded)).not.toContain('undefined');
    }),
    { numRuns: 400 },
  );
});

test('the valid text of these changes is valid', async () => {
  expect(textOf(await load(VALID, { N: '1' }))).toBe('');
});
