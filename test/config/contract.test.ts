import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { desired, load, MAIN } from './loading.ts';

// Not named .yaml, so that no formatter moves its lines.
const contract = readFileSync(path.join(import.meta.dirname, 'contract.yaml.txt'), 'utf8');
const files = { [MAIN]: contract, 'accounts/more.yaml': 'accounts:\n  more_one: { template: tenant, smoke: false }\n' };

test('the example of the contract loads, with its included file', async () => {
  const loaded = await load(files);
  expect(loaded.ok).toBe(true);
  expect(loaded.files).toEqual([MAIN, 'accounts/more.yaml']);
  expect(loaded.warnings.map(({ code }) => code)).toEqual(['rate-missing', 'rate-missing']);
});

test('its accounts are resolved', async () => {
  const { accounts, organization, file } = await desired(files);
  expect([organization, file]).toEqual(['acme', MAIN]);
  expect([...accounts.keys()]).toEqual(['etl_prod', 'tenant_acme', 'tenant_globex', 'more_one']);
  expect(accounts.get('etl_prod')).toMatchObject({
    username: 'etl_prod',
    location: { file: MAIN, line: 29, column: 3 },
    ducklings: {
      read_write: { size: 'standard', cooldown: 600 },
      read_scaling: { size: 'standard', pool_size: 4, cooldown: 300 },
      location: { line: 31 },
    },
    deletionProtection: true,
    smoke: { query: 'SELECT count(*) FROM sales.orders', database: 'sales' },
  });
  expect(accounts.get('tenant_globex')?.ducklings).toMatchObject({
    read_write: { size: 'pulse' },
    read_scaling: { size: 'pulse', pool_size: 4 },
  });
  expect(accounts.get('tenant_acme')).toMatchObject({ ducklings: { location: { line: 26, column: 24 } }, smoke: {} });
  expect(accounts.get('more_one')).toMatchObject({ smoke: false, location: { file: 'accounts/more.yaml', line: 2 } });
});

test('its tokens are resolved', async () => {
  const { accounts } = await desired(files);
  const tokens = accounts.get('etl_prod')?.tokens;
  expect([...(tokens?.keys() ?? [])]).toEqual(['airflow', 'backfill', 'old_bi']);
  expect(tokens?.get('airflow')).toEqual({
    key: 'airflow',
    name: 'airflow',
    policy: 'pipeline',
    type: 'read_write',
    ttl: 90 * 86_400,
    rotateBefore: 14 * 86_400,
    overlap: 86_400,
    description: 'Airflow loads',
    stores: ['vault', 'k8s'],
    location: { file: MAIN, line: 34, column: 7 },
  });
  expect(tokens?.get('backfill')).toMatchObject({ ttl: 7 * 86_400, rotateBefore: 86_400, stores: ['vault', 'k8s'] });
  expect(tokens?.get('old_bi')).toMatchObject({ name: 'BI (old)', type: 'read_scaling', stores: ['local'] });
  expect(accounts.get('tenant_acme')?.tokens.get('app')).toMatchObject({
    location: { file: MAIN, line: 26, column: 41 },
  });
});

test('its stores, guardrails, rates and globs are resolved', async () => {
  const { stores, guardrails, computeRates, ignore } = await desired(files);
  expect(stores.get('local')).toEqual({
    kind: 'file',
    name: 'local',
    path: '.motherduck/secrets.env', // absolute; loading.ts takes the folder away
    folder: expect.any(String),
    shownPath: '.motherduck/secrets.env',
    format: 'dotenv',
    variable: 'MOTHERDUCK_TOKEN_{ACCOUNT}_{TOKEN}',
    allowUnignored: false,
    location: { file: MAIN, line: 6, column: 3 },
  });
  expect(stores.get('vault')).toMatchObject({ kind: 'exec', check: ['vault', 'token', 'lookup'], timeout: 30 });
  expect(guardrails).toEqual({
    maxComputeCeiling: 200,
    maxDeletes: 0,
    maxCreates: 50,
    maxTokenTtl: 365 * 86_400,
    allowNeverExpiring: false,
    allowedSizes: ['pulse', 'standard', 'jumbo'],
    maxPoolSizeTotal: 64,
  });
  expect([...(computeRates ?? [])]).toEqual([
    ['standard', 2.4],
    ['jumbo', 4.8],
  ]);
  expect(ignore).toEqual(['legacy_*', 'human.*']);
});
