/** What of a live organization is written, how, and what is not: each with the plan that follows. */
import { describe, expect, it } from 'vitest';
import { skipHint } from '../../src/report/import/text.ts';
import { expectGoldenError } from '../golden/golden.ts';
import { CONFIG } from '../stage.ts';
import { DAY, HOUR } from '../world.ts';
import { HEAD, ImportStage, skipped } from './import-stage.ts';

const SMALL = {
  read_write: { instance_size: 'pulse' },
  read_scaling: { instance_size: 'pulse', flock_size: 2 },
} as const;
const JUMBO = { ...SMALL, read_write: { instance_size: 'jumbo' } } as const;
const LARGE = {
  read_write: { instance_size: 'giga', cooldown_seconds: 900 },
  read_scaling: { instance_size: 'standard', flock_size: 0, cooldown_seconds: 60 },
} as const;

describe('an organization is written', () => {
  it('with shared policies and pools, a single account’s Ducklings in its block, and nothing twice', async () => {
    const the = new ImportStage(`${HEAD}\n# What a plan must not do.\nguardrails: { max_deletes: 0 }\n`);
    await the.account('tenant_b', [{ name: 'app', type: 'read_scaling', ttl: 30 * DAY }], SMALL);
    await the.account('tenant_a', [{ name: 'app', type: 'read_scaling', ttl: 30 * DAY }], SMALL);
    await the.account(
      'etl_prod',
      [
        { name: 'airflow', ttl: 90 * DAY },
        { name: 'dbt', ttl: 90 * DAY - 2 },
      ],
      LARGE,
    );
    const { diff, skipped: out, notices } = await the.import();
    expect({ out, notices }).toEqual({ out: [], notices: [] });
    expect(diff).toBe(`--- motherduck.accounts.yaml
+++ motherduck.accounts.yaml
@@ -5,3 +5,23 @@
 
 # What a plan must not do.
 guardrails: { max_deletes: 0 }
+
+token_policies:
+  read_write_90d: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: local }
+  read_scaling_30d: { type: read_scaling, ttl: 30d, rotate_before: 7d, overlap: 1d, secret_store: local }
+
+duckling_pools:
+  pulse_x2:
+    read_write: { size: pulse }
+    read_scaling: { size: pulse, pool_size: 2 }
+
+accounts:
+  etl_prod:
+    ducklings:
+      read_write: { size: giga, cooldown: 15m }
+      read_scaling: { size: standard, pool_size: 0, cooldown: 1m }
+    tokens:
+      airflow: read_write_90d
+      dbt: read_write_90d
+  tenant_a: { ducklings: pulse_x2, tokens: { app: read_scaling_30d } }
+  tenant_b: { ducklings: pulse_x2, tokens: { app: read_scaling_30d } }
`);
    expect(await the.plan()).toEqual([]);
    const { texts } = await the.import();
    expect([...texts]).toEqual([]);
    expect([...(the.world.stateWriter.state.accounts.get('tenant_a')?.tokens.values() ?? [])]).toMatchObject([
      { generation: 1, current: { name: 'app', secret: 'unknown' }, retiring: [], intents: [] },
    ]);
  });

  it('and rotates when the policies say so, and not before', async () => {
    const the = new ImportStage();
    await the.account('tenant_a', [{ name: 'app', ttl: 30 * DAY }]);
    await the.import();
    await the.world.organization.advance(22 * DAY);
    expect(await the.plan()).toEqual([]);
    await the.world.organization.advance(2 * DAY);
    expect(await the.plan()).toEqual(['rotate_token tenant_a/app']);
  });

  it('with a secret store where there is none, and only then', async () => {
    const the = new ImportStage('version: 1\norganization: acme\n');
    await the.account('etl_prod');
    expect(await the.import()).toMatchObject({ addsStore: false });
    expect(the.read()).not.toContain('secret_stores');
    await the.account('etl_prod', [{ name: 'airflow', ttl: DAY }]);
    expect(await the.import()).toMatchObject({ addsStore: true, accounts: 0, tokens: 1 });
    expect(the.read()).toContain(
      'secret_stores:\n  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }\n',
    );
  });

  it('from nothing, with the tightest guardrails that it and smaller sizes satisfy', async () => {
    const the = new ImportStage();
    await the.account('tenant_a', [{ name: 'app', ttl: 30 * DAY }, { name: 'old' }], SMALL);
    await the.account('etl_prod', [], JUMBO);
    await the.begin();
    expect((await the.desired()).guardrails).toEqual({
      maxDeletes: 0,
      allowNeverExpiring: false,
      allowedSizes: ['pulse', 'standard', 'jumbo'],
      maxTokenTtl: 90 * DAY,
    });
    expect(await the.plan()).toEqual([]);
  });

  it('from nothing although nothing is live', async () => {
    const the = new ImportStage();
    await the.begin();
    expect((await the.desired()).accounts.size).toBe(0);
  });
});

