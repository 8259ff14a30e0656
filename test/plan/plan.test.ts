import { describe, expect, it } from 'vitest';
import { refreshState } from '../../src/apply/refresh-state.ts';
import type { Reason } from '../../src/model/action.ts';
import type { DesiredToken } from '../../src/model/desired.ts';
import type { DesiredDucklings } from '../../src/model/ducklings.ts';
import type { Plan } from '../../src/model/plan.ts';
import { noticeText } from '../../src/wording/notices.ts';
import { brief, DAY, desire, HOUR, token, World } from '../world.ts';

function reasonAt(plan: Plan, index: number): Reason | undefined {
  return plan.actions[index]?.reason;
}

const SMALL: DesiredDucklings = {
  read_write: { size: 'pulse' },
  read_scaling: { size: 'pulse', pool_size: 2 },
};

async function applied(desired: ReturnType<typeof desire>): Promise<World> {
  const world = new World();
  const { outcomes } = await world.apply(desired);
  expect(outcomes.filter((outcome) => outcome.result !== 'done')).toEqual([]);
  world.calls.length = 0;
  return world;
}

it("a token of a smoke test is left alone; one that only has the name is somebody's", async () => {
  const world = new World();
  await world.apply(desire({ one: {} }));
  await world.api.createToken('one', { name: 'mdacc smoke', ttl: 90 * DAY });
  await world.api.createToken('one', { name: 'mdacc smoke', ttl: 300 });
  const plan = await world.plan(desire({ one: {} }));
  expect(plan.actions).toEqual([]);
  const [theirs] = world.organization.inspect().accounts.flatMap(({ tokens }) => tokens.map(({ id }) => id));
  expect(plan.unmanaged.tokens).toEqual([{ account: 'one', name: 'mdacc smoke', id: theirs }]);
});

describe('a new organization', () => {
  it('is created in order: the account, its Ducklings, its tokens', async () => {
    const desired = desire({ etl_prod: { ducklings: SMALL, tokens: [token('airflow')] } });
    const plan = await new World().plan(desired);
    expect(brief(plan)).toEqual(['create_account etl_prod', 'set_ducklings etl_prod', 'create_token etl_prod/airflow']);
    expect(plan.actions.map(({ location }) => location)).toEqual([{ line: 7 }, { line: 7 }, { line: 7 }]);
    expect(reasonAt(plan, 0)).toEqual({ kind: 'new' });
  });

  it('gives the same plan, byte for byte, for the same inputs', async () => {
    const world = new World();
    const desired = desire({ one: { tokens: [token('a'), token('b')] }, two: { ducklings: SMALL } });
    const [first, second] = [await world.plan(desired), await world.plan(desired)];
    expect(JSON.stringify({ ...first, at: '' })).toBe(JSON.stringify({ ...second, at: '' }));
  });

  it('has nothing left to do after an apply, and a second apply calls nothing', async () => {
    const desired = desire({ etl_prod: { ducklings: SMALL, tokens: [token('airflow')] }, plain: {} });
    const world = await applied(desired);
    expect(brief(await world.plan(desired))).toEqual([]);
    const before = world.stateWriter.state;
    await world.apply(desired);
    expect(world.calls).toEqual([]);
    expect(world.stateWriter.state).toBe(before);
  });
});

describe('what someone changed by hand is repaired, and the plan says why', () => {
  const desired = desire({ etl_prod: { ducklings: SMALL, tokens: [token('airflow')] } });

  it('a Duckling size', async () => {
    const world = await applied(desired);
    await world.api.setDucklings('etl_prod', {
      read_write: { instance_size: 'jumbo' },
      read_scaling: { instance_size: 'pulse', flock_size: 2 },
    });
    const plan = await world.plan(desired);
    expect(brief(plan)).toEqual(['set_ducklings etl_prod']);
    expect(plan.actions[0]).toMatchObject({
      location: { line: 7 },
      reason: { kind: 'changed' },
      risk: 'disruptive',
      before: { read_write: { size: 'jumbo', cooldown: 60 } },
      after: { read_write: { size: 'pulse' } },
    });
  });

  it('a revoked token', async () => {
    const world = await applied(desired);
    const id = world.stateWriter.state.accounts.get('etl_prod')?.tokens.get('airflow')?.current?.id ?? '';
    await world.api.deleteToken('etl_prod', id);
    const plan = await world.plan(desired);
    expect(brief(plan)).toEqual(['create_token etl_prod/airflow']);
    expect(reasonAt(plan, 0)).toEqual({ kind: 'revoked', name: 'airflow', id });
    await world.apply(desired);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.2']);
  });

  it('a deleted account', async () => {
    const world = await applied(desired);
    await world.api.deleteUser('etl_prod');
    const plan = await world.plan(desired);
    expect(brief(plan)).toEqual(['create_account etl_prod', 'set_ducklings etl_prod', 'create_token etl_prod/airflow']);
    expect(reasonAt(plan, 0)).toEqual({ kind: 'deleted_outside', since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) });
    await world.apply(desired);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.2']);
    expect(brief(await world.plan(desired))).toEqual([]);
  });
});

