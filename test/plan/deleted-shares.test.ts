/** A deletion names what the account's setup created, and which accounts attach a share of that name. */
import { expect, it } from 'vitest';
import type { DesiredAccount } from '../../src/model/desired.ts';
import type { Plan } from '../../src/model/plan.ts';
import { reasonText } from '../../src/wording/reasons.ts';
import { desire, World } from '../world.ts';

const ETL = { protected: false, setup: ['CREATE DATABASE etl', 'CREATE SHARE reporting FROM etl'] };
const READER = { setup: ['SELECT 1', "ATTACH 'md:_share/reporting/0f4c' AS r"] };
const OTHER = { setup: ["ATTACH 'md:_share/sales/0f4c'"] };

const setUp = (account: DesiredAccount) => Promise.resolve({ done: account.setup?.length ?? 0 });
const warned = ({ warnings }: Plan) => warnings.filter(({ kind }) => kind === 'share_deleted');
const deletion = ({ actions }: Plan) => actions.find(({ action }) => action === 'delete_account');

it('is said of every account that stays, by the lines of their setup', async () => {
  const world = new World();
  await world.apply(desire({ etl: ETL, tenant_b: READER, tenant_c: OTHER }), { setUp });
  expect(world.stateWriter.state.accounts.get('etl')?.setup?.created).toEqual({
    databases: ['etl'],
    shares: [{ name: 'reporting', database: 'etl' }],
  });
  expect(world.stateWriter.state.accounts.get('tenant_b')?.setup).not.toHaveProperty('created');
  const after = desire({ tenant_b: READER, tenant_c: OTHER });
  const plan = await world.plan(after, { prune: true });
  expect(warned(plan)).toEqual([
    {
      kind: 'share_deleted',
      account: 'etl',
      share: 'reporting',
      attached: [{ account: 'tenant_b', location: { line: 7 } }],
    },
  ]);
  const action = deletion(plan);
  expect(action && reasonText(action)).toContain('the database etl and the share reporting');
  expect(warned(await world.plan(after))).toEqual([]);
});

it('is said in a destruction of what it leaves, and of nothing else', async () => {
  const world = new World();
  const configured = desire({ etl: ETL, tenant_b: READER });
  await world.apply(configured, { setUp });
  const destruction = { prune: true, because: 'destroyed', configured: configured.accounts } as const;
  const none = { ...configured, accounts: new Map() };
  expect(warned(await world.plan(none, destruction))).toEqual([]);
  const only = (username: string) => username === 'etl';
  expect(warned(await world.plan(none, { ...destruction, only }))).toHaveLength(1);
});

it('is not said of an account whose setup created no share', async () => {
  const world = new World();
  await world.apply(desire({ etl: { protected: false }, tenant_b: READER }), { setUp });
  const plan = await world.plan(desire({ tenant_b: READER }), { prune: true });
  expect(deletion(plan)?.before).not.toHaveProperty('created');
  expect(warned(plan)).toEqual([]);
});
