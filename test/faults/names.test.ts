/** A name at MotherDuck that a killed run left unsettled, and that the configuration then gives to another token. */
import { expect, it } from 'vitest';
import { brief, desire, token } from '../world.ts';
import { Site } from './site.ts';
import { Trouble } from './trouble.ts';

it('is not taken for what the killed run made, when it is that of a token in use', async () => {
  const site = new Site();
  await site.run(desire({ etl_prod: { tokens: [token('app', { name: 'shared' })] } }));
  // Killed while it makes "shared.2": whether MotherDuck made it is not known.
  site.trouble = new Trouble(async () => Response.error(), 'ever', 2);
  await site.run(desire({ etl_prod: { tokens: [token('app', { name: 'shared' })] } }), { rotate: () => true });
  expect(site.trouble.struck).toBe('POST /v1/users/etl_prod/tokens');
  await site.restart();

  const renamed = desire({ etl_prod: { tokens: [token('app'), token('load', { name: 'shared' })] } });
  await site.run(renamed);
  const load = site.stateWriter.durable.accounts.get('etl_prod')?.tokens.get('load')?.current;
  expect(brief(await site.plan(renamed))).toEqual([]);
  await site.run(renamed);
  const live = site.organization.inspect().accounts.flatMap(({ tokens }) => tokens.map(({ id }) => id));
  expect(live).toContain(load?.id);
});