describe('adoption', () => {
  it('takes over an account and a token of the configured name and type, without rotating', async () => {
    const world = new World();
    await world.api.createUser('etl_prod');
    const { record } = await world.api.createToken('etl_prod', { name: 'airflow' });
    const desired = desire({ etl_prod: { tokens: [token('airflow')] } });
    const { plan } = await world.apply(desired);
    expect(brief(plan)).toEqual(['adopt_account etl_prod', 'adopt_token etl_prod/airflow']);
    const account = world.stateWriter.state.accounts.get('etl_prod');
    expect(account).toMatchObject({ origin: 'adopted' });
    expect(account?.tokens.get('airflow')?.current).toMatchObject({ id: record.id, secret: 'unknown' });
    expect(world.store.secrets.size).toBe(0);
    expect(brief(await world.plan(desired))).toEqual([]);
    await world.organization.advance(400 * DAY);
    expect(brief(await world.plan(desired))).toEqual([]);
  });

  it('finds an account whatever the case of its letters', async () => {
    const world = new World();
    await world.api.createUser('ETL_Prod');
    expect(brief(await world.plan(desire({ etl_prod: {} })))).toEqual(['adopt_account etl_prod']);
  });

  it('refuses to choose between two tokens of the name, and names their ids', async () => {
    const world = new World();
    await world.api.createUser('etl_prod');
    const made = [
      await world.api.createToken('etl_prod', { name: 'airflow' }),
      await world.api.createToken('etl_prod', { name: 'airflow' }),
    ];
    const plan = await world.plan(desire({ etl_prod: { tokens: [token('airflow')] } }));
    expect(brief(plan)).toEqual(['adopt_account etl_prod']);
    expect(plan.errors[0]).toMatchObject({ kind: 'ambiguous', account: 'etl_prod', token: 'airflow' });
    for (const { record } of made)
      expect(plan.errors).toMatchObject([{ kind: 'ambiguous', ids: expect.arrayContaining([record.id]) }]);
  });

  it('leaves a token of the name and another type alone, and takes the next name', async () => {
    const world = new World();
    await world.api.createUser('etl_prod');
    await world.api.createToken('etl_prod', { name: 'airflow', token_type: 'read_scaling' });
    const desired = desire({ etl_prod: { tokens: [token('airflow')] } });
    await world.apply(desired);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2']);
    expect((await world.plan(desired)).unmanaged.tokens.map((each) => each.name)).toEqual(['airflow']);
  });

  it('rotates in the same plan what its expiry makes due', async () => {
    const world = new World();
    await world.api.createUser('etl_prod');
    await world.api.createToken('etl_prod', { name: 'airflow', ttl: 3600 });
    const desired = desire({ etl_prod: { tokens: [token('airflow')] } });
    const { plan } = await world.apply(desired);
    expect(brief(plan)).toEqual([
      'adopt_account etl_prod',
      'adopt_token etl_prod/airflow',
      'rotate_token etl_prod/airflow',
    ]);
    expect(brief(await world.plan(desired))).toEqual([]);
  });

  it('finds a token by its name at MotherDuck where that is not the key', async () => {
    const world = new World();
    await world.api.createUser('bi_tool');
    await world.api.createToken('bi_tool', { name: 'BI (old)' });
    const plan = await world.plan(desire({ bi_tool: { tokens: [token('old_bi', { name: 'BI (old)' })] } }));
    expect(brief(plan)).toEqual(['adopt_account bi_tool', 'adopt_token bi_tool/old_bi']);
  });
});

