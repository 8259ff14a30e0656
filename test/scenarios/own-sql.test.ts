/** The account's own SQL (`smoke.query`) runs as the account, not as the person or the job that runs mdacc. */
import { expect, it } from 'vitest';
import { Stage } from '../stage.ts';

const configuration = (query: string) => `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: secrets.env, format: dotenv }
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: local }
accounts:
  etl_prod:
    tokens: { airflow: pipeline }
    smoke: { query: "${query}" }
`;

it('the SQL of a smoke test reaches no local file', async () => {
  const stage = new Stage(configuration("COPY (SELECT content FROM read_text('secrets.env')) TO 'stolen.txt'"));
  const applied = await stage.json('apply --sandbox --yes');
  const checks = expect.arrayContaining([expect.objectContaining({ name: 'query', passed: false })]);
  expect(applied).toMatchObject({ code: 4, document: { smoke: { accounts: [{ connections: [{ checks }] }] } } });
  expect(stage.has('secrets.env')).toBe(true);
  expect(stage.has('stolen.txt')).toBe(false);
});

it("still writes and reads the account's databases", async () => {
  const stage = new Stage(configuration('CREATE OR REPLACE TABLE t AS FROM range(3)'));
  const applied = await stage.run('apply --sandbox --yes');
  expect(applied).toMatchObject({ code: 0 });
  stage.edit(() => configuration('SELECT count(*) FROM t'));
  expect((await stage.json('smoke --sandbox')).stdout).toContain('"found": "3"');
});
