/** Any live organization into any configuration: valid afterwards, with all that was in it, and nothing left to adopt. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { SIZES } from '../../src/model/ducklings.ts';
import { TOKEN_TYPES } from '../../src/model/tokens.ts';
import type { WireDucklings } from '../../src/model/wire.ts';
import { DAY, HOUR } from '../world.ts';
import { ImportStage, type TokenSketch } from './import-stage.ts';

const POLICIES = `token_policies:
  loads: &loads { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local } # shared
  dashboard: { <<: *loads, type: read_scaling, ttl: 30d, rotate_before: 7d }
duckling_pools:
  small: { read_write: { size: pulse }, read_scaling: { size: pulse, pool_size: 2 } }
`;
const STORE = 'secret_stores: { local: { kind: file, path: s.env, format: dotenv } }\n';
const HEAD = `version: 1 # the only one\norganization: acme\n\n${STORE}`;

/** Configurations in the ways in which people write them, and in some in which they hardly do. */
const BASES = [
  'version: 1\norganization: acme\n',
  `\uFEFF${HEAD}\naccounts: {} # none yet\n`,
  `${HEAD}${POLICIES}\n# The accounts.\naccounts:\n\n  # loads\n  etl_prod:\n    ducklings: small\n    tokens:\n      airflow:   loads # nightly\n\n      # dbt: loads\n\n  bi_tool: {tokens: {app: dashboard,}}\n\nguardrails: { allowed_sizes: [pulse, standard], max_token_ttl: 90d, max_pool_size_total: 9 }\n# end`,
  `${HEAD}${POLICIES}accounts: # all\n    Tenant_1:\n\n    # more to come\nignore:\n- legacy_*\nguardrails: {allow_never_expiring: true}\n`,
  `%YAML 1.2\n---\n${HEAD}${POLICIES}templates:\n  tenant: { ducklings: small, tokens: &std { app: dashboard } }\naccounts:\n  Tenant_1: { template: tenant }\n  bi_tool: { tokens: *std }\n  etl_prod: &etl { tokens: { <<: *std } }\n...\n`,
  `{"version": 1, "organization": "acme", "secret_stores": {"local": {"kind": "file", "path": "s.env", "format": "json"}}, "accounts": {"etl_prod": null}}`,
  `${HEAD}${POLICIES}accounts: {\n    etl_prod: { tokens: { airflow: loads } }, # one\n    bi_tool: # two\n  }\ncompute_rates: { standard: 2, jumbo: 4 }\n`,
].flatMap((text) => [text, text.replaceAll('\n', '\r\n')]);

const NAMES = [
  'airflow',
  'airflow.2',
  'airflow.2.3',
  'app',
  'App',
  'dbt',
  'BI (old)',
  'bi_old',
  'a-b',
  'a_b',
  'toString',
  '7',
  "it's: {$X}",
  'é',
];

const token: fc.Arbitrary<TokenSketch> = fc
  .record({
    name: fc.constantFrom(...NAMES),
    type: fc.constantFrom(...TOKEN_TYPES),
    ttl: fc.constantFrom(undefined, 900, HOUR, 36 * HOUR, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY),
    description: fc.constantFrom(undefined, 'Loads # "data"'),
  })
  .map(({ ttl, description, ...rest }) => ({
    ...rest,
    ...(ttl ? { ttl } : {}),
    ...(description ? { description } : {}),
  }));

const ducklings: fc.Arbitrary<WireDucklings> = fc
  .record({ size: fc.constantFrom(...SIZES), pool: fc.constantFrom('pulse', 'standard', 'jumbo'), flock: fc.nat(4) })
  .map(({ size, pool, flock }) => ({
    read_write: { instance_size: size },
    read_scaling: {
      instance_size: pool as 'pulse',
      flock_size: flock,
      ...(pool === 'jumbo' ? { cooldown_seconds: 900 } : {}),
    },
  }));

const account = fc.record({
  username: fc.constantFrom('etl_prod', 'BI_tool', 'tenant_1', 'tenant_2', 'tenant_3', 'legacy_x', 'toString'),
  tokens: fc.array(token, { maxLength: 6 }),
  ducklings: fc.option(ducklings, { nil: undefined }),
  /** Then so much time passes, until the next account is made. */
  age: fc.constantFrom(1, 800, 40 * HOUR, 29 * DAY, 88 * DAY),
});

it('imports everything that can be, changes nothing of what was there, and the second time does nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...BASES), fc.array(account, { maxLength: 5 }), async (base, accounts) => {
      const the = new ImportStage(base);
      for (const { username, tokens, ducklings: compute, age } of accounts) {
        const known = the.world.organization.inspect().accounts.map((each) => each.username.toLowerCase());
        if (known.includes(username.toLowerCase())) continue;
        await the.account(username, tokens, compute);
        await the.world.organization.advance(age);
      }
      const planned = await the.plan();
      const { skipped, adopts } = await the.import();
      const after = the.read();
      expectKept(base, after);
      for (const action of await the.plan()) {
        expect(planned).toContain(action);
        expect(action).not.toMatch(/^adopt_/);
      }
      const adopted = new Set(adopts.tokens.values());
      const said = new Set(skipped.map((each) => each.token?.id ?? each.account));
      for (const live of the.world.organization
        .inspect()
        .accounts.filter(({ username }) => adopts.accounts.has(username))) {
        for (const { id } of live.tokens) expect(adopted.has(id) || said.has(id)).toBe(true);
      }
      const { serial } = the.world.stateWriter.state;
      expect(await the.import()).toMatchObject({ accounts: 0, tokens: 0 });
      expect(the.read()).toBe(after);
      expect(the.world.stateWriter.state.serial).toBe(serial);
    }),
    { numRuns: 200 },
  );
});

/** Every line is there in its order, up to the braces at its end between which something may stand now. */
function expectKept(before: string, after: string): void {
  let at = 0;
  for (const line of before.split('\n')) {
    const kept = line
      .replace(/\s*\{\}(?= #)/, '')
      .split(/ #/)
      .map((part) => part.replace(/([{}~,\s]|null)+$/, ''));
    for (const part of kept) {
      const found = after.indexOf(part, at);
      expect(found, `"${part}" in ${after}`).toBeGreaterThanOrEqual(at);
      at = found + part.length;
    }
  }
}