describe('rotation', () => {
  const desired = desire({ etl_prod: { tokens: [token('airflow')] } });

  it('begins when less life than rotate_before is left, and ends with a revocation after the overlap', async () => {
    const world = await applied(desired);
    await world.organization.advance(75 * DAY);
    expect(brief(await world.plan(desired))).toEqual([]);
    await world.organization.advance(2 * DAY);
    const { plan } = await world.apply(desired);
    expect(brief(plan)).toEqual(['rotate_token etl_prod/airflow']);
    expect(reasonAt(plan, 0)).toMatchObject({ kind: 'due', policy: 'pipeline', rotate_before: 14 * DAY });
    const { seconds_left } = reasonAt(plan, 0) as { seconds_left: number };
    expect(Math.round(seconds_left / DAY)).toBe(13);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2']);
    expect(brief(await world.plan(desired))).toEqual([]);
    await world.organization.advance(23 * HOUR);
    expect(brief(await world.plan(desired))).toEqual([]);
    await world.organization.advance(2 * HOUR);
    const later = await world.apply(desired);
    expect(brief(later.plan)).toEqual(['revoke_token etl_prod/airflow']);
    expect(reasonAt(later.plan, 0)).toEqual({ kind: 'overlap_ended', retire_at: expect.stringMatching(/^20\d\d-/) });
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.2']);
  });

  it.each([
    ['type', token('airflow', { type: 'read_scaling' }), 'read_write', 'read_scaling'],
    ['ttl', token('airflow', { ttl: 30 * DAY }), 90 * DAY, 30 * DAY],
    ['name', token('airflow', { name: 'Airflow' }), 'airflow', 'Airflow'],
    ['secret_store', token('airflow', { stores: ['vault'] }), 'memory', 'vault'],
  ])('is due when the configuration changes the %s', async (field, changed, before, after) => {
    const world = await applied(desired);
    const plan = await world.plan(desire({ etl_prod: { tokens: [changed] } }));
    expect(brief(plan)).toEqual(['rotate_token etl_prod/airflow']);
    expect(reasonAt(plan, 0)).toEqual({ kind: 'changed', change: { field, before, after } });
  });

  it('is not due when only the description changes, which MotherDuck cannot edit', async () => {
    const world = await applied(desired);
    expect(brief(await world.plan(desire({ etl_prod: { tokens: [token('airflow', { description: 'x' })] } })))).toEqual(
      [],
    );
  });

  it('replaces a token that expired, of which only the state tells', async () => {
    const world = await applied(desired);
    await world.organization.advance(100 * DAY);
    const { plan } = await world.apply(desired);
    expect(brief(plan)).toEqual(['create_token etl_prod/airflow']);
    expect(plan.actions[0]).toMatchObject({
      reason: { kind: 'expired', name: 'airflow', expired_at: expect.stringMatching(/^20\d\d-/) },
      before: null,
    });
    expect(brief(await world.plan(desired))).toEqual([]);
    await world.organization.advance(25 * HOUR);
    expect(brief((await world.apply(desired)).plan)).toEqual([]);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.2']);
  });

  it('takes no part in absurd generations, and never comes to one that it does not know again', async () => {
    const world = await applied(desired);
    for (const name of ['airflow.1000000', 'airflow.999999999']) await world.api.createToken('etl_prod', { name });
    await world.organization.advance(80 * DAY);
    await world.apply(desired);
    expect(world.stateWriter.state.accounts.get('etl_prod')?.tokens.get('airflow')?.current?.name).toBe('airflow.2');
    expect(brief(await world.plan(desired))).toEqual([]);
  });

  it('of a token that MotherDuck gave less life than asked does not begin at once', async () => {
    const world = new World();
    world.interfere = async (request) => {
      if (request.method !== 'POST' || !request.url.endsWith('/tokens')) return undefined;
      const body = { ...((await request.clone().json()) as object), ttl: 7 * DAY };
      return world.organization.handle(new Request(request, { body: JSON.stringify(body) }));
    };
    const applied = await world.apply(desired);
    const fresh = await world.plan(desired);
    expect(brief(fresh)).toEqual([]);
    expect(applied.warnings).toEqual(fresh.warnings);
    expect(fresh.next.filter(({ at }) => Date.parse(at) <= Date.parse(fresh.at))).toEqual([]);
    expect(fresh.warnings).toEqual([
      {
        kind: 'shorter_life',
        account: 'etl_prod',
        token: 'airflow',
        name: 'airflow',
        asked: 90 * DAY,
        given: 7 * DAY,
        // A ttl of 7d alone would be refused with it.
        rotate_before: 14 * DAY,
      },
    ]);
    await world.organization.advance(4 * DAY);
    const due = await world.plan(desired);
    expect(brief(due)).toEqual(['rotate_token etl_prod/airflow']);
    expect(reasonAt(due, 0)).toMatchObject({ kind: 'due', rotate_before: 3.5 * DAY, shortened: true });
    // The time between due and expiry is half of the life, and not the policy's 14 days.
    // A Date header has whole seconds.
    const interval = expect.closeTo(4 * DAY, -1);
    expect(due.warnings).toContainEqual({ kind: 'late_applies', interval, tokens: ['etl_prod/airflow'] });
  });

  it('of a token that was to live until revoked, and was given an end, comes before that', async () => {
    const forever = desire({ etl_prod: { tokens: [token('airflow', { ttl: null, rotateBefore: 0 })] } });
    const world = new World();
    world.interfere = async (request) => {
      if (request.method !== 'POST' || !request.url.endsWith('/tokens')) return undefined;
      const body = { ...((await request.clone().json()) as object), ttl: 30 * DAY };
      return world.organization.handle(new Request(request, { body: JSON.stringify(body) }));
    };
    await world.apply(forever);
    const fresh = await world.plan(forever);
    expect(fresh.warnings).toMatchObject([{ kind: 'shorter_life', asked: null, given: 30 * DAY }]);
    expect(fresh.next).toMatchObject([{ change: 'rotates' }]);
    await world.organization.advance(16 * DAY);
    expect(brief(await world.plan(forever))).toEqual(['rotate_token etl_prod/airflow']);
  });

  it('warns when all tokens of an account are replaced within one overlap', async () => {
    const two = desire({ etl_prod: { tokens: [token('airflow'), token('backfill')] } });
    const world = await applied(two);
    expect((await world.plan(two)).warnings).toEqual([]);
    await world.organization.advance(80 * DAY);
    expect((await world.plan(two)).warnings[0]).toEqual({ kind: 'turnover', account: 'etl_prod', tokens: 2 });
  });

  it('warns when applies come too seldom for the time between being due and expiring', async () => {
    const two = desire({ etl_prod: { tokens: [token('airflow'), token('forever', { ttl: null, rotateBefore: 0 })] } });
    const world = await applied(two);
    await world.organization.advance(13 * DAY);
    expect((await world.plan(two)).warnings).toEqual([]);
    await world.apply(two);
    await world.organization.advance(15 * DAY + HOUR);
    // The organization's clock goes on while the test runs.
    const interval = expect.closeTo(15 * DAY + HOUR, -2);
    expect((await world.plan(two)).warnings).toEqual([
      { kind: 'late_applies', interval, tokens: ['etl_prod/airflow'] },
    ]);
    expect((await world.plan(two, { only: (username) => username !== 'etl_prod' })).warnings).toEqual([]);
    for (let night = 0; night < 6; night += 1) {
      await world.apply(two);
      await world.organization.advance(DAY);
    }
    expect((await world.plan(two)).warnings).toEqual([]);
  });

  it('is announced: the next change of each token', async () => {
    const world = await applied(desired);
    const [next] = (await world.plan(desired)).next;
    expect(next).toMatchObject({ account: 'etl_prod', token: 'airflow', change: 'rotates', name: 'airflow' });
    expect(Math.round((Date.parse(next?.at ?? '') - world.organization.now()) / (DAY * 1000))).toBe(76);
  });
});

