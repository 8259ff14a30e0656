/** Plans as the sandbox's organization gives them, for every format. */
import type { Plan } from '../../src/model/plan.ts';
import { DAY, desire, token, World } from '../world.ts';

const RATES = new Map([
  ['pulse', 0.5],
  ['standard', 2.4],
] as const);

export const SMALL = { read_write: { size: 'pulse' }, read_scaling: { size: 'pulse', pool_size: 2 } } as const;

/** A plan with every action in it, and with everything that a plan can say but an error. */
export async function everything(): Promise<Plan> {
  const world = new World();
  for (const name of ['adopted', 'stray']) await world.api.createUser(name);
  await world.api.createToken('adopted', { name: 'app' });
  const before = desire({
    rotating: { tokens: [token('a'), token('b', { ttl: 365 * DAY })], ducklings: SMALL },
    removed: { protected: false, tokens: [token('a')] },
    gone: {},
  });
  await world.apply(before);
  await world.api.deleteUser('gone');
  await world.api.createToken('rotating', { name: 'laptop' });
  await world.organization.advance(80.5 * DAY);
  const larger = {
    read_write: { size: 'standard', cooldown: 600 },
    read_scaling: { size: 'standard', pool_size: 4 },
  } as const;
  const after = desire(
    {
      fresh: { ducklings: SMALL, tokens: [token('a', { description: 'd' })] },
      adopted: { tokens: [token('app')] },
      rotating: { tokens: [token('a')], ducklings: larger },
    },
    { computeRates: RATES, guardrails: { maxComputeCeiling: 9, maxDeletes: 0 } },
  );
  return world.plan(after, { prune: true, sandbox: true });
}

/** A plan of new accounts whose sizes MotherDuck chooses in part, beside one whose size has no rate and one whose size has. */
export async function withoutPrices(): Promise<Plan> {
  const world = new World();
  const jumbo = { read_write: { size: 'jumbo' }, read_scaling: { size: 'pulse', pool_size: 0 } } as const;
  await world.apply(desire({ dear: { ducklings: jumbo }, small: { ducklings: jumbo } }));
  const parts = {
    left: { read_write: { size: 'standard' }, read_scaling: {} },
    number: { read_write: {}, read_scaling: { pool_size: 2 } },
    size: { read_write: { size: 'pulse' }, read_scaling: { size: 'pulse' } },
    dear: { read_write: {}, read_scaling: { pool_size: 1 } },
    small: SMALL,
  } as const;
  const sketches = Object.entries(parts).map(([name, ducklings]) => [name, { ducklings }] as const);
  return world.plan(desire({ ...Object.fromEntries(sketches), none: {} }, { computeRates: RATES, currency: 'USD' }));
}

/** A plan of many accounts to create. */
export function large(accounts: number): Promise<Plan> {
  const names = Array.from({ length: accounts }, (_, index) => `tenant_${index}`);
  return new World().plan(
    desire(Object.fromEntries(names.map((name) => [name, { ducklings: SMALL, tokens: [token('app')] }]))),
  );
}

/** A plan of accounts to create, whose tokens live differently long. */
export function different(accounts: number): Promise<Plan> {
  const names = Array.from({ length: accounts }, (_, index) => `tenant_${index}`);
  return new World().plan(
    desire(
      Object.fromEntries(names.map((name, index) => [name, { tokens: [token('app', { ttl: (30 + index) * DAY })] }])),
    ),
  );
}

/** The plan after everything was done: nothing but what time will bring. */
export async function nothing(): Promise<Plan> {
  const world = new World();
  const desired = desire({ etl_prod: { ducklings: SMALL, tokens: [token('airflow')] } });
  await world.apply(desired);
  return world.plan(desired);
}

/** The same plan with a text put at the end of every name in it. */
export function renamed(plan: Plan, suffix: string): Plan {
  const names = ['account', 'organization', 'name', 'token', 'username', 'policy', 'secret_store'];
  const changed = JSON.parse(JSON.stringify(plan), (key, value: unknown) =>
    typeof value === 'string' && names.includes(key) ? value + suffix : value,
  ) as Plan;
  const accounts = changed.unmanaged.accounts?.map((name) => name + suffix) ?? null;
  return { ...changed, retained: [...changed.retained, suffix], unmanaged: { ...changed.unmanaged, accounts } };
}

/** Ids are made anew in every run. */
export function withoutIds(text: string): string {
  const ids = new Map<string, string>();
  return text.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, (id) => {
    const known = ids.get(id) ?? `00000000-0000-4000-8000-${String(ids.size + 1).padStart(12, '0')}`;
    ids.set(id, known);
    return known;
  });
}
