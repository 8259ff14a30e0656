/** A state that is not the newest: tokens of a managed series that it does not know are adopted, once, and said. */
import { describe, expect, it } from 'vitest';
import { updateToken } from '../../src/apply/state-writer.ts';
import type { Plan } from '../../src/model/plan.ts';
import { STATE, Stage } from '../stage.ts';
import { type AccountSketch, brief, DAY, desire, HOUR, token, World } from '../world.ts';

const desired = desire({ etl_prod: { tokens: [token('airflow')] } });
const forever = desire({ etl_prod: { tokens: [token('airflow', { ttl: null, rotateBefore: 0 })] } });
const rotate = () => true;

/** A rotation whose state was lost. */
async function lost(wanted = desired): Promise<World> {
  const world = new World();
  await world.apply(wanted);
  const { state } = world.stateWriter;
  if (wanted === desired) await world.organization.advance(80 * DAY);
  await world.apply(wanted, { rotate });
  world.stateWriter.state = state;
  return world;
}

describe.each([
  ['that expire', desired],
  ['that never expire', forever],
])('an older state, with tokens %s', (_, wanted) => {
  it('is said, and the newest generation is adopted, its predecessor kept', async () => {
    const world = await lost(wanted);
    const { plan } = await world.apply(wanted);
    expect(plan.actions).toMatchObject([
      {
        action: 'adopt_token',
        reason: { kind: 'newer', current: 'airflow' },
        before: { name: 'airflow' },
        after: { name: 'airflow.2', generation: 2 },
      },
    ]);
    expect(plan.warnings[0]).toEqual({
      kind: 'older_state',
      account: 'etl_prod',
      token: 'airflow',
      names: ['airflow.2'],
    });
    expect(world.stateWriter.state.accounts.get('etl_prod')?.tokens.get('airflow')).toMatchObject({
      generation: 2,
      current: { name: 'airflow.2', secret: 'unknown' },
      retiring: [{ name: 'airflow' }],
    });
    const after = await world.plan(wanted);
    expect(brief(after)).toEqual([]);
    expect(after.warnings).toContainEqual({
      kind: 'unverified',
      account: 'etl_prod',
      token: 'airflow',
      name: 'airflow.2',
      replaced: 'airflow',
      adopted: true,
    });
  });

  it('makes no token more each night', async () => {
    const world = await lost(wanted);
    const { state } = world.stateWriter;
    for (let night = 0; night < 4; night += 1) {
      world.stateWriter.state = state;
      await world.apply(wanted);
      await world.organization.advance(DAY);
    }
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2']);
  });

  it('is left alone with --due, and named', async () => {
    const world = await lost(wanted);
    const before = world.stateWriter.state;
    const { plan } = await world.apply(wanted, { due: true });
    expect(brief(plan)).toEqual([]);
    const kinds = plan.warnings.map(({ kind }) => kind).filter((kind) => kind !== 'late_applies');
    expect(kinds).toEqual(['older_state', 'not_scheduled']);
    expect(world.stateWriter.state.accounts.get('etl_prod')?.tokens).toEqual(before.accounts.get('etl_prod')?.tokens);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2']);
  });

  it('settles with a rotation: both predecessors retire, and generations go on', async () => {
    const world = await lost(wanted);
    await world.apply(wanted, { rotate });
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2', 'airflow.3']);
    expect(brief(await world.plan(wanted))).toEqual([]);
    await world.organization.advance(25 * HOUR);
    await world.apply(wanted);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.3']);
  });

  it('revokes all of a token that left the configuration, and says why it knows of them', async () => {
    const world = await lost(wanted);
    const { plan } = await world.apply(desire({ etl_prod: {} }));
    expect(brief(plan)).toEqual(['revoke_token etl_prod/airflow', 'revoke_token etl_prod/airflow']);
    expect(plan.warnings).toMatchObject([{ kind: 'older_state', names: ['airflow.2'] }]);
    expect(world.tokenNames('etl_prod')).toEqual([]);
  });
});

