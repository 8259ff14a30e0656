/** The file of a saved plan. */
import { expect, it } from 'vitest';
import { isPlanFile, parsePlanFile, planFile, refuseStale } from '../../src/plan/plan-file.ts';
import { desire, token, World } from '../world.ts';

it('is known however it is written, and nothing else is', async () => {
  const world = new World();
  const desired = desire({ etl_prod: { tokens: [token('airflow')] } });
  const live = await world.live(desired);
  const plan = world.planOf(desired, live);
  const text = planFile({ desired, live, plan, stores: new Map() }, world.stateWriter.state, { prune: false });
  const compact = JSON.stringify(JSON.parse(text));
  expect(parsePlanFile(compact, 'today.plan')).toEqual(parsePlanFile(text, 'today.plan'));
  expect(
    [text, compact, text.replaceAll('\n', '\r\n'), '{"kind":"motherduck-accounts plan","version":1}'].map(isPlanFile),
  ).toEqual([true, true, true, true]);
  const other = ['', 'null', '[]', '{}', '"kind": "motherduck-accounts plan"', JSON.stringify({ notes: text })];
  expect(other.map(isPlanFile)).toEqual(other.map(() => false));
});

it('of a first plan is stale in another organization', async () => {
  const desired = desire({ etl_prod: { tokens: [token('airflow')] } });
  const read = async () => {
    const world = new World();
    const live = await world.live(desired);
    return { saved: { desired, live, plan: world.planOf(desired, live), stores: new Map() }, ...world.stateWriter };
  };
  const [one, other] = [await read(), await read()];
  const file = parsePlanFile(planFile(one.saved, one.state, { prune: false }), 'today.plan');
  expect(() => refuseStale(file, one.saved, one.state)).not.toThrow();
  expect(() => refuseStale(file, other.saved, other.state)).toThrow(
    expect.objectContaining({ code: 'PLAN_STALE', message: expect.stringContaining('the organization') }),
  );
});
