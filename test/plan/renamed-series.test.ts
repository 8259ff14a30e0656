/** `name: airflow` becomes `name: bi`: the old tokens are of another series, which the plan says that does it. */
import { expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { Stage } from '../stage.ts';
import { brief, desire, token, World } from '../world.ts';

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

it('has a later generation than a token that is adopted and replaced at once', async () => {
  const world = new World();
  const unchanged = desire({ etl: { tokens: [token('app', { overlap: 0 })] } });
  await world.apply(unchanged);
  const { state } = world.stateWriter;
  await world.apply(unchanged, { rotate: () => true });
  world.stateWriter.state = state;
  const renamed = desire({ etl: { tokens: [token('app', { name: 'bi', overlap: 0 })] } });
  const { plan } = await world.apply(renamed);
  expect(plan.actions).toMatchObject([
    { action: 'adopt_token', after: { name: 'app.2', generation: 2 } },
    { action: 'rotate_token', after: { name: 'bi.3', generation: 3 } },
  ]);
  expect(brief(await world.plan(renamed))).toEqual([]);
});
