/** The progress of an apply. */
import { expect, it } from 'vitest';
import { countSteps } from '../../src/apply/apply.ts';
import { desire, token, World } from '../world.ts';

it('counts every action and every account, so that it moves before the first account is done', async () => {
  const world = new World();
  const { stateWriter } = world;
  const accounts = (names: readonly string[]) =>
    desire(Object.fromEntries(names.map((name) => [name, { tokens: [token('app'), token('etl')], protected: false }])));
  // All are created, then one is deleted, then nothing is left to do.
  for (const [desired, expected] of [
    [accounts(['acme', 'globex', 'initech']), 12],
    [accounts(['acme', 'globex']), 2],
    [accounts(['acme', 'globex']), 0],
  ] as const) {
    const options = { prune: true };
    const guardrails = { ...desired.guardrails, maxDeletes: 9 };
    const plan = await world.plan({ ...desired, guardrails }, options);
    const steps = countSteps({ plan, desired, stateWriter });
    let seen = 0;
    const onEvent = ({ kind }: { readonly kind: string }) => {
      seen += kind === 'end' || kind === 'account' ? 1 : 0;
    };
    await world.apply({ ...desired, guardrails }, { ...options, onEvent });
    expect({ steps, seen }).toEqual({ steps: expected, seen: expected });
  }
});
