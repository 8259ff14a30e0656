/** What is grouped in a plan, and what is not. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Action } from '../../src/model/action.ts';
import type { NextChange, Plan } from '../../src/model/plan.ts';
import { type AccountGroup, groupAccounts, groupNames, rangesText } from '../../src/report/plan/groups.ts';
import { groupIdentical } from '../../src/report/plan/markdown/changes.ts';
import { planText } from '../../src/report/plan/text.ts';
import { stepsOf } from '../steps.ts';
import { type AccountSketch, DAY, desire, token, World } from '../world.ts';
import { everything, large } from './plans.ts';

const [ONE] = (await large(1)).actions.filter(({ action }) => action === 'set_ducklings');

/** Accounts of a few kinds, in any order: the kind decides everything but the name and the line. */
const sketches = fc.uniqueArray(
  fc.record({ name: fc.stringMatching(/^[a-z]\w{0,5}$/), kind: fc.integer({ min: 1, max: 4 }), line: fc.nat(99) }),
  { selector: ({ name }) => name.toLowerCase(), maxLength: 30 },
);

function actionsOf(all: readonly { readonly name: string; readonly kind: number; readonly line: number }[]): Action[] {
  return all.flatMap(({ name, kind, line }): Action[] => [
    {
      ...{ action: 'create_account', account: name, risk: 'safe', location: { line }, before: null },
      reason: { kind: 'new' },
      after: { username: name, deletion_protection: true },
    },
    ...(ONE?.action === 'set_ducklings'
      ? [{ ...ONE, account: name, location: { line }, after: { ...ONE.after, read_scaling: { pool_size: kind } } }]
      : []),
    {
      ...{ action: 'run_setup', account: name, risk: 'safe', location: { line }, before: null },
      reason: { kind: 'new_account' },
      after: {
        statements: [`CREATE DATABASE "${name}_${kind}"`],
        new_statements: [`CREATE DATABASE "${name}_${kind}"`],
      },
    },
  ]);
}

const names = (groups: readonly AccountGroup[]) => groups.map(({ accounts }) => accounts);

it('shows every account in one group, in the order of the plan', () => {
  fc.assert(
    fc.property(sketches, (all) => {
      const groups = groupAccounts(actionsOf(all));
      const place = new Map(all.map(({ name }, at) => [name, at]));
      for (const group of [names(groups).flatMap(([first = '']) => first), ...names(groups)])
        expect(group).toEqual([...group].sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0)));
      expect(names(groups).flat().sort()).toEqual(all.map(({ name }) => name).sort());
    }),
  );
});

it('groups accounts of one kind, whatever their names and lines are, and no others', () => {
  fc.assert(
    fc.property(sketches, (all) => {
      const kinds = new Map(all.map(({ name, kind }) => [name, kind]));
      for (const group of names(groupAccounts(actionsOf(all))))
        expect(new Set(group.map((name) => kinds.get(name))).size).toBe(1);
      const long = all.map((one, at) => ({ ...one, name: `an_account_${at}_` }));
      expect(groupAccounts(actionsOf(long))).toHaveLength(new Set(all.map(({ kind }) => kind)).size);
    }),
  );
});

it('groups nothing that differs in one value', async () => {
  const plan = await everything();
  for (const action of plan.actions) {
    const copy = (account: string, change: (key: string, value: unknown) => unknown = (_, value) => value) =>
      JSON.parse(JSON.stringify(action), (key, value: unknown) =>
        key === 'account' || key === 'username' ? account : change(key, value),
      ) as Action;
    expect(groupAccounts([copy('one'), copy('two')])).toHaveLength(1);
    for (const shown of ['risk', 'name', 'type', 'ttl', 'size', 'pool_size', 'secret_store', 'policy', 'overlap']) {
      const other = copy('two', (key, value) =>
        key === shown && value !== null ? (key === 'size' ? 'mega' : `${String(value)}+`) : value,
      );
      const isThere = JSON.stringify(other) !== JSON.stringify(copy('two'));
      expect(groupAccounts([copy('one'), other]), `${action.action} ${shown}`).toHaveLength(isThere ? 2 : 1);
    }
  }
});

it('tells SQL of one account from that of another, and shows the name as it is configured', () => {
  const setup = (account: string, sql: string): Action => ({
    ...{ action: 'run_setup', account, risk: 'safe', before: null },
    location: { line: 1 },
    reason: { kind: 'unset' },
    after: { statements: [sql], new_statements: [sql] },
  });
  const [same] = groupAccounts([setup('a_1', 'USE "a_1"'), setup('a_2', 'USE "a_2"')]);
  expect(same?.sql).toEqual(['USE "{account}";']);
  expect(groupAccounts([setup('a_1', 'USE "a_1"'), setup('a_2', 'USE "a_1"')])).toHaveLength(2);
  expect(groupAccounts([setup('a_1', 'USE "{account}"'), setup('a_2', 'USE "a_2"')])).toHaveLength(2);
});

it('groups tokens that jitter spreads', async () => {
  const tenant = (earlier: number): AccountSketch => ({ tokens: [token('app', { earlier })] });
  const tenants = { t_one: tenant(3600), t_two: tenant(7200), t_three: tenant(DAY) };
  expect(groupAccounts((await new World().plan(desire(tenants))).actions)).toHaveLength(1);
});