describe('the names of tokens', () => {
  it('become keys, and what is no key gets one that is like it', async () => {
    const the = new ImportStage();
    const names = [
      'BI (old)',
      'bi_old',
      'airflow.3',
      'Café ${HOME} #1',
      '2027',
      'evil\u202e name',
      'a/b',
      '"quoted"',
      'constructor',
    ];
    await the.account(
      'etl_prod',
      names.map((name) => ({ name, ttl: 90 * DAY })),
    );
    expect(skipped(await the.import())).toEqual([]);
    const tokens = [...((await the.desired()).accounts.get('etl_prod')?.tokens.values() ?? [])];
    expect(Object.fromEntries(tokens.map(({ key, name }) => [key, name]))).toEqual({
      a_b: 'a/b',
      airflow: 'airflow',
      bi_old: 'bi_old',
      bi_old_etl_prod: 'BI (old)',
      cafe_home_1: 'Café ${HOME} #1',
      constructor: 'constructor',
      evil_name: 'evil\u202e name',
      quoted: '"quoted"',
      token_2027: '2027',
    });
    expect(the.world.stateWriter.state.accounts.get('etl_prod')?.tokens.get('airflow')).toMatchObject({
      generation: 3,
    });
    expect(the.read()).not.toMatch(/\u202e/);
    expect(await the.plan()).toEqual([]);
  });

  it('of one variable in the store get different keys, in other accounts too', async () => {
    const the = new ImportStage(HEAD.replace('dotenv }', 'dotenv, variable: "T_{TOKEN}" }'));
    await the.account('tenant_a', [
      { name: 'app', ttl: DAY },
      { name: 'App', ttl: DAY },
    ]);
    await the.account('tenant_b', [{ name: 'app', ttl: DAY }]);
    await the.import();
    const { accounts } = await the.desired();
    const keys = [...accounts.values()].map(({ tokens }) => [...tokens.keys()]);
    expect(keys).toEqual([['App', 'app_tenant_a'], ['app_tenant_b']]);
    expect(await the.plan()).toEqual([]);
  });

  it('that the store cannot tell apart are left out', async () => {
    const the = new ImportStage(HEAD.replace('dotenv }', 'dotenv, variable: "T_{ACCOUNT}" }'));
    await the.account('tenant_a', [
      { name: 'app', ttl: DAY },
      { name: 'bi', ttl: DAY },
    ]);
    expect(skipped(await the.import())).toEqual([
      expect.stringMatching(/^tenant_a\/bi: no_secret_path local variable /),
    ]);
    expect(await the.plan()).toEqual([]);
  });

  it.each([
    ['command', '{ kind: exec, command: [vault, put, "{account}"] }'],
    ['remove', '{ kind: exec, command: [vault, put, "{account}/{token}"], remove: [vault, rm, "{account}"] }'],
  ])(
    'that the %s of one of several stores cannot tell apart are left out, and that store is named',
    async (_, store) => {
      const policy = '{ type: read_write, ttl: 1d, rotate_before: 2h, overlap: 1h, secret_store: [local, ex] }';
      const the = new ImportStage(`${HEAD}  ex: ${store}\ntoken_policies: { p: ${policy} }\n`);
      await the.account('tenant_a', [
        { name: 'app', ttl: DAY },
        { name: 'bi', ttl: DAY },
      ]);
      expect(skipped(await the.import())).toEqual([expect.stringMatching(/^tenant_a\/bi: no_secret_path ex command /)]);
      expect(await the.plan()).toEqual([]);
    },
  );

  it('that the command of the store cannot tell apart are left out', async () => {
    const the = new ImportStage(
      HEAD.replace(/local: \{.*\}/, 'local: { kind: exec, command: [vault, put, "{account}"] }'),
    );
    await the.account('tenant_a', [
      { name: 'app', ttl: DAY },
      { name: 'bi', ttl: DAY },
    ]);
    expect(skipped(await the.import())).toEqual([
      expect.stringMatching(/^tenant_a\/bi: no_secret_path local command /),
    ]);
    expect(await the.plan()).toEqual([]);
  });
});

