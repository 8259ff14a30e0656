/** A state is of one organization: plans for another one, or for one that lost many accounts, are refused. */
import { expect, it } from 'vitest';
import { planFrom } from '../../src/engine/planning.ts';
import type { Desired } from '../../src/model/desired.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { UserError } from '../../src/model/user-error.ts';
import { brief, desire, token, World } from '../world.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `tenant_${index}`);
const tenants = (count: number, differs: Parameters<typeof desire>[1] = {}): Desired =>
  desire(Object.fromEntries(names(count).map((name) => [name, { tokens: [token('app')] }])), differs);

async function planIn(world: World, desired: Desired, options: { allowMissing?: boolean; only?: string[] } = {}) {
  const { state } = world.stateWriter;
  const only = options.only;
  const live = await world.live(desired);
  const accounts = new Map([...live.accounts].filter(([name]) => only?.includes(name) ?? true));
  const service = { claims: [], isSandbox: true };
  return planFrom({ desired, live: { ...live, accounts }, state, service, stores: new Map(), ...options });
}

it.each([
  ['new', new World(), 7000],
  ['known', undefined, 6666],
])(
  'a plan is refused after which the state could not be read: too many tokens of a %s account',
  async (_, fresh, count) => {
    const of = (tokens: number) =>
      desire({ tenant: { tokens: Array.from({ length: tokens }, (_, n) => token(`app_${n}`)) } });
    const world = fresh ?? new World();
    if (fresh === undefined) await world.apply(of(3));
    expect(await refusal(planIn(world, of(count)))).toMatch(/^STATE_INVALID: .*20,000 tokens of tenant/);
  },
);

/** The error's code and message; the plan in short where there is none. */
async function refusal(planning: Promise<Plan>): Promise<string> {
  return planning.then(
    (plan) => brief(plan).join(),
    (error: UserError) => `${error.code}: ${error.message}`,
  );
}

async function applied(desired: Desired, deleted: number): Promise<World> {
  const world = new World();
  await world.apply(desired);
  for (const name of names(deleted)) await world.api.deleteUser(name);
  return world;
}

/** The state of one organization, and the API of another. */
async function elsewhere(desired: Desired, other = new World()): Promise<World> {
  const world = new World();
  await world.apply(desired);
  other.stateWriter = world.stateWriter;
  return other;
}

it('refuses another organization, also one with accounts of the same names', async () => {
  const desired = tenants(2);
  const other = await elsewhere(desired);
  expect(await refusal(planIn(other, desired))).toMatch(/^ORGANIZATION_DIFFERS: .*tenant_0, tenant_1/);
  expect(await refusal(planIn(other, desired, { only: ['tenant_0'] }))).toMatch(/^ORGANIZATION_DIFFERS/);
  expect(await refusal(planIn(other, desired, { allowMissing: true }))).toMatch(/^create_account tenant_0/);
  await other.api.createUser('tenant_0');
  await other.api.createUser('tenant_1');
  expect(await refusal(planIn(other, desired))).toMatch(/^ORGANIZATION_DIFFERS/);
});

it('refuses another organization whose users cannot be listed', async () => {
  const desired = tenants(2);
  const other = await elsewhere(desired, new World({ users_list: 'forbidden' }));
  expect(await refusal(planIn(other, desired))).toMatch(/^ORGANIZATION_DIFFERS/);
});

it.each([
  ['by default none below ten accounts', 9, 8, undefined, true],
  ['by default 30% once there are ten', 10, 3, undefined, true],
  ['by default 30% once there are ten', 10, 4, undefined, false],
  ['a number', 5, 2, 2, true],
  ['a number', 5, 3, 2, false],
  ['a percentage', 5, 1, { percent: 20 }, true],
  ['a percentage', 5, 2, { percent: 20 }, false],
] as const)(
  'allows that accounts are missing, %s: %i managed, %i missing',
  async (_, managed, missing, limit, allowed) => {
    const desired = tenants(managed, limit === undefined ? {} : { guardrails: { maxMissing: limit } });
    const world = await applied(desired, missing);
    const found = await refusal(planIn(world, desired));
    expect(found).toMatch(allowed ? /^create_account tenant_0/ : /^MANY_MISSING: .*tenant_0, tenant_1/);
    expect(await refusal(planIn(world, desired, { allowMissing: true }))).toMatch(/^create_account tenant_0/);
  },
);

it('counts accounts that --only leaves out', async () => {
  const desired = tenants(10);
  const world = await applied(desired, 4);
  expect(await refusal(planIn(world, desired, { only: ['tenant_9'] }))).toMatch(/^MANY_MISSING/);
});

it('does not count what could not be read, nor what a run has begun to create or to delete', async () => {
  const desired = tenants(2);
  const world = await applied(desired, 0);
  world.interfere = ({ url }) => (url.includes('tenant_') ? new Response('<html>', { status: 502 }) : undefined);
  expect(await refusal(planIn(world, desired))).toBe('');
  world.interfere = undefined;
  await world.api.deleteUser('tenant_0');
  await world.api.deleteUser('tenant_1');
  await world.stateWriter.update((state) => {
    const intent = { action: 'delete_account', at: '2026-11-24T12:00:00.000Z' } as const;
    return { ...state, accounts: new Map([...state.accounts].map(([key, account]) => [key, { ...account, intent }])) };
  });
  expect(await refusal(planIn(world, desire({})))).toBe('forget tenant_0,forget tenant_1');
});

it('after an apply elsewhere that was meant, the state is of the new organization', async () => {
  const desired = tenants(2);
  const other = await elsewhere(desired);
  await other.stateWriter.update((state) => ({ ...state, organization_id: 'o-1' }));
  await other.apply(desired);
  expect(other.stateWriter.state.organization_id).toBeUndefined();
  expect(await refusal(planIn(other, desired))).toBe('');
});
