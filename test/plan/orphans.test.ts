/** Tokens of interrupted runs: those that may be stored are replaced first, the others go at once, and none is unsaid. */
import { describe, expect, it } from 'vitest';
import { updateToken } from '../../src/apply/state-writer.ts';
import type { RetiringToken } from '../../src/model/state.ts';
import { noticeText } from '../../src/wording/notices.ts';
import { brief, DAY, desire, failsSmoke, HOUR, token, World } from '../world.ts';

const forever = { ttl: null, rotateBefore: 0 };
const desired = desire({ etl_prod: { tokens: [token('airflow', forever)], protected: false } });

/** A run was killed when it had created `airflow.2`; undefined: it was one of a version that did not note when storing began. */
async function killed(storing: boolean | undefined, wanted = desired): Promise<World> {
  const world = new World();
  await world.apply(wanted);
  const { record } = await world.api.createToken('etl_prod', { name: 'airflow.2' });
  const began = storing === undefined ? {} : { storing };
  await updateToken(world.stateWriter, 'etl_prod', 'airflow', (entry) => ({
    ...entry,
    generation: 2,
    intents: [{ name: 'airflow.2', generation: 2, at: record.created_ts, ...began }],
  }));
  return world;
}

describe.each([true, undefined])('an orphan whose secret may be stored (%s)', (storing) => {
  it('is replaced, and lives on for its overlap', async () => {
    const world = await killed(storing);
    const { plan } = await world.apply(desired);
    expect(plan.actions).toMatchObject([
      { action: 'rotate_token', reason: { left: 'orphan' }, after: { orphans: [{ name: 'airflow.2' }] } },
    ]);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2', 'airflow.3']);
    const after = await world.plan(desired);
    expect(brief(after)).toEqual([]);
    expect(after.next).toMatchObject([
      { change: 'is revoked', name: 'airflow' },
      { change: 'is revoked', name: 'airflow.2' },
    ]);
    await world.organization.advance(25 * HOUR);
    await world.apply(desired);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.3']);
  });

  it('is named as what the store may have when the configuration has another name', async () => {
    const world = await killed(storing);
    const renamed = desire({ etl_prod: { tokens: [token('airflow', { ...forever, name: 'air' })] } });
    expect((await world.plan(renamed)).actions).toMatchObject([
      { reason: { left: 'orphan', name: 'airflow.2' }, after: { name: 'air.3', orphans: [{ name: 'airflow.2' }] } },
    ]);
  });

  it('of an account that left the configuration is kept, and named', async () => {
    const world = await killed(storing);
    const { plan } = await world.apply(desire({}));
    expect(brief(plan)).toEqual([]);
    expect(plan.warnings).toEqual([
      { kind: 'orphan', account: 'etl_prod', token: 'airflow', name: 'airflow.2', retained: true },
    ]);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2']);
  });

  it('of a key that left the configuration is revoked with its series', async () => {
    const world = await killed(storing);
    await world.apply(desire({ etl_prod: {} }));
    expect(world.tokenNames('etl_prod')).toEqual([]);
  });

  it('older than the current token is kept until a rotation, and named', async () => {
    const world = await killed(storing);
    await world.api.createToken('etl_prod', { name: 'airflow.3' });
    await world.apply(desired);
    const plan = await world.plan(desired);
    expect(brief(plan)).toEqual([]);
    expect(plan.warnings.map(({ kind }) => kind)).toEqual(['unverified', 'orphan']);
    await world.apply(desired, { rotate: () => true });
    await world.organization.advance(25 * HOUR);
    await world.apply(desired);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.4']);
  });
});

describe('an orphan whose secret was certainly not stored', () => {
  it.each([
    ['of a configured token', desired],
    ['of a key that left the configuration', desire({ etl_prod: { tokens: [token('dbt', forever)] } })],
  ])('%s is revoked at once, and replaces nothing', async (_, wanted) => {
    const world = await killed(false);
    const { plan } = await world.apply(wanted);
    expect(plan.actions.map(({ before }) => before)).toContainEqual(expect.objectContaining({ name: 'airflow.2' }));
    expect(plan.actions.map(({ action }) => action)).not.toContain('rotate_token');
    expect(world.tokenNames('etl_prod')).not.toContain('airflow.2');
    expect(brief(await world.plan(wanted))).toEqual([]);
  });

  it('stays, and is named, when its account left the configuration: only the state says what it is', async () => {
    const world = await killed(false);
    const { plan } = await world.apply(desire({}));
    expect([brief(plan), plan.warnings]).toMatchObject([[], [{ kind: 'orphan', name: 'airflow.2', retained: true }]]);
  });

  it('goes even when its account fails the smoke test', async () => {
    const wanted = desire({ etl_prod: { tokens: [token('airflow', { ttl: 20 * DAY })] } });
    const world = await killed(false, wanted);
    await world.organization.advance(10 * DAY);
    await world.apply(wanted, { verify: failsSmoke });
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.3']);
  });
});

it('names the unmanaged tokens of a retained account', async () => {
  const world = new World();
  await world.apply(desired);
  await world.api.createToken('etl_prod', { name: 'laptop' });
  expect((await world.plan(desire({}))).unmanaged.tokens).toMatchObject([{ account: 'etl_prod', name: 'laptop' }]);
});

