/** Shares of an account's own: created and attached by one setup, tested by its smoke test, and gone with the account. */
import { expect, it } from 'vitest';
import { SANDBOX, Stage } from '../stage.ts';

const HEAD = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
token_policies:
  dashboard: { type: read_scaling, ttl: 30d, rotate_before: 7d, overlap: 48h, secret_store: local }
`;
const CUSTOMERS = `templates:
  customer:
    tokens: { dashboard: dashboard }
    deletion_protection: false
    setup:
      - CREATE DATABASE IF NOT EXISTS "{account}"
      - CREATE TABLE IF NOT EXISTS "{account}".orders AS SELECT 42 AS amount
      - CREATE SHARE IF NOT EXISTS "{account}_share" FROM "{account}"
      - ATTACH IF NOT EXISTS 'md:_share/{account}_share/0f4c' AS shared
      - CREATE OR REPLACE VIEW "{account}".total AS SELECT sum(amount) AS total FROM shared.orders
    smoke: { query: 'SELECT a.amount FROM shared.orders a, "{account}".orders b', database: "{account}" }
guardrails: { max_deletes: 1 }
accounts:
  cust_acme: { template: customer }
`;
const READER = `  reader:
    tokens: { app: dashboard }
    setup: ["ATTACH IF NOT EXISTS 'md:_share/cust_acme_share/0f4c' AS of_acme"]
    smoke: { query: SELECT amount FROM of_acme.orders }
`;

it('attaches in one apply the share that an earlier statement created', async () => {
  const stage = new Stage(HEAD + CUSTOMERS);
  const { code, stdout, stderr } = await stage.run('apply --sandbox --yes');
  expect(code, stdout + stderr).toBe(0);
  stage.edit((text) => `${text}  cust_globex: { template: customer }\n`);
  expect((await stage.run('apply --sandbox --yes')).code).toBe(0);
  expect((await stage.run('smoke --sandbox')).code).toBe(0);
  expect((await stage.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
});

it('removes the shares of an account with it, and no others', async () => {
  const stage = new Stage(HEAD + CUSTOMERS + READER);
  expect((await stage.run('apply --sandbox --yes')).code).toBe(0);
  stage.write(`${SANDBOX}/shares/mine.duckdb`, '');
  stage.edit((text) => text.replace(/ {2}cust_acme: .*\n/, ''));
  expect((await stage.run('apply --sandbox --yes --prune --allow-delete')).code).toBe(0);
  expect(stage.has(`${SANDBOX}/shares/cust_acme_share.duckdb`)).toBe(false);
  expect(stage.has(`${SANDBOX}/shares/mine.duckdb`)).toBe(true);
  const { code, stdout } = await stage.run('smoke --sandbox reader');
  expect(code).toBe(4);
  expect(stdout).toContain('of_acme');
});