describe('a state that is two generations behind', () => {
  /** Rotations whose state was lost. */
  async function twice(between = 1): Promise<World> {
    const world = new World();
    await world.apply(desired);
    const { state } = world.stateWriter;
    for (let time = 0; time < 2; time += 1) {
      await world.organization.advance(HOUR);
      await world.apply(desired, { rotate });
    }
    for (let more = 1; more < between; more += 1) await world.api.createToken('etl_prod', { name: 'airflow.2' });
    world.stateWriter.state = state;
    return world;
  }
  const names = ({ stateWriter }: World) =>
    stateWriter.state.accounts
      .get('etl_prod')
      ?.tokens.get('airflow')
      ?.retiring.map(({ name }) => name);

  it('retires those in between too, and names all', async () => {
    const world = await twice();
    const { plan } = await world.apply(desired);
    expect(plan.actions).toMatchObject([
      { action: 'adopt_token', after: { name: 'airflow.3' }, between: [{ name: 'airflow.2' }] },
    ]);
    expect(plan.warnings[0]).toMatchObject({ kind: 'older_state', names: ['airflow.3', 'airflow.2'] });
    expect(plan.unmanaged.tokens).toEqual([]);
    expect(names(world)).toEqual(['airflow', 'airflow.2']);
    const again = await world.plan(desired);
    expect(brief(again)).toEqual([]);
    expect(again.unmanaged.tokens).toEqual([]);

    await world.apply(desired, { rotate });
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2', 'airflow.3', 'airflow.4']);
    await world.organization.advance(25 * HOUR);
    await world.apply(desired);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.4']);
  });

  it('leaves one alone whose name another has, which somebody else may have created', async () => {
    const world = await twice(2);
    const { plan } = await world.apply(desired);
    expect(plan.actions).toMatchObject([{ action: 'adopt_token', after: { name: 'airflow.3' } }]);
    expect(plan.actions[0]).not.toHaveProperty('between');
    expect(plan.unmanaged.tokens).toMatchObject([{ name: 'airflow.2' }, { name: 'airflow.2' }]);
    expect(names(world)).toEqual(['airflow']);
    expect(brief(await world.plan(desired))).toEqual([]);
  });
});

it('an adopted token that nobody tested takes no working one with it, whatever was tested', async () => {
  const once = desire({ etl_prod: { tokens: [token('airflow', { overlap: 0 })], smoke: false } });
  const world = new World();
  await world.apply(once);
  await world.api.createToken('etl_prod', { name: 'airflow.2' });
  for (let night = 0; night < 2; night += 1) {
    await world.apply(once);
    await world.organization.advance(DAY);
  }
  expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2']);
});

it.each<[string, AccountSketch]>([
  ['its name', { tokens: [token('airflow', { name: 'Loads' })] }],
  ['its key', { tokens: [token('loads', { name: 'airflow' })] }],
])('an older state is noticed when the configuration changed %s too', async (_, sketch) => {
  const world = await lost();
  const changed = desire({ etl_prod: sketch });
  const { plan } = await world.apply(changed);
  expect(plan.warnings.map(({ kind }) => kind)).toContain('older_state');
  expect(brief(await world.plan(changed))).toEqual([]);
  expect([...(world.stateWriter.state.accounts.get('etl_prod')?.tokens.keys() ?? [])]).toEqual(
    [...(sketch.tokens ?? [])].map(({ key }) => key),
  );
});

