import { expect, it } from 'vitest';
import { shareOfJitter } from '../../src/model/rotation-due.ts';
import { reasonText } from '../../src/wording/reasons.ts';
import { sharedReasonText } from '../../src/wording/shared-reasons.ts';
import { DAY, desire, token, World } from '../world.ts';

const NAMES = Array.from({ length: 30 }, (_, index) => `tenant_${index}`);
/** Tokens of 90 days that rotate at 14, and up to `jitter` earlier. */
const tenants = (jitter: number, overlap = DAY) =>
  desire(
    Object.fromEntries(
      NAMES.map((name) => [name, { tokens: [token('app', { earlier: shareOfJitter(jitter, name, 'app'), overlap })] }]),
    ),
  );

it('spreads the rotations of tokens that were created together, and plans say when each is due', async () => {
  const world = new World();
  const spread = tenants(6 * DAY);
  await world.apply(spread);
  const { next } = await world.plan(spread);
  const days = new Map<string, number>();
  for (const { at } of next) days.set(at.slice(0, 10), (days.get(at.slice(0, 10)) ?? 0) + 1);
  expect(days.size).toBeGreaterThan(4);

  await world.organization.advance(70 * DAY - 60);
  const rotated: string[] = [];
  for (let night = 0; night <= 6; night += 1) {
    const { plan } = await world.apply(spread, { due: true });
    rotated.push(...plan.actions.flatMap(({ action, account }) => (action === 'rotate_token' ? [account] : [])));
    for (const action of plan.actions) {
      if (action.action !== 'rotate_token') continue;
      const due = next.find(({ account }) => account === action.account)?.at ?? '';
      expect(Date.parse(due)).toBeLessThanOrEqual(world.organization.now());
      expect(reasonText(action)).toMatch(/, policy pipeline rotates at 14 days and \d+ (day|hour)s? of jitter$/);
      expect(sharedReasonText(action)).toBe('due: policy pipeline rotates at 14 days, or earlier by its jitter');
    }
    expect((await world.plan(spread, { due: true })).actions).toEqual([]);
    await world.organization.advance(DAY);
  }
  expect(rotated.sort()).toEqual([...NAMES].sort());
});

it('is an earlier rotation for programs when a policy gets one, which plans warn of until it is applied', async () => {
  const world = new World();
  await world.apply(tenants(0, 0));
  const kinds = async () => new Set((await world.plan(tenants(75 * DAY, 0))).warnings.map(({ kind }) => kind));
  expect(await kinds()).toContain('policy_hastened');
  await world.organization.advance(10 * DAY);
  const { plan } = await world.apply(tenants(75 * DAY, 0), { due: true });
  expect(plan.actions).toEqual([]);
  expect(plan.warnings.map(({ kind }) => kind)).toContain('due_left');
  await world.apply(tenants(75 * DAY, 0));
  expect(await kinds()).not.toContain('policy_hastened');
});
