/** `max_deletes` and `max_creates`: numbers, or percentages of the managed accounts. */
import { expect, it } from 'vitest';
import type { Desired, Guardrails } from '../../src/model/desired.ts';
import type { MakePlanOptions } from '../../src/plan/plan.ts';
import { desire, World } from '../world.ts';

const tenants = (from: number, count: number, guardrails: Partial<Guardrails> = {}) =>
  desire(
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`tenant_${from + index}`, { protected: false }])),
    { guardrails },
  );

/** The violations of a plan for `after`, with so many accounts managed. */
async function violations(managed: number, after: Desired, options: MakePlanOptions = {}) {
  const world = new World();
  if (managed > 0) await world.apply(tenants(0, managed));
  return (await world.plan(after, options)).violations;
}

it.each([
  ['20% of 5 is 1', 5, 1, { percent: 20 }, undefined],
  ['20% of 5 is 1', 5, 2, { percent: 20 }, 1],
  ['30% of 9 is rounded down to 2', 9, 2, { percent: 30 }, undefined],
  ['30% of 9 is rounded down to 2', 9, 3, { percent: 30 }, 2],
  ['10% of 9 is none', 9, 1, { percent: 10 }, 0],
  ['0% is none', 5, 1, { percent: 0 }, 0],
  ['100% is all', 5, 5, { percent: 100 }, undefined],
  ['29% of 100 is 29', 100, 29, { percent: 29 }, undefined],
  ['a number', 5, 2, 2, undefined],
  ['a number', 5, 3, 2, 2],
] as const)('max_deletes: %s (%i managed, %i leave)', async (_, managed, leave, limit, allowed) => {
  const found = await violations(managed, tenants(leave, managed - leave, { maxDeletes: limit }), { prune: true });
  const accounts = Array.from({ length: leave }, (_, index) => `tenant_${index}`);
  expect(found).toEqual(allowed === undefined ? [] : [{ kind: 'too_many_deletes', limit, allowed, accounts }]);
});

it.each([
  ['20% of 5 is 1', 5, 1, { percent: 20 }, undefined],
  ['20% of 5 is 1', 5, 2, { percent: 20 }, 1],
  ['20% of 6 is rounded up to 2', 6, 2, { percent: 20 }, undefined],
  ['20% of 6 is rounded up to 2', 6, 3, { percent: 20 }, 2],
  ['0% is none', 5, 1, { percent: 0 }, 0],
  ['100% is as many again', 2, 2, { percent: 100 }, undefined],
  ['100% is as many again', 2, 3, { percent: 100 }, 2],
  ['a percentage does not limit the first apply', 0, 30, { percent: 10 }, undefined],
  ['0% does not limit the first apply', 0, 1, { percent: 0 }, undefined],
  ['a number limits the first apply too', 0, 3, 2, 2],
  ['0 is none', 0, 1, 0, 0],
  ['there is no limit by default', 1, 99, undefined, undefined],
] as const)('max_creates: %s (%i managed, %i are new)', async (_, managed, added, limit, allowed) => {
  const after = tenants(0, managed + added, limit === undefined ? {} : { maxCreates: limit });
  const accounts = Array.from({ length: added }, (_, index) => `tenant_${managed + index}`);
  const refused = [{ kind: 'too_many_creates', limit, allowed, accounts }];
  expect(await violations(managed, after)).toEqual(allowed === undefined ? [] : refused);
});

it('max_creates counts neither adopted accounts nor those that --only leaves out', async () => {
  const world = new World();
  await world.api.createUser('tenant_0');
  const after = tenants(0, 4, { maxCreates: 1 });
  expect((await world.plan(after, { only: (name) => name <= 'tenant_1' })).violations).toEqual([]);
  expect((await world.plan(after)).violations).toMatchObject([
    { kind: 'too_many_creates', accounts: ['tenant_1', 'tenant_2', 'tenant_3'] },
  ]);
});