describe('a second live token of the name that the current one has', () => {
  const both = desire({ etl_prod: { tokens: [token('airflow'), token('dbt')] } });

  /** @param generation of the state's current token @param age of the second one, in seconds: it is that much older */
  async function rival(generation = 1, age = -60) {
    const world = new World();
    await world.apply(both);
    if (generation === 2) await world.apply(both, { rotate: (_, key) => key === 'airflow' });
    const name = generation === 1 ? 'airflow' : 'airflow.2';
    await world.organization.advance(60);
    const { record } = await world.api.createToken('etl_prod', { name, ttl: 90 * DAY });
    const own = world.stateWriter.state.accounts.get('etl_prod')?.tokens.get('airflow')?.current?.id;
    if (age > 0) {
      const created_at = new Date(Date.parse(record.created_ts) + age * 1000).toISOString();
      await updateToken(world.stateWriter, 'etl_prod', 'airflow', (entry) => ({
        ...entry,
        ...(entry.current && { current: { ...entry.current, created_at } }),
      }));
    }
    return { world, record, own, name };
  }
  const current = ({ stateWriter }: World) =>
    stateWriter.state.accounts.get('etl_prod')?.tokens.get('airflow')?.current?.id;
  const rivals = ({ warnings }: Plan) => warnings.filter(({ kind }) => kind === 'rival');

  it.each([
    [1, -60],
    [1, 60],
    [2, -60],
    [2, 60],
  ])('is left as it is, and named: generation %d, created %d seconds before', async (generation, age) => {
    const { world, record, own, name } = await rival(generation, age);
    const { plan } = await world.apply(both);
    expect(brief(plan)).toEqual([]);
    expect(plan.warnings.map(({ kind }) => kind)).not.toContain('older_state');
    expect(rivals(plan)).toEqual([
      { kind: 'rival', account: 'etl_prod', token: 'airflow', name, id: record.id, current: name },
    ]);
    expect(plan.unmanaged.tokens).toEqual([{ account: 'etl_prod', name, id: record.id }]);
    expect(current(world)).toBe(own);
    expect(brief(await world.plan(both))).toEqual([]);
  });

  it('stays when the own one is rotated, and no generation is used twice', async () => {
    const { world, record } = await rival();
    await world.apply(both, { rotate: (_, key) => key === 'airflow' });
    await world.organization.advance(25 * HOUR);
    const { plan } = await world.apply(both);
    expect(brief(plan)).toEqual(['revoke_token etl_prod/airflow']);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2', 'dbt']);
    const after = await world.plan(both);
    expect(brief(after)).toEqual([]);
    expect(after.unmanaged.tokens).toMatchObject([{ id: record.id }]);
  });

  it('does not keep scheduled work from being done', async () => {
    const { world, record } = await rival();
    await world.organization.advance(80 * DAY);
    const { plan } = await world.apply(both, { due: true });
    expect(brief(plan)).toEqual(['rotate_token etl_prod/airflow', 'rotate_token etl_prod/dbt']);
    expect(plan.unmanaged.tokens).toMatchObject([{ id: record.id }]);
  });

  it('stays when the key leaves the configuration, and is named', async () => {
    const { world, record, own } = await rival();
    const dbt = desire({ etl_prod: { tokens: [token('dbt')] } });
    const { plan } = await world.apply(dbt);
    expect(plan.actions).toMatchObject([{ action: 'revoke_token', before: { id: own } }]);
    expect(rivals(plan)).toMatchObject([{ id: record.id, removed: true }]);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'dbt']);
    expect(brief(await world.plan(dbt))).toEqual([]);
  });

  it('stays when the configuration has another name, which it has', async () => {
    const { world } = await rival();
    const { record } = await world.api.createToken('etl_prod', { name: 'Loads' });
    const renamed = desire({ etl_prod: { tokens: [token('airflow', { name: 'Loads' }), token('dbt')] } });
    const { plan } = await world.apply(renamed);
    expect(plan.actions).toMatchObject([{ action: 'rotate_token', after: { name: 'Loads.2' } }]);
    expect(rivals(plan).map((warning) => 'id' in warning && warning.id)).toContain(record.id);
    expect(brief(await world.plan(renamed))).toEqual([]);
  });

  it('stays and is listed when the account leaves, and goes with it', async () => {
    const { world, record } = await rival();
    const none = desire({}, { guardrails: { maxDeletes: 1 } });
    const { plan } = await world.apply(none);
    expect(brief(plan)).toEqual([]);
    expect(plan.unmanaged.tokens).toMatchObject([{ id: record.id }]);
    const [deletion] = (await world.plan(none, { prune: true })).actions;
    expect(JSON.stringify(deletion?.before)).toContain(record.id);
  });

  it('is adopted when the own one is gone, and settles', async () => {
    const { world, record, own } = await rival();
    await world.api.deleteToken('etl_prod', own ?? '');
    const { plan } = await world.apply(both);
    expect(plan.actions).toMatchObject([{ action: 'adopt_token', after: { id: record.id, generation: 1 } }]);
    expect(brief(await world.plan(both))).toEqual([]);
  });

  it('gives way to a higher generation, which says that a newer state exists', async () => {
    const { world } = await rival();
    const { record } = await world.api.createToken('etl_prod', { name: 'airflow.2' });
    const { plan } = await world.apply(both);
    expect(plan.actions).toMatchObject([{ action: 'adopt_token', after: { id: record.id } }]);
    expect(brief(await world.plan(both))).toEqual([]);
  });
});

