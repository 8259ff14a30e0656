/** The progress of an apply. */
import { expect, it } from 'vitest';
import { countSteps } from '../../src/apply/apply.ts';
import { desire, token, World } from '../world.ts';

it('counts the actions, as the result does, and the accounts that are finished after them', async () => {
  const world = new World();
  const { stateWriter } = world;
  const accounts = (names: readonly string[]) =>
    desire(Object.fromEntries(names.map((name) => [name, { tokens: [token('app'), token('etl')], protected: false }])));
  // All are created, then one is deleted, then nothing is left to do.
  for (const [desired, expected] of [
    [accounts(['acme', 'globex', 'initech']), { actions: 9, accounts: 3 }],
    [accounts(['acme', 'globex']), { actions: 1, accounts: 1 }],
    [accounts(['acme', 'globex']), { actions: 0, accounts: 0 }],
  ] as const) {
    const options = { prune: true };
    const guardrails = { ...desired.guardrails, maxDeletes: 9 };
    const plan = await world.plan({ ...desired, guardrails }, options);
    const steps = countSteps({ plan, desired, stateWriter }, false);
    const seen = { actions: 0, accounts: 0 };
    const onEvent = ({ kind }: { readonly kind: string }) => {
      if (kind === 'end') seen.actions += 1;
      if (kind === 'account') seen.accounts += 1;
    };
    const { outcomes } = await world.apply({ ...desired, guardrails }, { ...options, onEvent });
    expect({ steps, seen }).toEqual({ steps: expected, seen: expected });
    expect(outcomes).toHaveLength(steps.actions);
  }
});

it('counts accounts whose tokens are accepted without a test where there is none', async () => {
  const world = new World();
  const desired = desire({ acme: { tokens: [token('app')] }, globex: { tokens: [token('app')], smoke: false } });
  await world.apply(desired);
  const plan = {
    ...(await world.plan(desired)),
    unverified: ['acme', 'globex'].map((account) => ({ account, token: 'app' })),
  };
  const count = (withSmoke: boolean) =>
    countSteps({ plan, desired, stateWriter: world.stateWriter }, withSmoke).accounts;
  expect([count(false), count(true)]).toEqual([2, 1]);
});
