/** The key of an account was changed: MotherDuck renames none, so the plan says that another one is created. */
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { type AccountSketch, desire, token, World } from '../world.ts';

const ETL: AccountSketch = { tokens: [token('airflow'), token('bi', { type: 'read_scaling' })] };
const TENANT: AccountSketch = { tokens: [token('app')] };

const notRenamed = ({ warnings }: Plan) => warnings.filter(({ kind }) => kind === 'not_renamed');

async function planned(before: Record<string, AccountSketch>, after: Record<string, AccountSketch>, prune = false) {
  const world = new World();
  await world.apply(desire(before));
  return notRenamed(await world.plan(desire(after), { prune }));
}

describe('a new account with the tokens of one that left the configuration', () => {
  const both = { kind: 'not_renamed', account: 'loads', before: 'etl', tokens: ['airflow', 'bi'] };

  it('is no renaming of it', async () => {
    expect(await planned({ etl: ETL }, { loads: ETL })).toEqual([both]);
    expect(await planned({ etl: ETL }, { loads: ETL }, true)).toEqual([{ ...both, deleted: true }]);
    expect(await planned({ etl: ETL, other: TENANT }, { loads: ETL, another: TENANT, third: {} })).toEqual([
      both,
      { kind: 'not_renamed', account: 'another', before: 'other', tokens: ['app'] },
    ]);
  });

  it('is said of nothing that may be something else', async () => {
    const none: Record<string, AccountSketch>[][] = [
      [{ etl: ETL }, { etl: ETL, loads: ETL }],
      [{ etl: ETL }, { loads: TENANT }],
      [{ etl: ETL }, { loads: { tokens: [token('airflow'), token('bi')] } }],
      [{ etl: {} }, { loads: {} }],
      [{ a: TENANT, b: TENANT }, { c: TENANT }],
      [{ a: TENANT }, { b: TENANT, c: TENANT }],
    ];
    for (const [before = {}, after = {}] of none) expect(await planned(before, after)).toEqual([]);
  });

  it('is said once: its creation ends it', async () => {
    const world = new World();
    await world.apply(desire({ etl: ETL }));
    await world.apply(desire({ loads: ETL }));
    expect(notRenamed(await world.plan(desire({ loads: ETL })))).toEqual([]);
    await world.api.deleteUser('loads');
    expect(notRenamed(await world.plan(desire({ loads: ETL })))).toEqual([]);
  });
});
