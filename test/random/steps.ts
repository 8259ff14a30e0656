/** What a random story is made of: the configuration, and what happens to it, to MotherDuck, to the state and to runs. */
import * as fc from 'fast-check';
import type { DesiredToken } from '../../src/model/desired.ts';
import { DAY, HOUR } from '../world.ts';

/** Accounts that the configuration may have. */
export const USERNAMES = ['etl_prod', 'bi_tool', 'tenant_a', 'tenant_b'] as const;
export type Username = (typeof USERNAMES)[number];
/** Service accounts that the configuration never has. */
export const THEIRS = ['aaa_legacy', 'legacy', 'zzz_legacy'] as const;
/** Persons, some of whom come before every account in the list of users. */
export const PERSONS = ['anna', 'berta', 'carla', 'zoe'] as const;
export const KEYS = ['airflow', 'app'] as const;
type Key = (typeof KEYS)[number];

export const POLICIES = {
  loads: { ttl: 90 * DAY, rotateBefore: 14 * DAY, overlap: DAY },
  short: { ttl: 7 * DAY, rotateBefore: 3 * DAY, overlap: 0 },
  dashboard: { type: 'read_scaling', ttl: 30 * DAY, rotateBefore: 7 * DAY, overlap: 2 * DAY },
  forever: { ttl: null, rotateBefore: DAY, overlap: 2 * HOUR },
  elsewhere: { ttl: 90 * DAY, rotateBefore: 14 * DAY, overlap: DAY, stores: ['other'] },
  named: { ttl: 90 * DAY, rotateBefore: 14 * DAY, overlap: DAY, name: 'BI (old)' },
} as const satisfies Readonly<Record<string, Partial<DesiredToken>>>;
type Policy = keyof typeof POLICIES;

/** An account as the configuration has it: the policy of each token. */
export interface AccountBlock {
  readonly tokens: Partial<Readonly<Record<Key, Policy>>>;
  readonly size?: 'pulse' | 'standard' | 'jumbo';
  readonly protected: boolean;
}

/** How one apply is run, and what goes wrong in it. */
export interface RunSketch {
  readonly prune?: boolean;
  readonly smoke?: boolean;
  readonly due?: boolean;
  readonly allowMissing?: boolean;
  /** Rotates all tokens of the account. */
  readonly rotate?: Username;
  /** The process is killed at this point: before or after a call that changes something, a write of the state, of a secret. */
  readonly kill?: number;
  /** The answer to this call that changes something is lost; `done`: it was carried out. */
  readonly lost?: { readonly at: number; readonly done: boolean };
  /** The secret store refuses this secret. */
  readonly unstored?: number;
  /** Users are listed in pages of this size. */
  readonly page?: number;
  /** Between the first two pages somebody joins or leaves. */
  readonly meanwhile?: 'joins' | 'leaves';
}

/** What is odd of a token: its type is new, a time is not there or not a time, it has no name, all of it is new. */
export const ODD = {
  type: { token_type: 'read_magic' },
  'no type': { token_type: undefined },
  'no time': { created_ts: undefined },
  'bad time': { expire_at: 'never' },
  'no name': { name: undefined },
  more: { scopes: ['all'], last_used: null },
} as const;
type Odd = keyof typeof ODD;
/** Users of whom MotherDuck says less, or more, than of others. */
export const ODD_USERS: Readonly<Record<string, object>> = {
  zzz_legacy: { is_deprovisioned: undefined, roles: undefined },
  zoe: { roles: ['galactic'], email: undefined },
  legacy: { roles: null, region: 'moon' },
};

export type Step =
  | { readonly step: 'apply'; readonly run: RunSketch }
  /** null: the account leaves the configuration. */
  | { readonly step: 'configure'; readonly account: Username; readonly block: AccountBlock | null }
  | { readonly step: 'wait'; readonly seconds: number }
  /** An older state is put back: that of so many runs before. */
  | { readonly step: 'restore state'; readonly runs: number }
  /** A store is gone, or its secret of one token, which is now empty or another's. */
  | { readonly step: 'lose store'; readonly store: 'memory' | 'other' }
  | { readonly step: 'edit secret'; readonly account: Username; readonly key: Key; readonly to: 'gone' | 'theirs' }
  /** Another clone of the state, as it was so many runs before, rotates, also where the last run here was killed. */
  | { readonly step: 'other clone'; readonly runs: number; readonly rotate: Username; readonly smoke: boolean }
  /** For a time, MotherDuck says something of all tokens of an account that this program does not know. */
  | { readonly step: 'odd tokens'; readonly account: Username; readonly odd: Odd }
  | { readonly step: 'no odd tokens' }
  | { readonly step: 'delete token'; readonly account: Username; readonly index: number }
  | { readonly step: 'delete account'; readonly account: Username }
  | { readonly step: 'create account'; readonly account: Username }
  /** A directory no longer has the account, or a person has its name. */
  | { readonly step: 'deprovision'; readonly account: Username }
  | { readonly step: 'hire'; readonly account: Username }
  | {
      readonly step: 'create token';
      readonly account: Username | (typeof THEIRS)[number];
      readonly name: string;
      readonly ttl: number | undefined;
      /** MotherDuck says something of it that this program does not know. */
      readonly odd?: Odd;
    };

