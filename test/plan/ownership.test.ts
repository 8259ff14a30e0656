/** What this program did not certainly create or adopt is never deleted. */
import { expect, it } from 'vitest';
import { hintText } from '../../src/report/hint.ts';
import { errorText } from '../../src/wording/plan-errors.ts';
import { expectGolden } from '../golden/golden.ts';
import { brief, desire, token, World } from '../world.ts';

const bob = desire({ bob: { tokens: [token('load')], protected: false } });
const nobody = desire({}, { guardrails: { maxDeletes: 9 } });
const isThere = (world: World) => world.tokenNames('bob') !== undefined;

/** A world in which `POST /v1/users` was answered with a 502 and made nothing. */
async function worldOfLostAnswer(): Promise<World> {
  const world = new World();
  world.interfere = ({ method, url }) =>
    method === 'POST' && url.endsWith('/v1/users') ? new Response('<html>', { status: 502 }) : undefined;
  await world.apply(bob);
  world.interfere = undefined;
  expect(world.stateWriter.state.accounts.get('bob')?.intent?.action).toBe('create_account');
  expect(isThere(world)).toBe(false);
  return world;
}

/** Somebody deletes bob by hand and creates another one. */
async function replace(world: World): Promise<void> {
  await world.api.deleteUser('bob');
  await world.api.createUser('bob');
}

it.each([
  ['with an apply', {}],
  ['with --prune', { prune: true }],
  ['with destroy', { prune: true, because: 'destroyed' }],
] as const)('an account of the name of a creation that was never confirmed is forgotten %s', async (_, how) => {
  const world = await worldOfLostAnswer();
  await world.api.createUser('bob');
  const { plan } = await world.apply(nobody, how);
  expect(plan.actions).toMatchObject([{ action: 'forget', account: 'bob', reason: { kind: 'unconfirmed' } }]);
  expect(plan.errors).toEqual([]);
  expect(isThere(world)).toBe(true);
  expect(world.stateWriter.state.accounts.size).toBe(0);
  const again = await world.plan(nobody, how);
  expect(again.actions).toEqual([]);
  expect(again.unmanaged.accounts).toEqual(['bob']);
});

it('while it is configured, it is adopted with its id', async () => {
  const world = await worldOfLostAnswer();
  await world.api.createUser('bob');
  expect(brief((await world.apply(bob)).plan)).toEqual(['adopt_account bob', 'create_token bob/load']);
  expect(world.stateWriter.state.accounts.get('bob')).toMatchObject({ id: expect.any(String) });
});

it('an account that is created and removed at once can be pruned', async () => {
  const world = new World();
  await world.apply(bob);
  expect(world.stateWriter.state.accounts.get('bob')?.id).toBeDefined();
  await world.apply(nobody, { prune: true });
  expect(isThere(world)).toBe(false);
});

it('an account that the state has no id of is not deleted', async () => {
  const world = new World();
  await world.apply(bob);
  await world.stateWriter.update((state) => {
    const { id: _, ...account } = state.accounts.get('bob') ?? expect.fail();
    return { ...state, accounts: new Map([['bob', account]]) };
  });
  const { plan } = await world.apply(nobody, { prune: true });
  expect(plan.actions).toEqual([]);
  expect(plan.errors).toEqual([{ kind: 'unidentified', account: 'bob', listed: true, recognized: true }]);
  expect(isThere(world)).toBe(true);
  await world.apply(bob);
  await world.apply(nobody, { prune: true });
  expect(isThere(world)).toBe(false);
});

it.each([{}, { because: 'destroyed' }] as const)(
  'no hint leads to the deletion of one without its tokens: %o',
  async (how) => {
    const world = new World();
    await world.apply(bob);
    await replace(world);
    await world.stateWriter.update((state) => {
      const { id: _, ...account } = state.accounts.get('bob') ?? expect.fail();
      return { ...state, accounts: new Map([['bob', account]]) };
    });
    const { plan } = await world.apply(nobody, { prune: true, ...how });
    const [error] = plan.errors;
    expect(error).toMatchObject({ kind: 'unidentified', account: 'bob', listed: true });
    expect(error && errorText(error).hint.command).toEqual(['state', 'forget', 'bob']);
    expect(isThere(world)).toBe(true);
  },
);

it.each([
  ['an incomplete list of users', 2],
  ['a list of as many users as MotherDuck counts', 1],
])('an account that %s lacks is not deleted, and the advice is to plan again', async (_name, total_count) => {
  const world = new World();
  await world.apply(bob);
  const admin = { id: 'u-1', username: 'ann', is_service_account: false, is_deprovisioned: false, roles: ['admin'] };
  world.interfere = async ({ url, method }) => {
    const isList = method === 'GET' && new URL(url).pathname === '/v1/users';
    return isList ? Response.json({ users: [admin], total_count }) : undefined;
  };
  const plan = await world.plan(nobody, { prune: true });
  expect(plan.actions).toEqual([]);
  expect(plan.errors).toMatchObject([{ kind: 'unidentified', account: 'bob', listed: false, incomplete: true }]);
  const [error = expect.unreachable()] = plan.errors;
  const { code, message, hint } = errorText(error);
  expectGolden('errors', 'an account that the list of users lacks', `${code}: ${message}\n  ${hintText(hint)}`);
});

it('an account that was replaced by hand is adopted while it is configured, and the plan says so', async () => {
  const world = new World();
  await world.apply(bob);
  await replace(world);
  const { plan } = await world.apply(bob);
  expect(plan.actions).toMatchObject([
    { action: 'adopt_account', account: 'bob', reason: { kind: 'replaced_outside' } },
    { action: 'create_token', after: { name: 'load.2' } },
  ]);
  expect(world.stateWriter.state.accounts.get('bob')).toMatchObject({ origin: 'adopted' });
  expect(brief(await world.plan(bob))).toEqual([]);
});

it('an account that was replaced by hand and left the configuration is forgotten', async () => {
  const world = new World();
  await world.apply(bob);
  await replace(world);
  expect(brief((await world.apply(nobody, { prune: true })).plan)).toEqual(['forget bob']);
  expect(isThere(world)).toBe(true);
});

it('an account that is replaced between the plan and its deletion is kept', async () => {
  const world = new World();
  await world.apply(bob);
  let lists = 0;
  world.interfere = async ({ method, url }) => {
    // The plan is the first list, the live readings of apply the second.
    if (method === 'GET' && url.includes('/v1/users?')) lists += 1;
    if (lists === 3) {
      lists += 1;
      await replace(world);
    }
    return undefined;
  };
  const { outcomes } = await world.apply(nobody, { prune: true });
  expect(outcomes).toMatchObject([{ result: 'failed', error: { code: 'PLAN_STALE' } }]);
  expect(isThere(world)).toBe(true);
  expect(brief(await world.plan(nobody, { prune: true }))).toEqual(['forget bob']);
});
