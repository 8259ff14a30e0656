/** What organizations are told to be, and what people do to them: by chance, for statements that must hold of all of it. */
import * as fc from 'fast-check';
import type { DesiredToken } from '../../src/model/desired.ts';
import { type DesiredDucklings, SIZES, type Size } from '../../src/model/ducklings.ts';
import { TOKEN_TYPES } from '../../src/model/tokens.ts';
import { type AccountSketch, DAY, desire, HOUR, token, type World } from '../world.ts';

const USERNAMES = ['etl_prod', 'bi_tool', 'constructor', 'tenant_1', 'Tenant_2'];
const KEYS = ['airflow', 'dbt', 'toString'];
const POOL_SIZES: readonly Size[] = ['pulse', 'standard', 'jumbo'];

function cooldownOf(size: Size | undefined) {
  const cooldown =
    size === undefined || size === 'pulse' ? fc.constant(undefined) : fc.constantFrom(undefined, 60, 900);
  return cooldown.map((seconds) => (seconds === undefined ? {} : { cooldown: seconds }));
}

function sized(sizes: readonly Size[]) {
  return fc.constantFrom(...sizes).chain((size) => cooldownOf(size).map((cooldown) => ({ size, ...cooldown })));
}

const ducklings: fc.Arbitrary<DesiredDucklings> = fc
  .tuple(
    fc.oneof(sized(SIZES), fc.constant({})),
    fc.oneof(sized(POOL_SIZES), fc.constant({})),
    fc.option(fc.integer({ min: 0, max: 64 }), { nil: undefined }),
  )
  .map(([read_write, pool, pool_size]) => ({
    read_write,
    read_scaling: pool_size === undefined ? pool : { ...pool, pool_size },
  }));

function tokenOf(key: string): fc.Arbitrary<DesiredToken> {
  return fc
    .record({
      type: fc.constantFrom(...TOKEN_TYPES),
      life: fc.constantFrom([HOUR, 600], [7 * DAY, DAY], [90 * DAY, 14 * DAY], [null, 0] as const),
      overlap: fc.constantFrom(0, 600, DAY),
      name: fc.constantFrom(key, `${key} (renamed)`),
    })
    .map(({ type, life: [ttl, rotateBefore], overlap, name }) =>
      token(key, { type, ttl: ttl ?? null, rotateBefore: rotateBefore ?? 0, overlap, name }),
    );
}

const account: fc.Arbitrary<AccountSketch> = fc
  .tuple(
    fc.option(ducklings, { nil: undefined }),
    fc.subarray(KEYS),
    fc.boolean(),
    fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.constant(true)),
  )
  .chain(([ducklings, keys, isProtected, suspended]) =>
    fc.tuple(...keys.map(tokenOf)).map((tokens) => ({
      tokens,
      protected: isProtected,
      suspended,
      ...(ducklings ? { ducklings } : {}),
    })),
  );

/** Some of five accounts, each with some of three tokens. */
export const configuration = fc
  .subarray(USERNAMES)
  .chain((names) => fc.tuple(...names.map((name) => account.map((sketch) => [name, sketch] as const))))
  .map((entries) => desire(Object.fromEntries(entries), { guardrails: { maxDeletes: 99, allowNeverExpiring: true } }));

/** What people and other programs do to the organization between two runs. */
export type OutsideChange = (world: World) => Promise<unknown>;

function accountNamed(world: World, index: number) {
  const services = world.organization.inspect().accounts.filter((each) => each.isServiceAccount);
  return services[index % Math.max(1, services.length)];
}

export const outsideChange: fc.Arbitrary<OutsideChange> = fc.oneof(
  fc.integer({ min: 60, max: 200 * DAY }).map((seconds) => (world: World) => world.organization.advance(seconds)),
  fc.nat(9).map((index) => async (world: World) => {
    const found = accountNamed(world, index);
    if (found) await world.api.deleteUser(found.username);
  }),
  fc.tuple(fc.nat(9), fc.nat(9)).map(([index, which]) => async (world: World) => {
    const found = accountNamed(world, index);
    const chosen = found?.tokens[which % Math.max(1, found.tokens.length)];
    if (found && chosen) await world.api.deleteToken(found.username, chosen.id);
  }),
  fc
    .tuple(fc.nat(9), fc.constantFrom(...KEYS, 'laptop'), fc.constantFrom(1, 2, 5), fc.constantFrom(...TOKEN_TYPES))
    .map(([index, key, generation, token_type]) => async (world: World) => {
      const found = accountNamed(world, index);
      const name = generation === 1 ? key : `${key}.${generation}`;
      if (!found || found.tokens.some((each) => each.name === name)) return;
      await world.api.createToken(found.username, { name, token_type });
    }),
  fc.tuple(fc.nat(9), fc.constantFrom(...SIZES)).map(([index, instance_size]) => async (world: World) => {
    const found = accountNamed(world, index);
    const read_scaling = { instance_size: 'pulse' as const, flock_size: 1 };
    if (found) await world.api.setDucklings(found.username, { read_write: { instance_size }, read_scaling });
  }),
  fc.constantFrom(...USERNAMES).map((username) => async (world: World) => {
    const known = world.organization.inspect().accounts.map((each) => each.username.toLowerCase());
    if (!known.includes(username.toLowerCase())) await world.api.createUser(username);
  }),
);
