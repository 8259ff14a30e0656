/** The question before an apply. */
import { expect, it } from 'vitest';
import { answerOf, questionOf } from '../../src/cli/confirm.ts';
import { desire, token, World } from '../world.ts';

const desired = desire({
  etl_prod: { tokens: [token('airflow'), token('dbt')] },
  tenant_a: { tokens: [token('app')] },
});
const scope = { configuration: 'a.yaml', state: 'a.state.json', rotate: ['*'] };

it('says how many tokens of how many accounts a rotation replaces, and how many it revokes at once', async () => {
  const world = new World();
  await world.apply(desired);
  const rotation = { rotate: () => true, scope };
  expect(questionOf(await world.plan(desired, rotation))).toContain('3 tokens of 2 accounts');
  expect(questionOf(await world.plan(desired, rotation))).not.toContain('at once');
  expect(questionOf(await world.plan(desired, { ...rotation, revokeOld: 'verified' }))).toContain('revoke 3 at once');
});

it('counts what else the run changes', async () => {
  const world = new World();
  await world.apply(desired);
  const rotation = { rotate: (account: string) => account === 'etl_prod', scope };
  expect(questionOf(await world.plan(desired, rotation))).not.toContain('other change');
  const more = desire({ etl_prod: { tokens: [token('airflow')] }, tenant_a: { tokens: [token('app')] } });
  expect(questionOf(await world.plan(more, rotation))).toContain('and make 1 other change, in acme');
});

it('says where the changes go: the first line of a long plan has scrolled away', async () => {
  for (const how of [{}, { rotate: () => true, scope }]) {
    const world = new World();
    if ('scope' in how) await world.apply(desired);
    const plan = await world.plan(desired, how);
    expect(questionOf({ ...plan, sandbox: true })).toMatch(/acme, in the sandbox\?$/);
    expect(questionOf({ ...plan, sandbox: false })).toMatch(/acme, at MotherDuck\?$/);
  }
});

it('is answered with the name of the one account that is deleted, or their number', () => {
  const plan = { organization: 'acme' };
  expect([[], ['tenant_a'], ['a', 'b']].map((deleted) => answerOf(deleted, plan))).toEqual([
    'yes',
    'delete tenant_a',
    'delete 2 accounts of acme',
  ]);
});

it('counts nothing where no rotation was asked for', async () => {
  expect(questionOf(await new World().plan(desired))).not.toContain('tokens');
});