describe('a key that the configuration renames', () => {
  it('keeps its token, which is neither revoked nor made again', async () => {
    const world = await applied(desire({ etl_prod: { tokens: [token('airflow')] } }));
    const renamed = desire({ etl_prod: { tokens: [token('loader', { name: 'airflow' })] } });
    const plan = await world.plan(renamed, { secretPath: () => 'memory#etl_prod/airflow' });
    expect(brief(plan)).toEqual(['adopt_token etl_prod/loader']);
    expect(plan.actions[0]).toMatchObject({
      from: 'airflow',
      reason: { kind: 'renamed', from: 'airflow', replaced: false },
    });
    await world.apply(renamed, { secretPath: () => 'memory#etl_prod/airflow' });
    expect(world.tokenNames('etl_prod')).toEqual(['airflow']);
    const { tokens } = world.stateWriter.state.accounts.get('etl_prod') ?? { tokens: new Map() };
    expect([...tokens.keys()]).toEqual(['loader']);
    expect(tokens.get('loader')?.current?.secret).toMatchObject({ store: 'memory' });
  });

  it('rotates it where the secret moves with the key, with the overlap for those who read the old place', async () => {
    const world = await applied(desire({ etl_prod: { tokens: [token('airflow')] } }));
    const renamed = desire({ etl_prod: { tokens: [token('loader', { name: 'airflow' })] } });
    const { plan } = await world.apply(renamed);
    expect(brief(plan)).toEqual(['adopt_token etl_prod/loader', 'rotate_token etl_prod/loader']);
    expect(reasonAt(plan, 0)).toEqual({ kind: 'renamed', from: 'airflow', replaced: true });
    expect(reasonAt(plan, 1)).toMatchObject({ kind: 'changed', change: { field: 'secret_path' } });
    expect(plan.next).toEqual([]);
    expect((await world.plan(renamed)).next).toMatchObject([
      { token: 'loader', change: 'is revoked', name: 'airflow' },
      { token: 'loader', change: 'rotates', name: 'airflow.2' },
    ]);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2']);
    expect([...world.store.secrets.keys()]).toEqual(['etl_prod/airflow', 'etl_prod/loader']);
    expect(brief(await world.plan(renamed))).toEqual([]);
  });

  it('does not take a token that another key holds', async () => {
    const world = await applied(desire({ etl_prod: { tokens: [token('airflow')] } }));
    const both = desire({ etl_prod: { tokens: [token('airflow'), token('copy', { name: 'airflow' })] } });
    const plan = await world.plan(both);
    expect(plan.actions).toMatchObject([{ action: 'create_token', token: 'copy', after: { name: 'airflow.2' } }]);
  });
});

