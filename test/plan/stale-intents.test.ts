/** An intent claims only a token that its own call can have created: others of its name may be in use. */
import { describe, expect, it } from 'vitest';
import { updateToken } from '../../src/apply/state-writer.ts';
import type { State, TokenIntent } from '../../src/model/state.ts';
import { UserError } from '../../src/model/user-error.ts';
import { brief, DAY, desire, HOUR, token, World } from '../world.ts';

const desired = desire({ etl_prod: { tokens: [token('airflow')] } });
const MINUTE = 60;
/** Within the time that the first clone's own call could have taken. */
const SOON = 20;

function entryOf({ stateWriter }: World) {
  return stateWriter.state.accounts.get('etl_prod')?.tokens.get('airflow');
}

function intend(world: World, intent: Partial<TokenIntent> = {}): Promise<void> {
  const at = new Date(world.organization.now()).toISOString();
  const full = { name: 'airflow.2', generation: 2, at, storing: false, ...intent };
  return updateToken(world.stateWriter, 'etl_prod', 'airflow', (entry) => ({
    ...entry,
    generation: Math.max(entry.generation, full.generation),
    intents: [...entry.intents, full],
  }));
}

/** A rotation of the first clone was killed before its call; `seconds` later, a second clone rotated. */
async function twoClones(seconds: number, storing = false): Promise<{ world: World; first: State }> {
  const world = new World();
  await world.apply(desired);
  const { state } = world.stateWriter;
  await intend(world, { storing });
  const first = world.stateWriter.state;
  world.stateWriter.state = state;
  await world.organization.advance(seconds);
  await world.apply(desired, { rotate: () => true });
  await world.organization.advance(2 * MINUTE);
  world.stateWriter.state = first;
  return { world, first };
}

describe.each([
  ['a minute', MINUTE],
  ['minutes', 6 * MINUTE],
  ['an hour', HOUR],
  ['days', 3 * DAY],
])('a token of an intended name that another clone created %s later', (_, seconds) => {
  it.each([false, true])('is adopted, and nothing is revoked (storing: %s)', async (storing) => {
    const { world } = await twoClones(seconds, storing);
    const { plan } = await world.apply(desired);
    expect(plan.actions).toMatchObject([
      { action: 'adopt_token', reason: { kind: 'newer', current: 'airflow' }, after: { name: 'airflow.2' } },
    ]);
    expect(plan.warnings).toContainEqual(expect.objectContaining({ kind: 'older_state', names: ['airflow.2'] }));
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2']);
    expect(entryOf(world)?.intents).toEqual([]);
    expect(brief(await world.plan(desired))).toEqual([]);
  });

  it('is left alone with --due, and named', async () => {
    const { world } = await twoClones(seconds);
    const { plan } = await world.apply(desired, { due: true });
    expect(brief(plan)).toEqual([]);
    expect(plan.warnings.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['older_state', 'not_scheduled']));
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2']);
  });
});

it('what another clone created is not revoked when its predecessor is gone already', async () => {
  const { world } = await twoClones(SOON);
  const old = entryOf(world)?.current?.id ?? '';
  await world.api.deleteToken('etl_prod', old);
  const { plan } = await world.apply(desired);
  expect(plan.actions.map(({ action }) => action)).not.toContain('revoke_token');
  expect(world.tokenNames('etl_prod')).toEqual(['airflow.2', 'airflow.3']);
});

it('what another clone created is not revoked when it has a successor', async () => {
  const { world, first } = await twoClones(SOON);
  await world.api.createToken('etl_prod', { name: 'airflow.3', ttl: 90 * DAY });
  world.stateWriter.state = first;
  await world.apply(desired);
  expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2', 'airflow.3']);
});

