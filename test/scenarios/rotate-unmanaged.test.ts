/** Rotations of what is live and not managed: somebody has a leaked token in hand, and mdacc does not have it. */
import { expect, it } from 'vitest';
import { Stage } from '../stage.ts';

const ROTATIONS = [
  'rotate NAME --sandbox --yes',
  'plan --rotate NAME --sandbox',
  'apply --rotate NAME --sandbox --yes',
];

async function withLaptop(): Promise<Stage> {
  const stage = await Stage.applied();
  await stage.inSandbox((organization) =>
    organization.respond({
      method: 'POST',
      target: '/v1/users/etl_prod/tokens',
      authorization: `Bearer ${organization.newAdminToken().reveal()}`,
      body: JSON.stringify({ name: 'laptop' }),
    }),
  );
  return stage;
}

it.each(ROTATIONS)('%s says that a token is live, and how to adopt it', async (words) => {
  const stage = await withLaptop();
  for (let time = 1; time <= 2; time++) {
    const { code, stderr } = await stage.run(words.replace('NAME', 'etl_prod/laptop'));
    expect(code).toBe(64);
    expect(stderr).toMatch(/etl_prod\/laptop is live/);
    expect(stderr).toContain('mdacc import etl_prod/laptop --sandbox');
  }
  expect((await stage.run('import etl_prod/laptop --sandbox --yes')).code).toBe(0);
  expect((await stage.run('rotate etl_prod/laptop --sandbox --yes --no-smoke')).code).toBe(0);
});

it('rotate of an unmanaged account names the import to type', async () => {
  const stage = await Stage.applied();
  await stage.run('sandbox seed 1');
  const { code, stderr } = await stage.run('rotate tenant_00001 --sandbox --yes');
  expect([code, stderr]).toEqual([64, expect.stringContaining('mdacc import tenant_00001 --sandbox')]);
});

it('names the key of a token that was named as at MotherDuck', async () => {
  const stage = await Stage.applied();
  await stage.run('rotate etl_prod/airflow --sandbox --yes --no-smoke');
  const { code, stderr } = await stage.run('rotate etl_prod/airflow.2 --sandbox --yes');
  expect([code, stderr]).toEqual([64, expect.stringContaining('mdacc rotate etl_prod/airflow --sandbox')]);
});

it('suggests a near name where nothing is live', async () => {
  const stage = await Stage.applied();
  const { code, stderr } = await stage.run('rotate etl_prod/airflw --sandbox --yes');
  expect([code, stderr]).toEqual([64, expect.stringContaining('airflow')]);
});