describe('a replaced token of an account that left the configuration', () => {
  it('is announced until its overlap has ended', async () => {
    const world = new World();
    await world.apply(desired);
    await world.apply(desired, { rotate: () => true });
    expect((await world.plan(desire({}))).next).toMatchObject([{ change: 'is revoked', name: 'airflow' }]);
  });

  it('is named when its replacement was not verified', async () => {
    const world = new World();
    await world.apply(desired);
    await world.apply(desired, { rotate: () => true, verify: failsSmoke });
    const { warnings } = await world.plan(desire({}));
    expect(warnings).toMatchObject([{ kind: 'unverified', replaced: 'airflow', retained: true }]);
    expect(warnings.map((warning) => noticeText(warning).hint.command)).toEqual([
      ['plan', '--prune', '--only', 'etl_prod'],
    ]);
  });
});

it('a token that was replaced with an overlap keeps it when the overlap becomes 0', async () => {
  const world = new World();
  await world.apply(desired);
  await world.apply(desired, { rotate: () => true });
  const none = desire({ etl_prod: { tokens: [token('airflow', { ...forever, overlap: 0 })] } });
  await world.apply(none);
  expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2']);
  await world.organization.advance(25 * HOUR);
  await world.apply(none);
  expect(world.tokenNames('etl_prod')).toEqual(['airflow.2']);
});

it('a token that an older state adopted is replaced in its store', async () => {
  const world = new World();
  const wanted = desire({ etl_prod: { tokens: [token('airflow')] } });
  await world.apply(wanted);
  const older = world.stateWriter.state;
  await world.organization.advance(80 * DAY);
  await world.apply(wanted);
  world.stateWriter.state = older;
  expect(brief((await world.apply(wanted)).plan)).toEqual(['adopt_token etl_prod/airflow']);
  await world.organization.advance(80 * DAY);
  const checked: unknown[] = [];
  Object.assign(world.store, { check: async (targets: readonly unknown[]) => void checked.push(...targets) });
  await world.apply(wanted);
  expect(checked).toEqual([{ account: 'etl_prod', token: 'airflow' }]);
});

it('a key that leaves an older state is forgotten, when its account is another one: nobody says whose the token is', async () => {
  const world = new World();
  await world.apply(desired);
  const older = world.stateWriter.state;
  await world.api.deleteUser('etl_prod');
  await world.apply(desired);
  world.stateWriter.state = older;
  const without = desire({ etl_prod: {} });
  expect(brief((await world.apply(without)).plan)).toEqual(['adopt_account etl_prod', 'forget etl_prod/airflow']);
  const after = await world.plan(without);
  expect([brief(after), after.unmanaged.tokens]).toMatchObject([[], [{ name: 'airflow.2' }]]);
});

describe('an overlap that a state says has ended', () => {
  /** `airflow` was replaced 10 hours ago, with an overlap of a day. */
  async function edited(change: (retiring: RetiringToken) => RetiringToken): Promise<World> {
    const world = new World();
    await world.apply(desired);
    await world.organization.advance(30 * DAY);
    await world.apply(desired, { rotate: () => true });
    await world.organization.advance(10 * HOUR);
    await updateToken(world.stateWriter, 'etl_prod', 'airflow', (entry) => ({
      ...entry,
      retiring: entry.retiring.map(change),
    }));
    return world;
  }
  const early = (old: RetiringToken) => ({ ...old, retire_at: '2001-01-01T00:00:00Z' });

  it('has not, before the replacement has lived that long', async () => {
    const world = await edited(early);
    const plan = await world.plan(desired);
    expect([brief(plan), plan.next]).toMatchObject([[], [{ change: 'is revoked', name: 'airflow' }]]);
    expect(Date.parse(plan.next[0]?.at ?? '') - world.organization.now()).toBeGreaterThan(13 * HOUR * 1000);
    await world.organization.advance(15 * HOUR);
    const { plan: after } = await world.apply(desired);
    // Somebody edited the state, or the policy got a longer overlap.
    expect(after.actions).toMatchObject([{ action: 'revoke_token', token: 'airflow', risk: 'disruptive' }]);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.2']);
  });

  it.each([
    [
      'a configuration with a shorter one, which nobody applied',
      desire({ etl_prod: { tokens: [token('airflow', { ...forever, overlap: HOUR })] } }),
    ],
    ['an account that left the configuration', desire({})],
  ])('has not with %s', async (_, wanted) => {
    const world = await edited(early);
    const plan = await world.plan(wanted, { due: true });
    expect([brief(plan), plan.next]).toMatchObject([[], [{ change: 'is revoked', name: 'airflow' }]]);
    await world.organization.advance(15 * HOUR);
    expect((await world.plan(wanted, { due: true })).actions).toMatchObject([
      { action: 'revoke_token', risk: 'disruptive' },
    ]);
  });

  it('is safe where the state is as this program wrote it', async () => {
    const world = await edited((old) => old);
    await world.organization.advance(15 * HOUR);
    expect((await world.plan(desired)).actions).toMatchObject([{ action: 'revoke_token', risk: 'safe' }]);
  });

  it('counts from the token that replaced it, and not from the latest', async () => {
    const world = await edited((old) => old);
    await world.apply(desired, { rotate: () => true });
    await world.organization.advance(15 * HOUR);
    expect(brief((await world.apply(desired)).plan)).toEqual(['revoke_token etl_prod/airflow']);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.2', 'airflow.3']);
  });
});