export interface Story {
  readonly configuration: Partial<Readonly<Record<Username, AccountBlock>>>;
  readonly steps: readonly Step[];
  /** The run after the last step, in which nothing goes wrong. */
  readonly last: { readonly prune: boolean; readonly smoke: boolean };
}

const username = fc.constantFrom(...USERNAMES);
const policy = fc.constantFrom(...(Object.keys(POLICIES) as Policy[]));
/** @param weight how often it is there, of each time that it is not */
const maybe = <T>(arbitrary: fc.Arbitrary<T>, weight: number) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 4 * weight, arbitrary });

const block: fc.Arbitrary<AccountBlock> = fc
  .record({
    airflow: maybe(policy, 3),
    app: maybe(policy, 1),
    size: maybe(fc.constantFrom('pulse', 'standard', 'jumbo'), 1),
    isProtected: fc.boolean(),
  })
  .map(({ airflow, app, size, isProtected }) => ({
    tokens: {
      ...(airflow && { airflow }),
      ...(app && { app: app === 'named' && airflow === 'named' ? 'loads' : app }),
    },
    ...(size && { size }),
    protected: isProtected,
  }));

const faults: fc.Arbitrary<Pick<RunSketch, 'kill' | 'lost' | 'unstored'>> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 4, arbitrary: fc.record({ kill: fc.integer({ min: 1, max: 30 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ lost: fc.record({ at: fc.integer({ min: 1, max: 8 }), done: fc.boolean() }) }),
  },
  { weight: 1, arbitrary: fc.record({ unstored: fc.integer({ min: 1, max: 4 }) }) },
);

const run: fc.Arbitrary<RunSketch> = fc
  .record({
    faults,
    prune: fc.boolean(),
    smoke: fc.boolean(),
    due: maybe(fc.constant(true), 0.25),
    allowMissing: maybe(fc.constant(true), 0.25),
    rotate: maybe(username, 0.25),
    page: maybe(fc.constantFrom(2, 3, 5), 0.5),
    meanwhile: maybe(fc.constantFrom('joins' as const, 'leaves' as const), 1),
  })
  .map(({ faults: found, due, allowMissing, rotate, page, meanwhile, ...rest }) => ({
    ...rest,
    ...found,
    ...(due && { due }),
    ...(allowMissing && { allowMissing }),
    ...(rotate && { rotate }),
    ...(page && { page }),
    ...(page && meanwhile && { meanwhile }),
  }));

/** Names of tokens that people make by hand, some of which are those of a series. */
const handName = fc.constantFrom('theirs', 'airflow', 'airflow.3', 'app', 'airflow.x');

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 16, arbitrary: fc.record({ step: fc.constant('apply' as const), run }) },
  {
    weight: 8,
    arbitrary: fc.record({
      step: fc.constant('configure' as const),
      account: username,
      block: fc.option(block, { nil: null, freq: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      step: fc.constant('wait' as const),
      seconds: fc.constantFrom(60, 400, 3 * HOUR, DAY, 2 * DAY, 5 * DAY, 25 * DAY, 80 * DAY, 100 * DAY),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constant('delete token' as const),
      account: username,
      index: fc.nat({ max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      step: fc.constant('lose store' as const),
      store: fc.constantFrom('memory' as const, 'other' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      step: fc.constant('edit secret' as const),
      account: username,
      key: fc.constantFrom(...KEYS),
      to: fc.constantFrom('gone' as const, 'theirs' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('delete account' as const), account: username }) },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('create account' as const), account: username }) },
  {
    weight: 1,
    arbitrary: fc.record({ step: fc.constantFrom('deprovision' as const, 'hire' as const), account: username }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      step: fc.constant('odd tokens' as const),
      account: username,
      odd: fc.constantFrom(...(Object.keys(ODD) as Odd[])),
    }),
  },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('no odd tokens' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ step: fc.constant('restore state' as const), runs: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      step: fc.constant('other clone' as const),
      runs: fc.integer({ min: 1, max: 3 }),
      rotate: username,
      smoke: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({
        step: fc.constant('create token' as const),
        account: fc.constantFrom(...USERNAMES, ...THEIRS),
        name: handName,
        ttl: fc.constantFrom(undefined, 900, 10 * DAY, 90 * DAY),
        odd: maybe(fc.constantFrom(...(Object.keys(ODD) as Odd[])), 1),
      })
      .map(({ odd, ...rest }) => ({ ...rest, ...(odd && { odd }) })),
  },
);

export const story: fc.Arbitrary<Story> = fc.record({
  configuration: fc.record(
    { etl_prod: block, bi_tool: block, tenant_a: block, tenant_b: block },
    { requiredKeys: ['etl_prod'] },
  ),
  steps: fc.array(step, { minLength: 2, maxLength: 12, size: 'max' }),
  last: fc.record({ prune: fc.boolean(), smoke: fc.boolean() }),
});