describe.each([
  ['a configured account', desired, ['airflow', 'airflow.2', 'airflow.3']],
  ['a retained account', desire({}), ['airflow', 'airflow.2']],
])('what another clone created and stored where this state stores, for %s', (_, wanted, names) => {
  it('is not revoked at once', async () => {
    const { world } = await twoClones(SOON);
    const storeFacts = {
      rehearsed: new Map(),
      removing: new Map(),
      isUsed: () => true,
      isElsewhere: () => false,
      howRemoved: () => undefined,
      unstored: new Set<string>(),
    };
    const { plan } = await world.apply(wanted, { storeFacts });
    expect(plan.actions.map(({ action }) => action)).not.toContain('revoke_token');
    expect(world.tokenNames('etl_prod')).toEqual(names);
  });
});

describe('an intent in a state that somebody edited', () => {
  /** An old token of the series, which the state does not know. */
  async function edited(at: (createdAt: number) => number): Promise<World> {
    const world = new World();
    await world.apply(desired);
    const { record } = await world.api.createToken('etl_prod', { name: 'airflow.7' });
    await world.organization.advance(60 * DAY);
    await intend(world, {
      name: 'airflow.7',
      generation: 7,
      at: new Date(at(Date.parse(record.created_ts))).toISOString(),
    });
    return world;
  }

  it.each<[string, (createdAt: number) => number]>([
    ['of now', () => Date.now() + 60 * DAY * 1000],
    ['of the time of the token', (createdAt) => createdAt],
    ['of the future', () => Date.parse('2099-01-01')],
    ['of a day before the token', (createdAt) => createdAt - DAY * 1000],
  ])('%s revokes no old token', async (_, at) => {
    for (const wanted of [desired, desire({})]) {
      const world = await edited(at);
      const { plan } = await world.apply(wanted);
      expect(plan.actions.map(({ action }) => action)).not.toContain('revoke_token');
      await world.organization.advance(3 * DAY);
      await world.apply(wanted);
      expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.7']);
    }
  });
});

describe('an intent', () => {
  it('whose token is in no list that was read after its call ended is dropped by the next apply', async () => {
    const world = new World();
    await world.apply(desired);
    await intend(world);
    await world.apply(desired);
    expect(entryOf(world)?.intents).toHaveLength(1);
    await world.organization.advance(6 * MINUTE);
    expect(brief((await world.apply(desired)).plan)).toEqual([]);
    expect(entryOf(world)?.intents).toEqual([]);
    expect(entryOf(world)?.generation).toBe(2);
  });

  it('whose token was revoked at once because its secret was lost is dropped in the same run', async () => {
    const world = new World();
    await world.apply(desired);
    world.interfere = async (request) => {
      if (request.method !== 'POST') return undefined;
      await world.organization.handle(request);
      return new Response('<html>502</html>', { status: 502, headers: { 'content-type': 'text/html' } });
    };
    const { outcomes } = await world.apply(desired, { rotate: () => true });
    expect(outcomes).toMatchObject([{ result: 'failed', error: { code: 'TOKEN_LOST' } }]);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow']);
    expect(entryOf(world)).toMatchObject({ generation: 2, intents: [] });
  });

  it('of a store that failed goes with the rotation that replaces it', async () => {
    const world = new World();
    await world.apply(desired);
    world.store.fails = new UserError('STORE_FAILED', 'full', 'Make room.');
    await world.apply(desired, { rotate: () => true });
    expect(entryOf(world)?.intents).toMatchObject([{ name: 'airflow.2', storing: true }]);
    world.store.fails = undefined;
    await world.organization.advance(6 * MINUTE);
    const { plan } = await world.apply(desired);
    expect(brief(plan)).toEqual(['rotate_token etl_prod/airflow']);
    expect(entryOf(world)).toMatchObject({ current: { name: 'airflow.3' }, intents: [] });
  });
});

it('one plan says one thing of a token that was never stored', async () => {
  const world = new World();
  await world.apply(desire({ etl_prod: {} }));
  await intend(world, { name: 'airflow', generation: 1 });
  await world.api.createToken('etl_prod', { name: 'airflow' });
  const { actions } = await world.plan(desired);
  expect(actions.map(({ reason }) => reason)).toEqual([
    { kind: 'interrupted', orphan: 'airflow', stored: false },
    { kind: 'orphan' },
  ]);
});
