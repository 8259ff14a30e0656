/** Thousands of tokens of one account: a hostile state or configuration must not keep a command busy for minutes. */
import { expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import type { StateToken } from '../../src/model/state.ts';
import { isoTime } from '../../src/model/time.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { planHtml } from '../../src/report/plan/html.ts';
import { planMarkdown } from '../../src/report/plan/markdown.ts';
import { planText } from '../../src/report/plan/text.ts';
import { DAY, desire, token } from '../world.ts';

const NOW = Date.parse('2027-01-01T00:00:00Z');
const NONE = new Map<string, StateToken>();
const MANY = Array.from({ length: 20_000 }, (_, n) => `t${n}`);

function planOf(keys: readonly string[], tokens: ReadonlyMap<string, StateToken>, live: readonly string[] = []): Plan {
  const account = {
    username: 'etl',
    origin: 'created' as const,
    since: isoTime(NOW),
    deletion_protection: true,
    tokens,
  };
  const found = live.map((name) => ({
    id: `id-${name}`,
    name,
    type: 'read_write' as const,
    createdAt: NOW - 80 * DAY * 1000,
    expiresAt: NOW + 5 * DAY * 1000,
  }));
  return makePlan(
    desire({ etl: { tokens: keys.map((key) => token(key)) } }),
    {
      now: NOW,
      users: { listed: true, complete: true, all: [] },
      accounts: new Map([['etl', { presence: 'present', value: { username: 'etl', tokens: found } }]]),
    },
    {
      organization: 'acme',
      sandbox: true,
      lineage: 'l',
      serial: 1,
      runs: [],
      accounts: new Map(tokens.size === 0 ? [] : [['etl', account]]),
    },
  );
}

function seconds(act: () => unknown): number {
  const started = performance.now();
  act();
  return (performance.now() - started) / 1000;
}

function expectQuickReports(plan: Plan) {
  for (const report of [planText, planHtml, planMarkdown]) expect(seconds(() => report(plan))).toBeLessThan(8);
}

it('plans and reports 20,000 keys of a state that no configuration has within seconds', { timeout: 60_000 }, () => {
  const state = new Map(MANY.map((key) => [key, { generation: 0, retiring: [], intents: [] }]));
  let plan: Plan | undefined;
  expect(
    seconds(() => {
      plan = planOf([], state);
    }),
  ).toBeLessThan(8);
  expect(plan?.actions).toHaveLength(MANY.length);
  expectQuickReports(plan as Plan);
});

it('plans and reports 20,000 new tokens of one account within seconds', { timeout: 60_000 }, () => {
  const plan = planOf(MANY, NONE);
  expect(plan.actions).toHaveLength(MANY.length + 1);
  expectQuickReports(plan);
});

it('reports 2,000 rotations of one account within seconds', { timeout: 60_000 }, () => {
  const some = MANY.slice(0, 2000);
  const plan = planOf(some, NONE, some);
  expect(plan.actions.length).toBeGreaterThan(some.length);
  expectQuickReports(plan);
});