describe('what leaves the configuration', () => {
  it('a token is revoked', async () => {
    const world = await applied(desire({ etl_prod: { tokens: [token('airflow'), token('old')] } }));
    const without = desire({ etl_prod: { tokens: [token('airflow')] } });
    const { plan } = await world.apply(without);
    expect(brief(plan)).toEqual(['revoke_token etl_prod/old']);
    expect(plan.actions[0]).toMatchObject({ risk: 'disruptive', reason: { kind: 'removed' } });
    expect(world.tokenNames('etl_prod')).toEqual(['airflow']);
    expect(brief(await world.plan(without))).toEqual([]);
  });

  it('a replaced token may be in use until its overlap has ended', async () => {
    const desired = desire({ etl_prod: { tokens: [token('airflow'), token('old')] } });
    const world = await applied(desired);
    await world.apply(desired, { rotate: (_, key) => key === 'old' });
    const without = desire({ etl_prod: { tokens: [token('airflow')] } });
    const plan = await world.plan(without);
    const risks = plan.actions.map(({ before, risk }) => [before && 'name' in before && before.name, risk]);
    expect(risks.sort()).toEqual([
      ['old', 'disruptive'],
      ['old.2', 'disruptive'],
    ]);
  });

  it('an account is left, and named as left', async () => {
    const world = await applied(desire({ etl_prod: { tokens: [token('airflow')], protected: false } }));
    const plan = await world.plan(desire({}));
    expect(brief(plan)).toEqual([]);
    expect(plan.retained).toEqual(['etl_prod']);
  });

  it('with prune, it is deleted, when the guardrails allow', async () => {
    const world = await applied(desire({ etl_prod: { tokens: [token('airflow')], protected: false } }));
    const refused = await world.plan(desire({}), { prune: true });
    expect(brief(refused)).toEqual(['delete_account etl_prod']);
    expect(refused.violations[0]).toEqual({ kind: 'too_many_deletes', limit: 0, allowed: 0, accounts: ['etl_prod'] });
    const allowed = desire({}, { guardrails: { maxDeletes: 1 } });
    const { plan } = await world.apply(allowed, { prune: true });
    expect(plan.violations).toEqual([]);
    expect(plan.actions[0]).toMatchObject({ risk: 'destructive', before: { tokens: [{ name: 'airflow' }] } });
    expect(world.tokenNames('etl_prod')).toBeUndefined();
    expect(world.stateWriter.state.accounts.size).toBe(0);
  });

  it('protection is remembered, and taken away only by setting it to false and applying', async () => {
    const world = await applied(desire({ etl_prod: {} }));
    const allowed = desire({}, { guardrails: { maxDeletes: 1 } });
    expect((await world.plan(allowed, { prune: true })).violations).toEqual([
      { kind: 'protected', account: 'etl_prod' },
    ]);
    await world.apply(desire({ etl_prod: { protected: false } }));
    expect((await world.plan(allowed, { prune: true })).violations).toEqual([]);
  });

  it('protection that changes is shown, and only of the accounts that are planned', async () => {
    const world = await applied(desire({ one: {}, two: {} }));
    const off = desire({ one: { protected: false }, two: { protected: false } });
    const plan = await world.plan(off);
    expect(brief(plan)).toEqual([]);
    expect(plan.protection).toEqual([
      { account: 'one', before: true, after: false },
      { account: 'two', before: true, after: false },
    ]);
    const only = await world.plan(off, { only: (username) => username === 'one' });
    const state = refreshState(world.stateWriter.state, { desired: off, live: await world.live(off), plan: only });
    expect([...state.accounts.values()].map((each) => each.deletion_protection)).toEqual([false, true]);
  });

  it('an account that somebody made anew under the name of an adopted one is never deleted', async () => {
    const world = new World();
    await world.api.createUser('shared');
    await world.apply(desire({ shared: { protected: false } }));
    await world.api.deleteUser('shared');
    await world.api.createUser('shared');
    const plan = await world.plan(desire({}, { guardrails: { maxDeletes: 1 } }), { prune: true });
    expect(brief(plan)).toEqual(['forget shared']);
  });

  it('a person who has the name by now is never deleted', async () => {
    const world = await applied(desire({ etl_prod: { protected: false } }));
    await world.api.deleteUser('etl_prod');
    await world.organization.addHuman('etl_prod');
    const plan = await world.plan(desire({}, { guardrails: { maxDeletes: 1 } }), { prune: true });
    expect(brief(plan)).toEqual([]);
    expect(plan.errors).toEqual([{ kind: 'person', account: 'etl_prod', managed: true }]);
  });

  it('another account that has the name by now is never deleted', async () => {
    const world = await applied(desire({ etl_prod: { protected: true } }));
    await world.apply(desire({ etl_prod: { protected: false } }));
    expect(world.stateWriter.state.accounts.get('etl_prod')?.id).toBeDefined();
    await world.api.deleteUser('etl_prod');
    await world.api.createUser('etl_prod');
    const plan = await world.plan(desire({}, { guardrails: { maxDeletes: 1 } }), { prune: true });
    expect(brief(plan)).toEqual(['forget etl_prod']);
    expect(reasonAt(plan, 0)).toEqual({ kind: 'replaced_outside' });
  });

  it('nothing is deleted while users cannot be listed, so that nobody can tell whose token runs the program', async () => {
    const world = new World({ users_list: 'forbidden' });
    await world.apply(desire({ etl_prod: { protected: false } }));
    const plan = await world.plan(desire({}, { guardrails: { maxDeletes: 1 } }), { prune: true, claims: ['some-id'] });
    expect(plan.actions).toEqual([]);
    expect(plan.errors).toEqual([{ kind: 'unidentified', account: 'etl_prod', listed: false }]);
  });

  it('warns that the tokens of a retained account are not rotated', async () => {
    const world = await applied(desire({ etl_prod: { tokens: [token('airflow')] } }));
    const plan = await world.plan(desire({}));
    expect(plan.next).toMatchObject([{ change: 'expires', name: 'airflow' }]);
    const expires_at = plan.next[0]?.at;
    const warning = { kind: 'not_rotated', account: 'etl_prod', name: 'airflow', expires_at };
    expect(plan.warnings).toEqual([{ ...warning, kept: true }]);
    await world.apply(desire({ etl_prod: { tokens: [token('airflow')], protected: false } }));
    const deletable = await world.plan(desire({}, { guardrails: { maxDeletes: 1 } }));
    expect(deletable.warnings).toEqual([warning]);
  });

  it('an account that is gone is forgotten', async () => {
    const world = await applied(desire({ etl_prod: {} }));
    await world.api.deleteUser('etl_prod');
    expect(brief(await world.plan(desire({})))).toEqual(['forget etl_prod']);
  });

  it('the account whose token runs the program is never deleted', async () => {
    const world = await applied(desire({ etl_prod: { protected: false } }));
    const id = world.organization.inspect().accounts.find((each) => each.username === 'etl_prod')?.id ?? '';
    const allowed = desire({}, { guardrails: { maxDeletes: 1 } });
    for (const claims of [[id], ['ETL_PROD']]) {
      const plan = await world.plan(allowed, { prune: true, claims });
      expect(plan.violations).toEqual([{ kind: 'own_account', account: 'etl_prod' }]);
    }
  });
});

