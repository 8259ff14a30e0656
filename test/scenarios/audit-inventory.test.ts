/** What an audit says of every account it checked, whether something is wrong with it or not. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { Inventory } from '../../src/model/audit.ts';
import type { NextChange } from '../../src/model/plan.ts';
import { Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
compute_rates: { currency: EUR, standard: 2.4, pulse: 0.5 }
secret_stores:
  local: { kind: file, path: secrets.env, format: dotenv }
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: local }
accounts:
  etl_prod:
    ducklings: { read_write: { size: standard }, read_scaling: { size: pulse, pool_size: 2 } }
    tokens: { airflow: pipeline }
  legacy:
    tokens: { app: pipeline }
    smoke: false
`;

async function inventoryOf(folder: Stage, options = ''): Promise<Inventory> {
  const { document } = await folder.json(`audit --sandbox --fail-on never ${options}`);
  const schema = JSON.parse((await folder.run('schema audit')).stdout) as object;
  const validate = new Ajv2020({ strict: true }).compile(schema);
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return (document as { inventory: Inventory }).inventory;
}

describe('the inventory of an audit', () => {
  it('has accounts, Ducklings with their ceiling, tokens with their next change, and when they were verified', async () => {
    const folder = await Stage.applied(CONFIGURATION);
    await folder.run('smoke --sandbox --only etl_prod');
    await folder.run('sandbox seed 1');
    folder.edit((text) => text.replace(/ {2}legacy:\n.*\n.*\n/, ''));
    const inventory = await inventoryOf(folder, '--usage');
    expect(inventory.currency).toBe('EUR');
    expect(inventory.accounts).toMatchObject([
      {
        account: 'etl_prod',
        standing: 'configured',
        ducklings: { read_write: { size: 'standard' }, read_scaling: { size: 'pulse', pool_size: 2 } },
        ceiling: 3.4,
        last_verified: expect.stringMatching(/Z$/) as string,
        tokens: [{ key: 'airflow', type: 'read_write', role: 'current', next: { change: 'rotates' } }],
      },
      {
        account: 'legacy',
        standing: 'retained',
        last_verified: null,
        last_query: null,
        tokens: [{ key: 'app', role: 'current', next: { change: 'expires' } }],
      },
      {
        account: 'tenant_00001',
        standing: 'unmanaged',
        last_verified: null,
        tokens: [
          { role: 'unmanaged', next: { change: 'expires' } },
          { role: 'unmanaged', next: { change: 'expires' } },
        ],
      },
    ]);
  });

  it('agrees with a plan about what happens next, and without rates and --usage has neither price nor query', async () => {
    const folder = await Stage.applied(CONFIGURATION.replace(/compute_rates.*\n/, ''));
    await folder.run('rotate etl_prod/airflow --sandbox --yes');
    const { document } = await folder.json('plan --sandbox');
    const next = (document as { next: NextChange[] }).next.map(({ account, name, change, at }) => [
      account,
      name,
      change,
      at,
    ]);
    const { accounts } = await inventoryOf(folder);
    const found = accounts.flatMap(({ account, tokens }) =>
      tokens.map(({ name, next }) => [account, name, next?.change, next?.at]),
    );
    expect(found).toHaveLength(3);
    expect(found).toEqual(expect.arrayContaining(next));
    expect(found.map(([, , change]) => change).sort()).toEqual(['is revoked', 'rotates', 'rotates']);
    for (const account of accounts) {
      expect(account).not.toHaveProperty('ceiling');
      expect(account).not.toHaveProperty('last_query');
    }
  });

  it('says of a token that is due that the next apply replaces it', async () => {
    const folder = await Stage.applied(CONFIGURATION);
    await folder.advance(80 * 24 * 60 * 60);
    const { document } = await folder.json('audit --sandbox --fail-on never');
    const { at, inventory } = document as { at: string; inventory: Inventory };
    for (const { next } of inventory.accounts.flatMap(({ tokens }) => tokens)) {
      expect(next?.change).toBe('rotates');
      expect(Date.parse(next?.at ?? '')).toBeLessThan(Date.parse(at));
    }
    const { stdout } = await folder.run('audit --sandbox --format html --fail-on never');
    expect(stdout).toMatch(
      /<th scope="row">etl_prod .*?<td data-sort="\d{4}-\d\d-\d\d">rotates with the next apply<\/td>/,
    );
  });
});
