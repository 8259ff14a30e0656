/** An account that someone deleted and created again by hand, with tokens of the names that the state has. */
import { expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { brief, desire, token, World } from '../world.ts';

const both = desire({ etl_prod: { tokens: [token('airflow'), token('bi')] } });

async function recreated(): Promise<World> {
  const world = new World();
  await world.apply(both);
  await world.api.deleteUser('etl_prod');
  await world.api.createUser('etl_prod');
  for (const name of ['airflow', 'bi'])
    await world.api.createToken('etl_prod', { name, token_type: 'read_write', ttl: 90 * 86_400 });
  return world;
}

const older = ({ warnings }: Plan) => warnings.filter(({ kind }) => kind === 'older_state');

it('is said to be created again, and not that an older state is in use', async () => {
  const world = await recreated();
  const plan = await world.plan(both);
  expect(older(plan)).toMatchObject([
    { token: 'airflow', recreated: 'certain' },
    { token: 'bi', recreated: 'certain' },
  ]);
  expect(plan.actions).toMatchObject([
    { action: 'adopt_account', reason: { kind: 'replaced_outside' } },
    { action: 'adopt_token', reason: { kind: 'unmanaged' } },
    { action: 'adopt_token', reason: { kind: 'unmanaged' } },
  ]);
  await world.apply(both);
  const after = await world.plan(both);
  expect([brief(after), older(after)]).toEqual([[], []]);
});

it('may be one where the users cannot be listed', async () => {
  const world = await recreated();
  world.interfere = ({ url, method }) =>
    method === 'GET' && /\/v1\/users(\?|$)/.test(url) ? new Response('{}', { status: 404 }) : undefined;
  expect(older(await world.plan(both))).toMatchObject([{ recreated: 'possible' }, { recreated: 'possible' }]);
});
