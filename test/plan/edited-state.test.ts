/** A state that someone edited names tokens that are not of its series: nothing of theirs is revoked, and the plan says so. */
import { describe, expect, it } from 'vitest';
import { updateToken } from '../../src/apply/state-writer.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { StateToken } from '../../src/model/state.ts';
import { brief, DAY, desire, HOUR, token, World } from '../world.ts';

const PAST = '2020-01-01T00:00:00.000Z';
const desired = desire({ etl_prod: { tokens: [token('airflow', { overlap: 0 })], protected: false } });

/** @param edit given the id of a token of somebody else's */
async function edited(edit: (entry: StateToken, id: string) => Partial<StateToken>): Promise<World> {
  const world = new World();
  await world.apply(desired);
  const { record } = await world.api.createToken('etl_prod', { name: 'laptop' });
  await updateToken(world.stateWriter, 'etl_prod', 'airflow', (entry) => ({ ...entry, ...edit(entry, record.id) }));
  return world;
}

const retiring = (id: string, name: string) => ({
  retiring: [{ id, name, expires_at: null, retire_at: PAST }],
});
const EDITS: [string, (entry: StateToken, id: string) => Partial<StateToken>][] = [
  ['a replaced one by its name', (_, id) => retiring(id, 'laptop')],
  ['a replaced one by a name of the series', (_, id) => retiring(id, 'airflow')],
  [
    'a replaced one whose overlap has not begun',
    (_, id) => ({ retiring: [{ id, name: 'airflow', expires_at: null }] }),
  ],
  ['an interrupted one', () => ({ intents: [{ name: 'laptop', generation: 2, at: PAST, storing: false }] })],
  ['the current one', ({ current }, id) => (current ? { current: { ...current, id } } : {})],
];

describe.each(EDITS)("somebody else's token as %s", (_, edit) => {
  it.each([
    ['a configured key', desired, {}],
    ['a key that rotates', desired, { rotate: () => true }],
    ['a key that left', desire({ etl_prod: { tokens: [token('dbt')] } }), {}],
    ['a retained account', desire({}), {}],
  ])('is not revoked with %s, and is named', async (_what, wanted, options) => {
    const world = await edited(edit);
    const { plan } = await world.apply(wanted, options);
    expect(world.tokenNames('etl_prod')).toContain('laptop');
    expect(plan.warnings).toContainEqual(expect.objectContaining({ kind: 'other_series', name: 'laptop' }));
    expect(plan.actions.filter(({ action }) => action === 'revoke_token')).not.toContainEqual(
      expect.objectContaining({ before: expect.objectContaining({ name: 'laptop' }) }),
    );
    await world.organization.advance(DAY);
    await world.apply(wanted);
    expect(world.tokenNames('etl_prod')).toContain('laptop');
    expect(brief(await world.plan(wanted))).toEqual([]);
  });
});