describe('a token is left out', () => {
  it('that nobody can tell from another, that is old, that ends, or that is not anyone’s', async () => {
    const the = new ImportStage();
    await the.account('etl_prod', [
      { name: 'short', ttl: 1200 },
      { name: 'airflow', ttl: 90 * DAY },
      { name: 'airflow.2', ttl: 90 * DAY },
      { name: 'twice', ttl: 90 * DAY },
      { name: 'twice', ttl: 90 * DAY },
      { name: 'both', ttl: 90 * DAY },
      { name: 'both', type: 'read_scaling', ttl: 90 * DAY },
      { name: 'mdacc smoke.2' },
      { name: 'a\tb' },
      { name: 'x'.repeat(246) },
      { name: 'ends', ttl: 1100 },
    ]);
    await the.world.organization.advance(600);
    // MotherDuck lists no expired token, but one may expire while the list is on its way.
    the.world.interfere = async (request) => {
      if (request.method !== 'GET' || !new URL(request.url).pathname.endsWith('/tokens')) return undefined;
      const response = await the.world.organization.handle(request);
      const { tokens } = (await response.json()) as { tokens: { name: string }[] };
      const late = tokens.map((each) =>
        each.name === 'short' ? { ...each, expire_at: '2026-01-01T00:00:00Z' } : each,
      );
      return new Response(JSON.stringify({ tokens: late }), { headers: response.headers });
    };
    const decided = await the.import();
    the.world.interfere = undefined;
    const [twice, both] = ['twice', 'both'].map((name) => {
      const account = the.world.organization.inspect().accounts.find(({ username }) => username === 'etl_prod');
      return account?.tokens
        .filter((token) => token.name === name)
        .map(({ id }) => id)
        .sort()
        .join(' ');
    });
    expect(
      skipped(decided)
        .map((each) => each.replace(/ \d{4}-\S+Z$/, ' TIME').replace(/ \d+(\.\d+)?$/, ' NUMBER'))
        .sort(),
    ).toEqual(
      [
        'etl_prod/short: expired TIME',
        'etl_prod/airflow: older_generation airflow.2',
        ...[1, 2].map(() => `etl_prod/twice: same_name read_write ${twice}`),
        ...[1, 2].map(() => `etl_prod/both: both_types ${both}`),
        'etl_prod/mdacc smoke.2: reserved_name smoke_test',
        'etl_prod/a\tb: control_characters',
        `etl_prod/${'x'.repeat(246)}: name_too_long NUMBER`,
        'etl_prod/ends: expires_soon NUMBER',
      ].sort(),
    );
    expect(decided.skipped.every((each) => skipHint(each).text !== '')).toBe(true);
    expect([...decided.adopts.tokens.keys()]).toEqual(['etl_prod/airflow']);
    expect(await the.plan()).toEqual([]);
  });

  it('that a smoke test created; the plan leaves it alone', async () => {
    const the = new ImportStage();
    await the.account('etl_prod', [{ name: 'mdacc smoke', ttl: 300 }]);
    expect(skipped(await the.import())).toEqual(['etl_prod/mdacc smoke: smoke_token']);
    expect(await the.plan()).toEqual([]);
  });

  it('whose series the configuration has', async () => {
    const the = new ImportStage();
    await the.account('etl_prod', [{ name: 'app.2', ttl: DAY }]);
    await the.import();
    await the.account('etl_prod', [
      { name: 'app.5', ttl: DAY },
      { name: 'app.2.2', ttl: DAY },
    ]);
    expect(await the.plan()).toEqual(['adopt_token etl_prod/app']);
    expect(skipped(await the.import())).toEqual(['etl_prod/app.2.2: managed_series app']);
    expect(await the.plan()).toEqual([]);
  });

  it('unless it is named by its id, where that says which is meant', async () => {
    const the = new ImportStage();
    await the.account('etl_prod', [
      { name: 'app', ttl: DAY },
      { name: 'app', type: 'read_scaling', ttl: DAY },
    ]);
    const decided = await the.import([`etl_prod/${the.id('etl_prod', 'app')}`]);
    expect(decided).toMatchObject({ accounts: 1, tokens: 1, skipped: [] });
    expect(the.read()).toContain('app: read_scaling_1d');
    expect(await the.plan()).toEqual([]);
  });
});

