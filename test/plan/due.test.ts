import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { brief, DAY, desire, token, World } from '../world.ts';

const POOL = { read_write: { size: 'pulse' }, read_scaling: { size: 'pulse', pool_size: 1 } } as const;

/** Two accounts that were applied, and 80 days after: both tokens are due. */
async function later() {
  const world = new World();
  await world.apply(desire({ one: { ducklings: POOL, tokens: [token('a')] }, two: { tokens: [token('b')] } }));
  await world.organization.advance(80 * DAY);
  return world;
}

describe('a plan of scheduled work', () => {
  it('rotates what is due, and revokes what it replaced when its overlap has ended', async () => {
    const world = await later();
    const same = desire({ one: { ducklings: POOL, tokens: [token('a')] }, two: { tokens: [token('b')] } });
    const { plan } = await world.apply(same, { due: true });
    expect(brief(plan)).toEqual(['rotate_token one/a', 'rotate_token two/b']);
    await world.organization.advance(2 * DAY);
    expect(brief(await world.plan(same, { due: true }))).toEqual(['revoke_token one/a', 'revoke_token two/b']);
    await world.organization.advance(120 * DAY);
    expect(brief(await world.plan(same, { due: true }))).toContain('create_token one/a');
  });

  it.each([
    ['whose change it skips', [token('a', { type: 'read_scaling' })], ['a', 'b']],
    ['that left', [], ['b']],
  ])('says when each token rotates that stays: one %s', async (_, tokens, names) => {
    const world = new World();
    const before = desire({ one: { tokens: [token('a'), token('b')] } });
    await world.apply(before);
    const { next } = await world.plan(before);
    const plan = await world.plan(desire({ one: { tokens: [...tokens, token('b'), token('new')] } }), { due: true });
    expect(plan.actions).toEqual([]);
    const byToken = new Map(plan.next.map((change) => [change.token, change]));
    expect(byToken).toEqual(new Map(next.flatMap((c) => (names.includes(c.token) ? [[c.token, c]] : []))));
  });

  const notices = (plan: Plan, wanted: string) => plan.warnings.filter(({ kind }) => kind === wanted);

  it.each([
    ['its Ducklings', { ducklings: { ...POOL, read_write: { size: 'jumbo' as const } }, tokens: [token('a')] }],
    ['another token', { ducklings: POOL, tokens: [token('a'), token('new')] }],
    ['its deletion protection', { ducklings: POOL, tokens: [token('a')], protected: false }],
  ])('does the due work of an account where %s changed, and leaves the change alone', async (_what, one) => {
    const world = await later();
    const changed = desire({ one, two: { tokens: [token('b')] } });
    const { plan } = await world.apply(changed, { due: true });
    expect(brief(plan)).toEqual(['rotate_token one/a', 'rotate_token two/b']);
    expect(plan.protection).toEqual([]);
    expect(notices(plan, 'not_scheduled')).toMatchObject([{ account: 'one' }]);
    expect(notices(plan, 'due_left')).toEqual([]);
    expect(world.tokenNames('one')).toEqual(['a', 'a.2']);
  });

  it.each([
    ['the type of a token', [token('a', { type: 'read_scaling' })], ['a']],
    ['the ttl of a token', [token('a', { ttl: 30 * DAY })], ['a']],
    ['the store of a token', [token('a', { stores: ['other'] })], ['a']],
    ['a token that left', [], []],
  ])('leaves alone a token where %s changed, says so, and changes nothing of it', async (_what, tokens, due) => {
    const world = await later();
    const changed = desire({ one: { ducklings: POOL, tokens }, two: { tokens: [token('b')] } });
    const before = world.stateWriter.state.accounts.get('one');
    const { plan } = await world.apply(changed, { due: true });
    expect(brief(plan)).toEqual(['rotate_token two/b']);
    expect(notices(plan, 'not_scheduled')).toMatchObject([{ account: 'one' }]);
    expect(notices(plan, 'due_left')).toMatchObject(due.map((name) => ({ account: 'one', token: name })));
    expect(world.stateWriter.state.accounts.get('one')).toEqual({ ...before, id: expect.any(String) });
    expect(world.tokenNames('one')).toEqual(['a']);
  });

  it('is not refused for what Ducklings that are left alone would cost', async () => {
    const world = await later();
    const one = { ducklings: { ...POOL, read_write: { size: 'jumbo' as const } }, tokens: [token('a')] };
    const about = { computeRates: new Map([['jumbo', 4.8]] as const), guardrails: { maxComputeCeiling: 1 } };
    const two = { ducklings: { read_write: {}, read_scaling: { pool_size: 0 } }, tokens: [token('b')] };
    const live = await world.api.getDucklings('two');
    await world.api.setDucklings('two', {
      ...live,
      read_write: { instance_size: 'pulse' },
      read_scaling: { instance_size: 'pulse', flock_size: 0 },
    });
    const desired = desire({ one, two }, about);
    expect((await world.plan(desired)).violations).toHaveLength(1);
    const plan = await world.plan(desired, { due: true });
    expect(brief(plan)).toEqual(['rotate_token one/a', 'rotate_token two/b']);
    expect(plan.violations).toEqual([]);
    expect(plan.compute).toEqual({ before: 0, after: 0 });
  });

  it('is not refused where the ceiling is not known, since it changes no Ducklings', async () => {
    const world = await later();
    world.interfere = ({ url }) => (url.includes('/one/') ? new Response('{}', { status: 500 }) : undefined);
    const about = { computeRates: new Map([['jumbo', 4.8]] as const), guardrails: { maxComputeCeiling: 1 } };
    const desired = desire({ one: { tokens: [token('a')] }, two: { tokens: [token('b')] } }, about);
    const plan = await world.plan(desired, { due: true });
    expect([brief(plan), plan.violations]).toEqual([['rotate_token two/b'], []]);
  });

  it('makes, adopts and deletes nobody, and leaves a token that someone revoked to a person', async () => {
    const world = await later();
    await world.api.createUser('found');
    const gone = world.organization.inspect().accounts.find(({ username }) => username === 'two')?.tokens[0]?.id ?? '';
    await world.api.deleteToken('two', gone);
    const desired = desire({ found: {}, fresh: {}, two: { tokens: [token('b')] } });
    const plan = await world.plan(desired, { due: true, prune: true });
    expect(brief(plan)).toEqual([]);
    const skipped = plan.warnings.flatMap((warning) => (warning.kind === 'not_scheduled' ? [warning.account] : []));
    expect(skipped).toEqual(['found', 'fresh', 'two', 'one']);
  });
});
