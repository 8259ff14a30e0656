/** The guard over every import: it compares the plan before and the plan after. */
import { describe, expect, it } from 'vitest';
import { obstacles } from '../../src/import/adoption-check.ts';
import type { Import } from '../../src/model/import.ts';
import type { Plan } from '../../src/model/plan.ts';
import { obstacleText } from '../../src/report/import/text.ts';
import { expectGolden } from '../golden/golden.ts';
import { DAY, desire, token, World } from '../world.ts';

const NONE = { accounts: new Set<string>(), tokens: new Map<string, string>() };

function texts(before: Plan, after: Plan, adopts: Import['adopts']): string[] {
  return obstacles(before, after, adopts).map(obstacleText);
}

async function plans(
  before: Parameters<typeof desire>[0],
  after: Parameters<typeof desire>[0],
): Promise<[Plan, Plan, World]> {
  const world = new World();
  await world.api.createUser('etl_prod');
  await world.api.createToken('etl_prod', { name: 'airflow', ttl: 90 * DAY });
  return [await world.plan(desire(before)), await world.plan(desire(after)), world];
}

function idOf(world: World): string {
  return world.organization.inspect().accounts.find(({ username }) => username === 'etl_prod')?.tokens[0]?.id ?? '';
}

describe('an import', () => {
  it('may adopt what it says, whatever else was planned before', async () => {
    const other = { other: { tokens: [token('app')] } };
    const [before, after, world] = await plans(other, { ...other, etl_prod: { tokens: [token('airflow')] } });
    const adopts = { accounts: new Set(['etl_prod']), tokens: new Map([['etl_prod/airflow', idOf(world)]]) };
    expect(before.actions).not.toEqual([]);
    expect(texts(before, after, adopts)).toEqual([]);
  });

  it('must adopt that very token', async () => {
    const [before, after] = await plans({}, { etl_prod: { tokens: [token('airflow')] } });
    const adopts = { accounts: new Set(['etl_prod']), tokens: new Map([['etl_prod/airflow', 'another']]) };
    expect(texts(before, after, adopts)).toEqual([
      expect.stringMatching(/^adopt token etl_prod\/airflow, .*"airflow"/),
    ]);
  });

  it('must not rotate, create or change anything', async () => {
    const due = token('airflow', { rotateBefore: 91 * DAY });
    const ducklings = { read_write: { size: 'jumbo' }, read_scaling: {} } as const;
    const [before, after, world] = await plans({}, { etl_prod: { ducklings, tokens: [due, token('dbt')] } });
    const adopts = { accounts: new Set(['etl_prod']), tokens: new Map([['etl_prod/airflow', idOf(world)]]) };
    expect(texts(before, after, adopts).map((line) => line.split(', since')[0])).toEqual([
      'set ducklings etl_prod',
      'rotate token etl_prod/airflow',
      'create token etl_prod/dbt',
    ]);
  });

  it('must adopt all that it says, and keep what was planned before', async () => {
    const [before, after] = await plans({ planned: {} }, {});
    const adopts = { accounts: new Set(['etl_prod']), tokens: new Map([['etl_prod/airflow', 'id']]) };
    const lines = texts(before, after, adopts);
    expect(lines).toEqual([
      expect.stringMatching(/^create account planned /),
      expect.stringMatching(/^etl_prod /),
      expect.stringMatching(/^etl_prod\/airflow /),
    ]);
    expectGolden('warnings', 'must adopt all that it says', lines.join('\n'));
  });

  it('must not bring an error', async () => {
    const [before, after, world] = await plans({}, { etl_prod: {} });
    await world.organization.deprovision('etl_prod');
    const broken = await world.plan(desire({ etl_prod: {} }));
    expect(texts(before, broken, NONE)).toEqual([expect.stringMatching(/^"etl_prod" /)]);
    expect(texts(broken, broken, NONE)).toEqual([]);
    expect(texts(before, after, NONE)).toHaveLength(1);
  });
});
