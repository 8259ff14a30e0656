/** Thousands of tokens of one account: a hostile state or configuration must not keep a command busy for minutes. */
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import type { StateToken, TokenRecord } from '../../src/model/state.ts';
import { isoTime } from '../../src/model/time.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { planHtml } from '../../src/report/plan/html.ts';
import { planMarkdown } from '../../src/report/plan/markdown.ts';
import { planText } from '../../src/report/plan/text.ts';
import { counted, growth, type Reads } from '../counted.ts';
import { DAY, desire, token } from '../world.ts';

const NOW = Date.parse('2027-01-01T00:00:00Z');
const NONE = new Map<string, StateToken>();
/** Linear work takes 4 times as many reads for 4 times as much, quadratic work 16 times. */
const MAX_GROWTH = 6;

interface Case {
  readonly keys: readonly string[];
  readonly tokens: ReadonlyMap<string, StateToken>;
  readonly live: readonly string[];
  readonly due?: boolean;
}

const ROTATED = 'live tokens that become managed, and are due';

const names = (count: number) => Array.from({ length: count }, (_, n) => `t${n}`);

const managed = (count: number) =>
  new Map(
    names(count).map((key): [string, StateToken] => [
      key,
      { generation: 1, current: record(key), retiring: [], intents: [] },
    ]),
  );

/** As `planOf` makes it live. */
function record(name: string): TokenRecord {
  const created_at = isoTime(NOW - 80 * DAY * 1000);
  const expires_at = isoTime(NOW + 5 * DAY * 1000);
  return { id: `id-${name}`, name, generation: 1, type: 'read_write', created_at, expires_at, secret: 'unknown' };
}

const CASES: Readonly<Record<string, (count: number) => Case>> = {
  'keys of a state that no configuration has': (count) => ({
    keys: [],
    tokens: new Map(names(count).map((key) => [key, { generation: 0, retiring: [], intents: [] }])),
    live: [],
  }),
  'new tokens': (count) => ({ keys: names(count), tokens: NONE, live: [] }),
  [ROTATED]: (count) => ({ keys: names(count), tokens: NONE, live: names(count) }),
  'managed tokens, which are due': (count) => ({
    keys: names(count),
    tokens: managed(count),
    live: names(count),
    due: true,
  }),
  'managed tokens, whose keys left the configuration': (count) => ({
    keys: [],
    tokens: managed(count),
    live: names(count),
  }),
  'managed tokens, whose keys were renamed': (count) => ({
    keys: names(count).map((name) => `${name}x`),
    tokens: managed(count),
    live: names(count),
  }),
  'unmanaged tokens': (count) => ({ keys: [], tokens: NONE, live: names(count) }),
};

function planOf({ keys, tokens, live, due = false }: Case, reads: Reads = { count: 0 }): Plan {
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
    counted(desire({ etl: { tokens: keys.map((key) => token(key)) } }), reads),
    counted(
      {
        now: NOW,
        users: { listed: true as const, complete: true, all: [] },
        accounts: new Map([['etl', { presence: 'present' as const, value: { username: 'etl', tokens: found } }]]),
      },
      reads,
    ),
    counted(
      {
        organization: 'acme',
        sandbox: true,
        lineage: 'l',
        serial: 1,
        runs: [],
        accounts: new Map(tokens.size === 0 ? [] : [['etl', account]]),
      },
      reads,
    ),
    { due },
  );
}

const REPORTS = { planText, planHtml, planMarkdown };

describe.each(Object.keys(CASES))('%s of one account', (name) => {
  const of = (count: number) => CASES[name]?.(count) ?? expect.unreachable();
  /** Each is reported in several ways. */
  const plans = new Map<number, Plan>();
  const planned = (count: number) => {
    const plan = plans.get(count) ?? planOf(of(count));
    plans.set(count, plan);
    return plan;
  };

  it('are planned with work that grows as their number does', () => {
    expect(growth(250, (count, reads) => planOf(of(count), reads))).toBeLessThan(MAX_GROWTH);
  });

  it.each(Object.entries(REPORTS))('are reported so by %s', (_, report) => {
    expect(growth(250, (count, reads) => report(counted(planned(count), reads)))).toBeLessThan(MAX_GROWTH);
  });
});

// Only catches what would take minutes.
it.each([
  ['keys of a state that no configuration has', 20_000],
  ['new tokens', 20_000],
  [ROTATED, 20_000],
])('%s: %i are planned and reported', (name, count) => {
  const plan = planOf(CASES[name]?.(count) ?? expect.unreachable());
  expect(plan.actions.length).toBeGreaterThanOrEqual(count);
  for (const report of Object.values(REPORTS)) expect(report(plan)).not.toBe('');
});
