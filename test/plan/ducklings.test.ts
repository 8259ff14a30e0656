/** What is sent to MotherDuck for Ducklings: both parts, with the live values of what the configuration leaves out. */
import { expect, it } from 'vitest';
import { ducklingChanges, mergeDucklings } from '../../src/plan/ducklings.ts';
import { desire, World } from '../world.ts';

const live = {
  read_write: { size: 'pulse', cooldown: 1 },
  read_scaling: { size: 'standard', pool_size: 4, cooldown: 300 },
} as const;

it('never sends the fixed cooldown that MotherDuck reports for Pulse', () => {
  const larger = mergeDucklings({ read_write: { size: 'standard' }, read_scaling: { size: 'pulse' } }, live);
  expect(larger).toEqual({ read_write: { size: 'standard' }, read_scaling: { size: 'pulse', pool_size: 4 } });
  expect(mergeDucklings({ read_write: {}, read_scaling: {} }, live).read_write).toEqual({ size: 'pulse' });
  expect(ducklingChanges({ read_write: { size: 'pulse', cooldown: 60 }, read_scaling: {} }, live)).toEqual([]);
});

it('keeps a live cooldown while sizes that take one change', () => {
  const merged = mergeDucklings({ read_write: {}, read_scaling: { size: 'jumbo' } }, live);
  expect(merged.read_scaling).toEqual({ size: 'jumbo', pool_size: 4, cooldown: 300 });
});

it('can leave Pulse where MotherDuck reports its cooldown', async () => {
  const world = new World();
  const pool = { size: 'pulse', pool_size: 2 } as const;
  await world.apply(desire({ etl_prod: { ducklings: { read_write: { size: 'pulse' }, read_scaling: pool } } }));
  world.interfere = async (request) => {
    if (request.method !== 'GET' || !request.url.endsWith('/instances')) return undefined;
    const text = await (await world.organization.handle(request)).text();
    return new Response(text.replaceAll('"pulse"', '"pulse","cooldown_seconds":1'), {
      headers: { 'content-type': 'application/json' },
    });
  };
  const standard = desire({ etl_prod: { ducklings: { read_write: { size: 'standard' }, read_scaling: pool } } });
  expect((await world.apply(standard)).outcomes.map(({ result }) => result)).toEqual(['done']);
});
