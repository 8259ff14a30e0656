/** A configuration may be a stranger's pull request: only apply and `audit --check-stores` run what it names. */
import { expect, it } from 'vitest';
import { Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores:
  vault: { kind: exec, command: [node, ran.cjs, put], check: [node, ran.cjs, check] }
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: vault }
accounts:
  etl_prod: { tokens: { airflow: pipeline }, smoke: false }
`;

const RAN = `require('node:fs').appendFileSync(__dirname + '/ran.txt', process.argv[2] + '\\n');
process.exit(process.argv[2] === 'check' ? 3 : 0);
`;

it('runs no command of a store but to apply, and to check stores where an audit is asked to', async () => {
  const stage = new Stage(CONFIGURATION);
  stage.write('ran.cjs', RAN);
  for (const words of [
    'validate',
    'plan --sandbox',
    'plan --sandbox --format markdown --out saved.plan',
    'smoke --sandbox',
    'audit --sandbox',
    'audit --sandbox --usage',
    'import --all --sandbox --yes',
    'state list',
    'schema',
    'apply --sandbox',
  ]) {
    await stage.run(words);
    expect([words, stage.has('ran.txt')]).toEqual([words, false]);
  }
  const { code, document } = await stage.json('audit --sandbox --check-stores');
  expect({ code, document }).toMatchObject({
    code: 2,
    document: { findings: expect.arrayContaining([expect.objectContaining({ rule: 'MDA019' })]) },
  });
  expect(stage.read('ran.txt')).toBe('check\n');
});
