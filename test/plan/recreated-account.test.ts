/** An account that someone deleted and created again by hand, with tokens of the names that the state has. */
import { describe, expect, it } from 'vitest';
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

describe('a key that left the configuration', () => {
  const one = desire({ etl_prod: { tokens: [token('airflow')] } });

  it('revokes no token that only shares its name, and its own are forgotten', async () => {
    const world = await recreated();
    const { plan } = await world.apply(one);
    expect(plan.actions.filter(({ action }) => action === 'revoke_token')).toEqual([]);
    expect(plan.actions).toContainEqual(expect.objectContaining({ action: 'forget', token: 'bi' }));
    expect(plan.unmanaged.tokens).toMatchObject([{ account: 'etl_prod', name: 'bi' }]);
    const after = await world.plan(one);
    expect([brief(after), after.unmanaged.tokens.length]).toEqual([[], 1]);
  });

  it('is left alone where the users cannot be listed', async () => {
    const world = await recreated();
    world.interfere = ({ url, method }) =>
      method === 'GET' && /\/v1\/users(\?|$)/.test(url) ? new Response('{}', { status: 404 }) : undefined;
    const plan = await world.plan(one);
    expect(plan.actions.filter((action) => 'token' in action && action.token === 'bi')).toEqual([]);
    expect(older(plan)).toContainEqual(
      expect.objectContaining({ token: 'bi', names: ['bi'], recreated: 'possible', removed: true }),
    );
  });

  it('revokes no token that has the name of a creation which was interrupted before', async () => {
    const world = await recreated();
    const [account] = [...world.stateWriter.state.accounts.values()];
    if (account === undefined) throw new Error('no account');
    const live = await world.api.listTokens('etl_prod');
    const at = live.find(({ name }) => name === 'bi')?.created_ts ?? '';
    const tokens = new Map(account.tokens).set('bi', {
      generation: 1,
      retiring: [],
      intents: [{ name: 'bi', generation: 1, at, storing: false }],
    });
    const accounts = new Map([['etl_prod', { ...account, tokens }]]);
    world.stateWriter.state = { ...world.stateWriter.state, accounts };
    for (const desired of [one, both]) {
      const plan = await world.plan(desired);
      expect(plan.actions.filter(({ action }) => action === 'revoke_token')).toEqual([]);
    }
  });
});

it('a hand-made token of another type is not of the series of a key that left', async () => {
  const world = new World();
  await world.apply(both);
  await world.api.createToken('etl_prod', { name: 'bi.2', token_type: 'read_scaling', ttl: 90 * 86_400 });
  const plan = await world.plan(desire({ etl_prod: { tokens: [token('airflow')] } }));
  const revoked = plan.actions.flatMap((each) => (each.action === 'revoke_token' ? [each.before.name] : []));
  expect(revoked).toEqual(['bi']);
  expect(plan.unmanaged.tokens).toMatchObject([{ name: 'bi.2' }]);
});