describe('the life of a token', () => {
  it('without an end is given one by its policy, and it is not replaced for that', async () => {
    const the = new ImportStage();
    await the.account('etl_prod', [{ name: 'old' }]);
    const { notices } = await the.import();
    expect(the.read()).toContain('old: read_write_90d');
    expect(notices).toEqual([{ kind: 'never_expires', names: ['etl_prod/old'] }]);
    await the.world.organization.advance(400 * DAY);
    expect(await the.plan()).toEqual([]);
  });

  it('without an end stays so where that is allowed', async () => {
    const the = new ImportStage(`${HEAD}guardrails: { allow_never_expiring: true }\n`);
    await the.account('etl_prod', [{ name: 'old' }]);
    expect((await the.import()).notices).toEqual([]);
    expect(the.read()).toContain(
      'read_write_never: { type: read_write, ttl: never, overlap: 1d, secret_store: local }',
    );
    expect(await the.plan()).toEqual([]);
  });

  it('that is about to end is not cut shorter: it is replaced later, this once', async () => {
    const the = new ImportStage();
    await the.account('etl_prod', [
      { name: 'days', ttl: 90 * DAY },
      { name: 'just', ttl: 90 * DAY + 11 * DAY },
    ]);
    await the.world.organization.advance(87 * DAY);
    await the.account('etl_prod', [{ name: 'hour', ttl: HOUR }]);
    const { notices } = await the.import();
    const tokens = the
      .read()
      .split('tokens:\n')[1]
      ?.replaceAll(/expires [\d-]+ [\d:]+/g, 'expires THEN');
    const comment = 'expires THEN; remove these settings once it is replaced';
    expect(tokens).toBe(
      `      days: { policy: read_write_90d, rotate_before: 36h, overlap: 1d } # ${comment}\n`.replace(
        ', overlap: 1d',
        '',
      ) +
        '      hour: read_write_1h\n' +
        `      just: { policy: read_write_101d, rotate_before: 7d } # ${comment}\n`,
    );
    expect(notices).toHaveLength(1);
    expect(await the.plan()).toEqual([]);
    await the.world.organization.advance(2 * DAY);
    expect(await the.plan()).toContain('rotate_token etl_prod/days');
  });

  it('is written in round numbers', async () => {
    const the = new ImportStage();
    const lives = [300, 700, HOUR, 25 * HOUR, 71 * HOUR, 7 * DAY + 5 * HOUR, 365 * DAY];
    await the.account(
      'etl_prod',
      lives.slice(1).map((ttl) => ({ name: `t${ttl}`, ttl })),
    );
    await the.import();
    const tokens = [...((await the.desired()).accounts.get('etl_prod')?.tokens.values() ?? [])];
    expect(tokens.map(({ ttl }) => ttl).sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual([
      600,
      HOUR,
      25 * HOUR,
      71 * HOUR,
      7 * DAY,
      365 * DAY,
    ]);
    expect(await the.plan()).toEqual([]);
  });
});

describe('what the configuration has', () => {
  const POLICIES = `token_policies:
  dashboard: { type: read_scaling, ttl: 30d, rotate_before: 7d, overlap: 48h, secret_store: local }
  loads: { type: read_write, ttl: 90d, rotate_before: 3w, overlap: 24h, secret_store: local, description: Loads data }
  part: { type: read_write, ttl: 90d, rotate_before: 3w }
duckling_pools:
  small: { read_write: { size: pulse }, read_scaling: { size: pulse, pool_size: 2 } }
  read_write_90d: { read_write: { size: pulse } }
`;

  it('is used again where it says the same', async () => {
    const the = new ImportStage(HEAD + POLICIES);
    await the.account(
      'bi_tool',
      [
        { name: 'app', type: 'read_scaling', ttl: 30 * DAY },
        { name: 'loader', ttl: 90 * DAY, description: 'Loads data' },
        { name: 'mine', ttl: 90 * DAY, description: 'My $ "own"' },
        { name: 'plain', ttl: 90 * DAY },
      ],
      SMALL,
    );
    await the.import();
    expect(the.read().split('accounts:\n')[1]).toBe(`  bi_tool:
    ducklings: small
    tokens:
      app: dashboard
      loader: loads
      mine: { policy: read_write_90d, description: "My $$ \\"own\\"" }
      plain: read_write_90d
`);
    const mine = (await the.desired()).accounts.get('bi_tool')?.tokens.get('mine');
    expect(mine?.description).toBe('My $ "own"');
    expect(await the.plan()).toEqual([]);
  });

  it('is kept as it is when a new policy would have its name', async () => {
    const the = new ImportStage(`${HEAD}token_policies:\n  read_write_90d: { type: read_write, ttl: 30d }\n`);
    await the.account('bi_', [{ name: 'app', ttl: 90 * DAY }]);
    await the.import();
    expect(the.read()).toContain('app: read_write_90d_2');
  });

  it('of several stores must be chosen from', async () => {
    const the = new ImportStage(`${HEAD}  vault: { kind: exec, command: [vault] }\n`);
    await the.account('etl_prod', [{ name: 'app', ttl: 90 * DAY }]);
    await expect(the.decide()).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/\b2 secret stores: local, vault$/),
      hint: { text: expect.stringContaining('--store local') },
    });
    await expect(the.decide([], { store: 'vaul' })).rejects.toMatchObject({
      code: 'USAGE',
      hint: { text: expect.stringContaining('"vault"?') },
    });
    await the.import([], { store: 'vault' });
    expect(the.read()).toContain('secret_store: vault }');
    expect(await the.plan()).toEqual([]);
  });

  it('may be in another file, which gets the tokens of its accounts, or all that is new', async () => {
    const the = new ImportStage({
      'motherduck.accounts.yaml': `${HEAD}include: [teams/*.yaml]\n`,
      'teams/bi.yaml': '# BI\naccounts:\n    bi_tool: {}\n',
      'teams/etl.yaml': '',
    });
    await the.account('bi_tool', [{ name: 'app', ttl: 90 * DAY }]);
    await the.account('etl_prod', [{ name: 'app', ttl: 90 * DAY }]);
    await expect(the.decide([], { into: 'teams/none.yaml' })).rejects.toMatchObject({ code: 'USAGE' });
    const { texts } = await the.import([], { into: 'teams/etl.yaml' });
    expect([...texts.keys()].map((file) => file.replace(`${the.path}/`, ''))).toEqual([
      'teams/etl.yaml',
      'teams/bi.yaml',
    ]);
    expect(the.read('teams/bi.yaml')).toBe(
      '# BI\naccounts:\n    bi_tool:\n        tokens:\n            app: read_write_90d\n',
    );
    expect(the.read('teams/etl.yaml')).toMatch(
      /^token_policies:\n {2}read_write_90d: [^\n]+\n\naccounts:\n {2}etl_prod:\n/,
    );
    expect(await the.plan()).toEqual([]);
  });

  it('from a template stays, and what is added stands beside it', async () => {
    const the = new ImportStage(
      `${HEAD}${POLICIES}templates:\n  tenant: { tokens: { app: dashboard } }\naccounts:\n  tenant_a: { template: tenant }\n  tenant_b: { template: tenant }\n`,
    );
    const app = { name: 'app', type: 'read_scaling', ttl: 30 * DAY } as const;
    await the.account('tenant_a', [app, { name: 'loader', ttl: 90 * DAY }]);
    await the.account('tenant_b', [app]);
    const decided = await the.import(['tenant_a']);
    expect(decided).toMatchObject({ accounts: 0, tokens: 1 });
    expect(the.read()).toContain(
      '  tenant_a: { template: tenant, tokens: { loader: read_write_90d } }\n  tenant_b: { template: tenant }\n',
    );
    expect(await the.plan()).toEqual(['adopt_account tenant_b', 'adopt_token tenant_b/app']);
  });

  it('by an alias is not changed, since others would change with it', async () => {
    const the = new ImportStage(
      `${HEAD}${POLICIES}accounts:\n  bi_a: &bi { smoke: false }\n  bi_b: *bi\n  bi_c: { <<: *bi }\n`,
    );
    for (const account of ['bi_a', 'bi_b', 'bi_c']) await the.account(account, [{ name: 'app', ttl: 90 * DAY }]);
    const decided = await the.import();
    expect(skipped(decided)).toEqual([
      expect.stringMatching(/^bi_a\/app: shared_block .*accounts\.bi_a .*&bi\b.* 13$/),
      expect.stringMatching(/^bi_b\/app: shared_block .*accounts\.bi_b .*\*bi 14$/),
    ]);
    expect(the.read()).toContain('  bi_c: { <<: *bi, tokens: { app: read_write_90d } }\n');
    await expect(the.decide(['bi_b/app'])).rejects.toMatchObject({ code: 'IMPORT_REFUSED' });
  });

  it('under an alias as a whole is nothing to add to', async () => {
    const the = new ImportStage(`${HEAD}duckling_pools: &none {}\naccounts: *none\n`);
    await the.account('bi_a');
    await expect(the.decide()).rejects.toMatchObject({
      code: 'IMPORT_REFUSED',
      message: expect.stringMatching(/\baccounts\b.*\*none/),
      location: { line: 6 },
    });
  });
});