describe('a replaced token that no live one can have replaced', () => {
  const overlapping = desire({ etl_prod: { tokens: [token('airflow')], protected: false } });
  const record = (id: string, name: string) => ({
    id,
    name,
    expires_at: null,
    retire_at: PAST,
  });

  /** `airflow` is the current token, `airflow.2` somebody else's. */
  async function forged(edit: (entry: StateToken, id: string) => Partial<StateToken>): Promise<World> {
    const world = new World();
    await world.apply(overlapping);
    const { record: made } = await world.api.createToken('etl_prod', { name: 'airflow.2' });
    await updateToken(world.stateWriter, 'etl_prod', 'airflow', (entry) => ({
      ...entry,
      generation: 2,
      ...edit(entry, made.id),
    }));
    return world;
  }

  const FORGED: [string, (entry: StateToken, id: string) => Partial<StateToken>][] = [
    ['of a later generation', (_, id) => ({ retiring: [record(id, 'airflow.2')] })],
  ];

  it.each(FORGED)('is left alone, and named: %s', async (_, edit) => {
    for (const wanted of [overlapping, desire({})]) {
      const world = await forged(edit);
      const { plan } = await world.apply(wanted, { due: true });
      expect(brief(plan)).toEqual([]);
      expect(plan.warnings).toContainEqual(expect.objectContaining({ kind: 'not_replaced', name: 'airflow.2' }));
      expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2']);
    }
  });

  it.each(FORGED)('has a whole overlap after the next rotation: %s', async (_, edit) => {
    const world = await forged(edit);
    const { plan } = await world.apply(overlapping, { rotate: () => true });
    expect(plan.actions).toMatchObject([{ action: 'rotate_token', after: { retiring: [{ name: 'airflow.2' }] } }]);
    const after = await world.plan(overlapping);
    expect(brief(after)).toEqual([]);
    expect(after.next.map(({ name, change }) => `${name} ${change}`)).toContain('airflow.2 is revoked');
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2', 'airflow.3']);
  });

  it('is not revoked in the run that creates a token, where the state has no current one', async () => {
    for (const overlap of [0, DAY]) {
      const wanted = desire({ etl_prod: { tokens: [token('airflow', { overlap })], protected: false } });
      const world = await forged(({ current, ...entry }, id) => ({ ...entry, retiring: [record(id, 'airflow.2')] }));
      await updateToken(world.stateWriter, 'etl_prod', 'airflow', ({ current: _, ...entry }) => entry);
      const before = await world.plan(wanted);
      expect(before.actions.map(({ action }) => action)).not.toContain('revoke_token');
      const named = JSON.stringify([before.actions, before.warnings]);
      expect(named).toContain('"airflow.2"');
    }
  });

  it('leaves with its key as one that may be in use', async () => {
    const world = await forged((_, id) => ({ retiring: [record(id, 'airflow.2')] }));
    const plan = await world.plan(desire({ etl_prod: {} }));
    expect(plan.actions.map(({ risk }) => risk)).toEqual(['disruptive', 'disruptive']);
  });
});

it.each([
  ['from the key, its old token is revoked after the overlap', 'airflow', ['BI.2']],
  ['from another name, its old token stays until someone revokes it', 'BI (old)', ['BI (old)', 'BI.2']],
])('a name that changes %s', async (_, before, names) => {
  const world = new World();
  await world.apply(desire({ etl_prod: { tokens: [token('airflow', { name: before })] } }));
  const wanted = desire({ etl_prod: { tokens: [token('airflow', { name: 'BI' })] } });
  await world.apply(wanted);
  await world.organization.advance(25 * HOUR);
  await world.apply(wanted);
  expect(world.tokenNames('etl_prod')).toEqual(names);
  const plan = await world.plan(wanted);
  expect(brief(plan)).toEqual([]);
  expect(plan.warnings.map(({ kind }) => kind)).toEqual(names.length === 2 ? ['other_series'] : []);
});

describe('a replaced token that the state lets live for decades', () => {
  const wanted = desire({ etl_prod: { tokens: [token('airflow', { ttl: null, rotateBefore: 0 })], protected: false } });
  const long = ({ warnings }: Plan) => warnings.filter(({ kind }) => kind === 'long_overlap');

  it.each([
    ['is named, with the overlap of its policy', wanted, [{ name: 'airflow', overlap: DAY, id: expect.any(String) }]],
    ['is named in an account that left the configuration', desire({}), [{ name: 'airflow' }]],
  ])('%s', async (_, now, warnings) => {
    const world = new World();
    await world.apply(wanted);
    await world.apply(wanted, { rotate: () => true });
    expect(long(await world.plan(now))).toEqual([]);
    await updateToken(world.stateWriter, 'etl_prod', 'airflow', (entry) => ({
      ...entry,
      retiring: entry.retiring.map((old) => ({ ...old, retire_at: '2099-01-01T00:00:00Z' })),
    }));
    expect(long(await world.plan(now))).toMatchObject(warnings);
  });
});
