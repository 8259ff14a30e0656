/** `name: airflow` becomes `name: bi`: the old tokens are of another series, which the plan says that does it. */
import { expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { Stage } from '../stage.ts';

const configuration = (name: string) => `version: 1
organization: acme
secret_stores: { local: { kind: file, path: .motherduck/secrets.env, format: dotenv } }
token_policies: { rw: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 3d, secret_store: local } }
accounts:
  etl: { tokens: { app: { policy: rw, name: ${name} } }, smoke: false }
`;

it('names each token that stays live, and promises no revocation', async () => {
  const stage = await Stage.applied(configuration('airflow'));
  // The first token is in its overlap when the name changes.
  expect((await stage.run('rotate etl/app --sandbox --yes --no-smoke')).code).toBe(0);
  stage.write('motherduck.accounts.yaml', configuration('bi'));
  const { document } = await stage.json('plan --sandbox');
  const plan = document as Omit<Plan, 'warnings'> & {
    warnings: { kind: string; names: string[]; cases: { name: string }[] }[];
  };
  const [left] = plan.warnings.filter(({ kind }) => kind === 'left_live');
  expect(left?.cases.map(({ name }) => name)).toEqual(['airflow.2', 'airflow']);
  expect(plan.next).not.toContainEqual(expect.objectContaining({ change: 'is revoked' }));
  for (const format of ['text', 'markdown', 'html']) {
    const { stdout } = await stage.run(`plan --sandbox --format ${format}`);
    expect(stdout).not.toMatch(/stays live for|after its replacement/);
  }
});

it('says nothing of the sort when the old name is the key', async () => {
  const stage = await Stage.applied(configuration('app'));
  stage.write('motherduck.accounts.yaml', configuration('bi'));
  const { document } = await stage.json('plan --sandbox');
  expect(document).toMatchObject({ warnings: [] });
});