describe('guardrails', () => {
  it('keep Ducklings out that they do not allow; the accounts come in without', async () => {
    const the = new ImportStage(
      `${HEAD}compute_rates: { standard: 2 }\nguardrails: { allowed_sizes: [pulse, standard, giga], max_pool_size_total: 3 }\n`,
    );
    await the.account('a_jumbo', [], JUMBO);
    await the.account('b_giga', [], LARGE);
    await the.account('c_small', [], SMALL);
    await the.account('d_small', [], SMALL);
    const { notices } = await the.import();
    expect(notices).toEqual([
      { kind: 'size_not_allowed', names: ['a_jumbo'] },
      { kind: 'size_without_rate', names: ['b_giga'] },
      { kind: 'pools_too_large', limit: 3, names: ['d_small'] },
    ]);
    const { accounts } = await the.desired();
    expect([...accounts.values()].map(({ ducklings }) => ducklings !== undefined)).toEqual([false, false, true, false]);
    expect(await the.plan()).toEqual([]);
  });

  it('hold for replacements: what lives longer comes in, and its replacement lives as long as they allow', async () => {
    const the = new ImportStage(`${HEAD}guardrails: { max_token_ttl: 30d }\n`);
    await the.account('etl_prod', [{ name: 'year', ttl: 365 * DAY }, { name: 'ever' }]);
    const { notices } = await the.import();
    expect(notices).toEqual([
      { kind: 'never_expires', names: ['etl_prod/ever'] },
      { kind: 'long_lived', names: ['etl_prod/year'] },
    ]);
    expect(the.read()).toContain('      ever: read_write_30d\n      year: read_write_30d\n');
    expect(await the.plan()).toEqual([]);
  });

  it('of the ceiling stand against what costs more, and an import changes no compute', async () => {
    const the = new ImportStage(
      `${HEAD}compute_rates: { standard: 2, pulse: 1 }\nguardrails: { max_compute_ceiling: 4 }\n`,
    );
    await the.account('a_small', [], SMALL);
    await the.account('b_small', [], SMALL);
    await the.import();
    expect(await the.plan()).toEqual([]);
  });
});