describe('unknown is neither present nor absent', () => {
  it('an account that cannot be read gets an error and nothing else, and the others go on', async () => {
    const desired = desire({ broken: { tokens: [token('a')] }, whole: { tokens: [token('a')] } });
    const world = await applied(desired);
    await world.organization.advance(80 * DAY);
    world.interfere = (request) =>
      request.url.includes('/users/broken/') ? new Response('<html>Bad gateway', { status: 502 }) : undefined;
    const plan = await world.plan(desired);
    expect(brief(plan)).toEqual(['rotate_token whole/a']);
    expect(plan.errors.map((error) => error.account)).toEqual(['broken']);
    expect(brief(await world.plan(desire({}, { guardrails: { maxDeletes: 9 } }), { prune: true }))).toEqual([
      'delete_account whole',
    ]);
  });

  it('an unrouted 404 is not an absence', async () => {
    const desired = desire({ etl_prod: {} });
    const world = await applied(desired);
    world.interfere = (request) =>
      request.url.includes('/v1/users/etl_prod') ? new Response('Not Found', { status: 404 }) : undefined;
    const plan = await world.plan(desired);
    expect(brief(plan)).toEqual([]);
    expect(plan.errors).toHaveLength(1);
  });

  it('users that cannot be listed are probed one by one, and the plan says what it cannot show', async () => {
    const world = new World({ users_list: 'forbidden' });
    await world.api.createUser('here');
    const plan = await world.plan(desire({ here: {}, gone: {} }));
    expect(brief(plan)).toEqual(['adopt_account here', 'create_account gone']);
    expect(plan.unmanaged.accounts).toBeNull();
    expect(plan.warnings[0]?.kind).toBe('users_unlisted');
  });
});