it('what an older state has under another key stays, when its name belongs to a configured one', async () => {
  const world = new World();
  await world.apply(desire({ etl_prod: { tokens: [token('loads', { name: 'airflow' })] } }));
  const { state } = world.stateWriter;
  const readers = desire({ etl_prod: { tokens: [token('airflow', { type: 'read_scaling' })] } });
  await world.apply(readers);
  world.stateWriter.state = state;
  await world.organization.advance(60);
  await world.api.createToken('etl_prod', { name: 'airflow.2' });
  const { plan } = await world.apply(desired);
  expect(plan.unmanaged.tokens).toMatchObject([{ name: 'airflow.2' }]);
  expect(world.tokenNames('etl_prod')).toEqual(['airflow.2', 'airflow.2']);
});

it('a token that is adopted and due at once is announced by its replacement, not a second time', async () => {
  const world = new World();
  await world.api.createUser('etl_prod');
  await world.api.createToken('etl_prod', { name: 'airflow', ttl: DAY });
  const { plan } = await world.apply(desired);
  expect(brief(plan).slice(1)).toEqual(['adopt_token etl_prod/airflow', 'rotate_token etl_prod/airflow']);
  expect(plan.next).toEqual([]);
  expect((await world.plan(desired)).next).toMatchObject([{ change: 'is revoked' }, { change: 'rotates' }]);
});

describe('generations never go back', () => {
  it.each([
    ['that is adopted', 'read_write', ['airflow.3', 'airflow.4']],
    ['of another type', 'read_scaling', ['airflow.3', 'airflow.4']],
  ] as const)('after a live one %s', async (_, token_type, names) => {
    const world = new World();
    await world.api.createUser('etl_prod');
    await world.api.createToken('etl_prod', { name: 'airflow.3', ttl: 3600, token_type });
    await world.apply(desired);
    expect(world.tokenNames('etl_prod')).toEqual(names);
  });
});

it('the older state of a folder is said by plan, and apply takes it up', async () => {
  const stage = await Stage.applied();
  const older = stage.read(STATE);
  const [name] = Object.entries(JSON.parse(older).accounts as Record<string, { tokens: object }>).map(
    ([account, { tokens }]) => `${account}/${Object.keys(tokens)[0]}`,
  );
  expect((await stage.run(`rotate ${name} --sandbox --yes --no-smoke`)).code).toBe(0);
  stage.write(STATE, older);
  const { stdout } = await stage.run('plan --sandbox');
  expect(await stage.json('plan --sandbox')).toMatchObject({ document: { warnings: [{ kind: 'older_state' }] } });
  expect(stdout).toContain(`mdacc rotate ${name}`);
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  expect(await stage.json('plan --sandbox')).toMatchObject({ document: { actions: [], unmanaged: { tokens: [] } } });
});
