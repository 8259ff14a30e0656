/** A state that is not the newest: tokens of a managed series that it does not know are adopted, once, and said. */
import { describe, expect, it } from 'vitest';
import { updateToken } from '../../src/apply/state-writer.ts';
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
      retiring: [{ name: 'airflow', why: 'replaced' }],
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

describe('of two runs with one state, which made two tokens of one name', () => {
  it('the later one is taken, since it was stored last', async () => {
    const world = await lost();
    await world.apply(desired);
    await world.organization.advance(60);
    const { record } = await world.api.createToken('etl_prod', { name: 'airflow.2', ttl: 90 * DAY });
    const { plan } = await world.apply(desired);
    expect(plan.actions).toMatchObject([{ action: 'adopt_token', after: { id: record.id, name: 'airflow.2' } }]);
    expect(brief(await world.plan(desired))).toEqual([]);
  });

  it('the earlier one is left as it is, and named', async () => {
    const world = new World();
    await world.apply(desired);
    await world.organization.advance(60);
    const { record } = await world.api.createToken('etl_prod', { name: 'airflow', ttl: 90 * DAY });
    await updateToken(world.stateWriter, 'etl_prod', 'airflow', (entry) => ({
      ...entry,
      ...(entry.current && { current: { ...entry.current, id: record.id, created_at: record.created_ts } }),
    }));
    const plan = await world.plan(desired);
    expect(brief(plan)).toEqual([]);
    expect(plan.warnings).toEqual([]);
    expect(plan.unmanaged.tokens).toMatchObject([{ name: 'airflow' }]);
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
  expect(stdout).toMatch(/Warning: .*an older state is in use: ".*\.2" is newer than what the state knows/);
  expect(stdout).toContain(`mdacc rotate ${name}`);
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  expect(await stage.json('plan --sandbox')).toMatchObject({ document: { actions: [], unmanaged: { tokens: [] } } });
});