describe('people and deprovisioned users', () => {
  it('are not service accounts to manage', async () => {
    const world = new World();
    await world.organization.addHuman('anna');
    await world.api.createUser('former');
    await world.organization.deprovision('former');
    const plan = await world.plan(desire({ anna: {}, former: {} }));
    expect(brief(plan)).toEqual([]);
    expect(plan.errors).toEqual([
      { kind: 'person', account: 'anna', managed: false },
      { kind: 'deprovisioned', account: 'former' },
    ]);
    expect(plan.errors.map((error) => noticeText(error).code)).toEqual(['ACCOUNT_UNUSABLE', 'ACCOUNT_UNUSABLE']);
  });
});

describe('what is not managed', () => {
  it('is named: accounts, but for ignored ones, and tokens on managed accounts', async () => {
    const world = await applied(desire({ etl_prod: {} }));
    for (const name of ['stray', 'legacy_one']) await world.api.createUser(name);
    const { record } = await world.api.createToken('etl_prod', { name: 'laptop' });
    const plan = await world.plan(desire({ etl_prod: {} }, { ignore: ['legacy_*'] }));
    expect(brief(plan)).toEqual([]);
    expect(plan.unmanaged).toEqual({
      accounts: ['stray'],
      tokens: [{ account: 'etl_prod', name: 'laptop', id: record.id }],
    });
  });
});

