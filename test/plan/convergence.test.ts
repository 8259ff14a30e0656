/** For any configuration, organization and state: applying the plan, then planning again, gives an empty plan, and applying that writes nothing. */
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { hasChanges } from '../../src/plan/summary.ts';
import { brief, World } from '../world.ts';
import { configuration, outsideChange } from './arbitraries.ts';

// On a busy machine, a second may end between an apply and the plan after it, and with it what waited for that second.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

it('converges in one apply, whatever was configured and whatever happened meanwhile', async () => {
  const rounds = fc.array(
    fc.record({ configuration, changes: fc.array(outsideChange, { maxLength: 5 }), prune: fc.boolean() }),
    {
      minLength: 1,
      maxLength: 4,
    },
  );
  await fc.assert(
    fc.asyncProperty(rounds, async (all) => {
      const world = new World();
      for (const { configuration: desired, changes, prune } of all) {
        for (const change of changes) await change(world);
        const before = world.organization.inspect();
        const { outcomes, plan } = await world.apply(desired, { prune });
        // Protected accounts may not be pruned; a plan that is refused is not applied by the command.
        expect(outcomes.filter((outcome) => outcome.result !== 'done')).toEqual([]);
        const { accounts } = world.stateWriter.state;
        const again = await world.apply(desired, { prune });
        expect([brief(again.plan), hasChanges(again.plan)]).toEqual([[], false]);
        expect(world.stateWriter.state.accounts).toBe(accounts);
        for (const name of plan.unmanaged.accounts ?? []) {
          const find = (accounts: typeof before.accounts) => accounts.find((each) => each.username === name);
          expect(find(world.organization.inspect().accounts)).toEqual(find(before.accounts));
        }
        for (const { id } of plan.unmanaged.tokens) {
          const ids = world.organization.inspect().accounts.flatMap((each) => each.tokens.map((token) => token.id));
          expect(ids).toContain(id);
        }
      }
    }),
    { numRuns: 150 },
  );
});
