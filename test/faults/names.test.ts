/** A name at MotherDuck that a killed run left unsettled, and that the configuration then gives to another token. */
import { expect, it } from 'vitest';
import { brief, desire, token } from '../world.ts';
import { Fault } from './fault.ts';
import { FaultyWorld } from './faulty-world.ts';

it('is not taken for what the killed run made, when it is that of a token in use', async () => {
  const world = new FaultyWorld();
  await world.run(desire({ etl_prod: { tokens: [token('app', { name: 'shared' })] } }));
  // Killed while it makes "shared.2": whether MotherDuck made it is not known.
  world.fault = new Fault(async () => Response.error(), 'ever', 2);
  await world.run(desire({ etl_prod: { tokens: [token('app', { name: 'shared' })] } }), { rotate: () => true });
  expect(world.fault.hit).toBe('POST /v1/users/etl_prod/tokens');
  await world.restart();

  const renamed = desire({ etl_prod: { tokens: [token('app'), token('load', { name: 'shared' })] } });
  await world.run(renamed);
  const load = world.stateWriter.durable.accounts.get('etl_prod')?.tokens.get('load')?.current;
  expect(brief(await world.plan(renamed))).toEqual([]);
  await world.run(renamed);
  const live = world.organization.inspect().accounts.flatMap(({ tokens }) => tokens.map(({ id }) => id));
  expect(live).toContain(load?.id);
});