describe('what is asked for by name', () => {
  it('is that and no more', async () => {
    const the = new ImportStage();
    await the.account(
      'etl_prod',
      [
        { name: 'airflow', ttl: 90 * DAY },
        { name: 'dbt', ttl: 90 * DAY },
      ],
      SMALL,
    );
    await the.account('other', [{ name: 'airflow', ttl: 90 * DAY }]);
    expect(await the.import(['ETL_PROD/airflow'])).toMatchObject({ accounts: 1, tokens: 1 });
    expect(the.read().split('accounts:\n')[1]).toBe('  etl_prod: { tokens: { airflow: read_write_90d } }\n');
    expect(await the.plan()).toEqual([]);
    expect(await the.import(['etl_prod'])).toMatchObject({ accounts: 0, tokens: 1 });
    expect(the.read().split('accounts:\n')[1]).toBe(
      '  etl_prod: { tokens: { airflow: read_write_90d, dbt: read_write_90d } }\n',
    );
    expect((await the.import(['etl_prod', 'etl_prod/dbt'])).texts.size).toBe(0);
    expect(await the.plan()).toEqual([]);
  });

  it.each(['etl_prd', 'etl_prod/airflw', 'anna', 'gone', 'planned', 'etl_prod/twice', 'etl_prod/airflow'])(
    '%s is refused with what to do',
    async (name) => {
      const the = new ImportStage(`${HEAD}accounts: { planned: {} }\n`);
      await the.account(
        'etl_prod',
        ['airflow', 'airflow.2', 'twice', 'twice'].map((each) => ({ name: each, ttl: DAY })),
      );
      await the.account('gone');
      await the.world.organization.deprovision('gone');
      await the.world.organization.addHuman('anna');
      const error = await the.decide([name]).catch((thrown: unknown) => thrown);
      expectGoldenError(`an import by name > ${name}`, error, { id: /[0-9a-f]{8}-[0-9a-f-]{27}/g });
    },
  );

  it('and is in the state alone is not put back: someone took it out', async () => {
    const the = new ImportStage();
    await the.account('etl_prod', [{ name: 'airflow', ttl: 90 * DAY }]);
    const before = the.read();
    await the.import();
    the.write(CONFIG, before);
    await expect(the.decide(['etl_prod'])).rejects.toMatchObject({
      code: 'IMPORT_REFUSED',
      hint: { command: ['state', 'forget', 'etl_prod'] },
    });
    expect(skipped(await the.import())).toEqual(['etl_prod: removed']);
    expect(the.read()).toBe(before);
  });

  it('of a key that left the configuration is left to the next apply', async () => {
    const the = new ImportStage();
    await the.account('etl_prod', [
      { name: 'airflow', ttl: 90 * DAY },
      { name: 'dbt', ttl: 90 * DAY },
    ]);
    await the.import();
    the.edit((text) => text.replace(/^ *airflow: .*\n/m, ''));
    await the.account('etl_prod', [{ name: 'airflow.2', ttl: 90 * DAY }]);
    expect(skipped(await the.import())).toEqual([]);
    expect(await the.plan()).toEqual(['revoke_token etl_prod/airflow', 'revoke_token etl_prod/airflow']);
  });
});

