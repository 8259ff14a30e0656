/** Names that MotherDuck refuses as taken, by 409 or by 400 with "unique constraint": no run fails for ever because of one. */
import { describe, expect, it } from 'vitest';
import { brief, DAY, desire, token, World } from '../world.ts';

const desired = desire({ etl_prod: { tokens: [token('airflow')] } });

const REFUSALS = {
  'status 409': () => Response.json({ code: 'CONFLICT', message: 'It exists' }, { status: 409 }),
  'a unique constraint': () =>
    Response.json({ code: 'BAD_REQUEST', message: 'Unique constraint failed on (`name`)' }, { status: 400 }),
};

/** Refuses the names of tokens that ever were on the account, live or not, as well as these. */
function keepNames(world: World, refuse: () => Response, ...names: readonly string[]): Set<string> {
  const taken = new Set(names);
  world.interfere = async (request) => {
    if (request.method !== 'POST' || !request.url.endsWith('/tokens')) return undefined;
    const { name } = (await request.json()) as { readonly name: string };
    if (taken.has(name)) return refuse();
    taken.add(name);
    return undefined;
  };
  return taken;
}

function entryOf(world: World) {
  return world.stateWriter.state.accounts.get('etl_prod')?.tokens.get('airflow');
}

describe.each(Object.entries(REFUSALS))('the name of a token that is not listed, refused by %s', (_, refuse) => {
  it('is left for a later one of its series', async () => {
    const world = new World();
    keepNames(world, refuse, 'airflow', 'airflow.2');
    const { outcomes } = await world.apply(desired);
    expect(outcomes).toMatchObject([
      { action: { action: 'create_account' } },
      { result: 'done', action: { action: 'create_token', after: { name: 'airflow.4', generation: 4 } } },
    ]);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.4']);
    expect(entryOf(world)).toMatchObject({ generation: 4, current: { name: 'airflow.4', generation: 4 }, intents: [] });
    expect([...world.store.secrets.keys()]).toEqual(['etl_prod/airflow']);
    expect(brief(await world.plan(desired))).toEqual([]);
  });

  it('does not stop a rotation either', async () => {
    const world = new World();
    const taken = keepNames(world, refuse);
    await world.apply(desired);
    taken.add('airflow.2');
    await world.organization.advance(80 * DAY);
    await world.apply(desired);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.3']);
    expect(entryOf(world)).toMatchObject({ generation: 3, retiring: [{ name: 'airflow' }] });
    await world.organization.advance(2 * DAY);
    await world.apply(desired);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.3']);
    expect(brief(await world.plan(desired))).toEqual([]);
  });

  it('is said when a live token has it, which another run made just now', async () => {
    const world = new World();
    await world.apply(desire({ etl_prod: {} }));
    world.interfere = async (request) => {
      if (request.method !== 'POST') return undefined;
      await world.organization.handle(request);
      return refuse();
    };
    const { outcomes } = await world.apply(desired);
    expect(outcomes).toMatchObject([{ result: 'failed', error: { failure: 'conflict' } }]);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow']);
    expect(entryOf(world)).toBeUndefined();
    world.interfere = undefined;
    expect(brief(await world.plan(desired))).toEqual(['adopt_token etl_prod/airflow']);
  });

  it('ends, and leaves the state as it was, when every name is refused', async () => {
    const world = new World();
    await world.apply(desired);
    const before = entryOf(world);
    let calls = 0;
    world.interfere = (request) => {
      if (request.method !== 'POST') return undefined;
      calls += 1;
      return refuse();
    };
    const { outcomes } = await world.apply(desired, { rotate: () => true });
    expect(outcomes).toMatchObject([{ result: 'failed', error: { failure: 'conflict' } }]);
    expect(calls).toBe(8);
    expect(entryOf(world)).toEqual(before);
  });
});

it.each(Object.entries(REFUSALS))(
  'an account that exists meanwhile, by %s, is adopted by the next run',
  async (_, refuse) => {
    const world = new World();
    const { plan } = await world.apply(desire({}));
    expect(brief(plan)).toEqual([]);
    world.interfere = async (request) => {
      if (request.method !== 'POST' || !request.url.endsWith('/users')) return undefined;
      await world.organization.handle(request);
      return refuse();
    };
    const { outcomes } = await world.apply(desired);
    expect(outcomes).toMatchObject([
      { result: 'failed', error: { failure: 'conflict' } },
      { result: 'skipped', error: { failure: 'conflict' } },
    ]);
    expect(world.stateWriter.state.accounts.size).toBe(0);
    world.interfere = undefined;
    const next = await world.apply(desired);
    expect(brief(next.plan)).toEqual(['adopt_account etl_prod', 'create_token etl_prod/airflow']);
    expect(brief(await world.plan(desired))).toEqual([]);
  },
);