describe('compute ceilings', () => {
  const rates = new Map([
    ['pulse', 0.5],
    ['standard', 2.4],
    ['jumbo', 4.8],
  ] as const);

  it('show before and after, of a change and of the whole, and are guarded', async () => {
    const world = await applied(desire({ etl_prod: { ducklings: SMALL } }));
    const larger: DesiredDucklings = {
      read_write: { size: 'jumbo' },
      read_scaling: { size: 'standard', pool_size: 4 },
    };
    const desired = desire(
      { etl_prod: { ducklings: larger } },
      { computeRates: rates, guardrails: { maxComputeCeiling: 10 } },
    );
    const plan = await world.plan(desired);
    expect(plan.actions[0]).toMatchObject({
      before: { read_write: { size: 'pulse' }, read_scaling: { size: 'pulse', pool_size: 2 } },
      after: larger,
      location: { line: 7 },
      reason: { kind: 'changed' },
      compute: { before: 1.5, after: 14.4 },
    });
    expect(plan.compute).toEqual({ before: 1.5, after: 14.4 });
    expect(plan.violations).toEqual([{ kind: 'ceiling_exceeded', ceiling: 14.4, limit: 10 }]);
  });

  it('count every managed account, also those that are not planned or cannot be read', async () => {
    const pool: DesiredDucklings = { read_write: { size: 'jumbo' }, read_scaling: { size: 'pulse', pool_size: 0 } };
    const two = desire(
      { one: { ducklings: pool }, two: { ducklings: pool } },
      { computeRates: rates, guardrails: { maxComputeCeiling: 6 } },
    );
    const isOne = (username: string) => username === 'one';
    // What is not there yet costs nothing, and is counted when it is created.
    const first = await new World().plan(two, { only: isOne });
    expect([first.compute, first.violations]).toEqual([{ before: 0, after: 4.8 }, []]);
    const world = new World();
    await world.api.createUser('two');
    const only = await world.plan(two, { only: isOne });
    expect(only.compute).toEqual({ before: 4.8, after: 9.6 });
    expect(only.violations).toHaveLength(1);
    world.interfere = (request) => (request.url.includes('/two/') ? new Response('', { status: 502 }) : undefined);
    expect((await world.plan(two)).compute?.after).toBe(9.6);
  });

  it('a ceiling that is broken already refuses what raises it, and warns of the rest', async () => {
    const pool = (size: 'standard' | 'jumbo'): DesiredDucklings => ({
      read_write: { size },
      read_scaling: { size: 'pulse', pool_size: 1 },
    });
    const withSize = (size: 'standard' | 'jumbo') =>
      desire(
        { one: { ducklings: pool(size), tokens: [token('airflow')] } },
        { computeRates: rates, guardrails: { maxComputeCeiling: 1 } },
      );
    const world = new World();
    await world.apply(desire({ one: { ducklings: pool('standard'), tokens: [token('airflow')] } }));
    await world.organization.advance(80 * DAY);
    const plan = await world.plan(withSize('standard'));
    expect(brief(plan)).toEqual(['rotate_token one/airflow']);
    expect(plan.violations).toEqual([]);
    expect(plan.warnings.map(({ kind }) => kind)).toContain('ceiling_exceeded');
    expect((await world.plan(withSize('jumbo'))).violations).toHaveLength(1);
  });

  it('that are not known outside of the plan refuse one that costs more, and no other', async () => {
    const pool = (size: 'pulse' | 'standard'): DesiredDucklings => ({
      read_write: { size },
      read_scaling: { size: 'pulse', pool_size: 1 },
    });
    const withSize = (size: 'pulse' | 'standard', tokens: DesiredToken[] = []) =>
      desire(
        { one: { ducklings: pool(size), tokens } },
        { computeRates: rates, guardrails: { maxComputeCeiling: 10 } },
      );
    const world = new World();
    await world.apply(desire({ one: { ducklings: pool('pulse') }, left_1: {}, left_2: {} }));
    const only = (username: string) => username === 'one';
    expect((await world.plan(withSize('pulse', [token('airflow')]), { only })).violations).toEqual([]);
    const dearer = await world.plan(withSize('standard'), { only });
    expect(dearer.violations).toEqual([
      { kind: 'ceiling_unknown', limit: 10, accounts: ['left_1', 'left_2'], planned: false },
    ]);
  });

  it('that are not known say why, and of which accounts', async () => {
    const single = { read_write: { size: 'standard' }, read_scaling: {} } as const;
    const about = { ducklings: single };
    const desired = desire({ one: about, two: {}, three: { ducklings: SMALL } }, { computeRates: rates });
    const world = new World();
    expect((await world.plan(desired)).compute).toEqual({
      before: 0,
      after: null,
      unknown: [{ why: 'default', accounts: ['one', 'two'] }],
    });
    await world.apply(desired);
    expect((await world.plan(desired)).compute?.unknown).toBeUndefined();
    const only = (username: string) => username === 'three';
    expect((await world.plan(desired, { only })).compute).toMatchObject({
      after: null,
      unknown: [{ why: 'not_read', accounts: ['one', 'two'] }],
    });
  });

  it('a size without a rate makes the sum unknown, but for pulse, which counts as 0', async () => {
    const only = new Map([['standard', 2.4]] as const);
    const pool = (size: 'pulse' | 'jumbo'): DesiredDucklings => ({
      read_write: { size: 'standard' },
      read_scaling: { size, pool_size: 4 },
    });
    const withSize = (size: 'pulse' | 'jumbo') =>
      desire({ etl_prod: { ducklings: pool(size) } }, { computeRates: only, guardrails: { maxComputeCeiling: 10 } });
    expect((await new World().plan(withSize('pulse'))).compute).toEqual({ before: 0, after: 2.4 });
    const unknown = await new World().plan(withSize('jumbo'));
    const reason = { why: 'no_rate', size: 'jumbo' };
    expect(unknown.compute).toEqual({ before: 0, after: null, unknown: [{ ...reason, accounts: ['etl_prod'] }] });
    expect(unknown.actions.find(({ action }) => action === 'set_ducklings')).toMatchObject({
      compute: { before: 0, after: null, unknown: [reason] },
    });
    expect(unknown.violations).toEqual([{ kind: 'ceiling_unknown', limit: 10, accounts: ['etl_prod'], planned: true }]);
  });
});