describe('import --all', () => {
  it('leaves out what is ignored, people, and accounts with the Admin role, which can be named', async () => {
    const the = new ImportStage(`${HEAD}ignore: [legacy_*]\n`);
    for (const name of ['legacy_a', 'ruler', 'gone', 'etl_prod']) await the.account(name);
    await the.world.organization.addHuman('anna');
    await the.world.organization.deprovision('gone');
    the.world.interfere = async (request) => {
      if (new URL(request.url).pathname !== '/v1/users') return undefined;
      const text = await (await the.world.organization.handle(request)).text();
      const page = JSON.parse(text, (_key, user) =>
        user?.username === 'ruler' ? { ...user, roles: ['admin'] } : user,
      );
      return Response.json(page);
    };
    const decided = await the.import();
    expect(decided.skipped).toEqual([{ account: 'ruler', reason: { kind: 'admin' } }]);
    expect(decided.skipped.map((each) => skipHint(each).command)).toEqual([['import', 'ruler']]);
    expect([...decided.adopts.accounts]).toEqual(['etl_prod']);
    expect((await the.import(['ruler', 'legacy_a'])).adopts.accounts.size).toBe(2);
    expect(await the.plan()).toEqual([]);
  });

  it('says what to do where users cannot be listed; names do', async () => {
    const the = new ImportStage();
    await the.account('etl_prod', [{ name: 'airflow', ttl: 90 * DAY }]);
    the.world.interfere = (request) =>
      new URL(request.url).pathname === '/v1/users'
        ? Response.json({ message: 'no', code: 'FORBIDDEN' }, { status: 403 })
        : undefined;
    const refused: unknown = await the.decide().catch((reason: unknown) => reason);
    expect(refused).toMatchObject({ code: 'IMPORT_REFUSED' });
    expectGoldenError('an import where users cannot be listed', refused);
    expect(await the.import(['etl_prod'])).toMatchObject({ accounts: 1, tokens: 1 });
    expect(await the.plan()).toEqual([]);
  });

  it('takes the others when one cannot be read, and says so', async () => {
    const the = new ImportStage();
    for (const name of ['bad', 'etl_prod']) await the.account(name, [{ name: 'app', ttl: DAY }]);
    the.world.interfere = (request) =>
      new URL(request.url).pathname === '/v1/users/bad/tokens'
        ? Response.json({ message: 'no', code: 'FORBIDDEN' }, { status: 403 })
        : undefined;
    const decided = await the.import();
    expect(decided).toMatchObject({ accounts: 1, skipped: [{ account: 'bad', reason: { kind: 'unreadable' } }] });
    await expect(the.decide(['bad'])).rejects.toThrow();
  });

  it('takes over what the configuration names already and the state does not have: a run that was killed ends so', async () => {
    const the = new ImportStage();
    await the.account('etl_prod', [{ name: 'airflow', ttl: 90 * DAY }]);
    await the.import();
    await the.world.stateWriter.update((state) => ({ ...state, accounts: new Map() }));
    expect(await the.plan()).toEqual(['adopt_account etl_prod', 'adopt_token etl_prod/airflow']);
    expect((await the.import()).texts.size).toBe(0);
    expect(await the.plan()).toEqual([]);
  });
});