it('writes a range only for names without a gap', () => {
  expect(rangesText(['t_001', 't_002', 't_003', 't_005', 'x', 't_9', 't_10'])).toBe(
    't_001 ... t_003, t_005, x, t_9, t_10',
  );
  expect(rangesText(['t_08', 't_9', 't_010'])).toBe('t_08, t_9, t_010');
  expect(rangesText(['a', 'b', 'c_1', 'c_2', 'c_3'], 2)).toBe('a, b and 3 more');
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 40 })), (numbers) => {
      const all = numbers.map((number) => `t${number}`);
      const back = rangesText(all)
        .split(', ')
        .filter((text) => text !== '')
        .flatMap((text) => {
          const [first = 0, last = first] = text.split(' ... ').map((name) => Number(name.slice(1)));
          return Array.from({ length: last - first + 1 }, (_, at) => `t${first + at}`);
        });
      expect(back).toEqual(all);
    }),
  );
});

it('names every account of which something is revoked', async () => {
  const world = new World();
  const tenants = (sketch: AccountSketch) =>
    desire(Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`t_${'x'.repeat(at + 1)}`, sketch])));
  await world.apply(tenants({ tokens: [token('app'), token('old', { ttl: 365 * DAY })] }));
  const plan = await world.plan(tenants({ tokens: [token('app')] }));
  const [group, ...others] = groupAccounts(plan.actions);
  expect(others).toEqual([]);
  expect(group && groupNames(group).names.split(', ')).toHaveLength(20);
});

it('lists all accounts of a text plan with --verbose', async () => {
  const plan = await large(30);
  const blocks = (text: string) => text.match(/^ {2}\+ .*/gm);
  expect(blocks(planText(plan))).toHaveLength(1);
  expect(planText(plan)).toContain('tenant_0 ... tenant_29 (30 accounts)');
  expect(blocks(planText(plan, undefined, undefined, { verbose: true }))).toHaveLength(30);
});

it('has one line for changes of deletion protection in one direction, which names all accounts', async () => {
  const accounts = ['t_1', 't_2', 't_3', 'x'];
  const protection = accounts.map((account) => ({ account, before: true, after: account === 'x' }));
  const plan = { ...(await large(1)), actions: [], protection };
  const lines = (verbose: boolean) => planText(plan, undefined, undefined, { verbose }).match(/^ {2}~ .*/gm);
  expect(lines(false)?.map((line) => line.split('  ')[1])).toEqual(['~ t_1 ... t_3 (3 accounts)', '~ x']);
  expect(lines(true)).toHaveLength(4);
});

it('takes steps in proportion to the number of accounts to write a plan', async () => {
  const plan = await large(1);
  const times = (count: number): Plan => {
    const all = Array.from({ length: count }, (_, at) =>
      plan.actions.map((action) => ({ ...action, account: `t_${at % 2}_${at}`, line: at })),
    );
    return { ...plan, actions: all.flat() };
  };
  const steps = (count: number) => {
    const plan = times(count);
    return stepsOf(() => planText(plan));
  };
  expect(steps(4000)).toBeLessThan(6 * steps(1000));
});

describe('the scheduled work of a plan', () => {
  const at = '2026-11-25T00:00:00.000Z';
  const change = (index: number, name: 'rotates' | 'is revoked', day: string): NextChange => ({
    ...{ account: `t_${index}`, token: 'app', name: 'app', change: name, at: `${day}T00:00:00.000Z` },
  });
  const next = [
    ...Array.from({ length: 20 }, (_, index) => change(index, 'is revoked', '2026-11-26')),
    ...['2026-12-01', '2026-12-02', '2026-12-03', '2026-12-04'].flatMap((day) =>
      Array.from({ length: 9 }, (_, index) => change(index, 'rotates', day)),
    ),
  ];
  let plan: Plan;
  beforeAll(async () => {
    plan = { ...(await large(1)), at, next };
  });

  it('is cut alike for revocations and rotations, and --verbose lists all', () => {
    const text = planText(plan);
    expect(text).toContain('t_0/app, t_1/app, t_2/app and 17 more are revoked');
    expect(text).toContain('and 18 more later (--verbose lists all)');
    expect(text).not.toContain('t_19');
    const all = planText(plan, undefined, undefined, { verbose: true });
    for (const { account, at: time } of next) expect(all).toMatch(new RegExp(`${time.slice(0, 10)}.*${account}/app`));
    expect(all).not.toContain('more');
  });
});

it('speaks of several deleted accounts in the plural', async () => {
  const world = new World();
  const leaving: AccountSketch = { protected: false, tokens: [token('app')] };
  await world.apply(desire({ globex: leaving, hooli: leaving }));
  const { actions } = await world.plan(desire({}), { prune: true });
  const numberOf = (text = '') => text.match(/\b(?:its|each)\b/)?.[0];
  const groups = (all: readonly Action[]) =>
    groupAccounts(all).map(({ accounts, actions: [first] }) => [accounts, numberOf(first?.reason)]);
  expect(groups(actions)).toEqual([[['globex', 'hooli'], 'each']]);
  expect(groups(actions.filter(({ account }) => account === 'hooli'))).toEqual([[['hooli'], 'its']]);
  const rows = groupIdentical(actions).map(({ accounts, why }) => [accounts, numberOf(why)]);
  expect(rows).toEqual([[['globex', 'hooli'], 'each']]);
});
