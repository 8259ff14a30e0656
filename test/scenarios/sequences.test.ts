/**
 * Any sequence of what happens in a year: the configuration is edited, time passes, people change things by hand, runs are
 * killed, stores fail, the smoke test fails or is left out. After every run that went well, no secret is lost, nothing that
 * is alive is forgotten, nothing lives longer than its policy says, nothing unmanaged was touched, and the plan is empty.
 * A failing one is shrunk and printed; `SEQUENCES_SEED` and `SEQUENCES_PATH`, as printed, run it again, and `SEQUENCES_RUNS` is
 * how many are tried.
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Desired } from '../../src/model/desired.ts';
import type { Plan } from '../../src/model/plan.ts';
import { Secret } from '../../src/model/secret.ts';
import type { State, StateToken } from '../../src/model/state.ts';
import { generationOf, isSmokeName, TOKEN_TYPES, type TokenType } from '../../src/model/tokens.ts';
import { UserError } from '../../src/model/user-error.ts';
import { accountKey } from '../../src/model/username.ts';
import { hashOf } from '../../src/sandbox/authentication.ts';
import type { Account, Token } from '../../src/sandbox/organization-state.ts';
import { DiskStateWriter } from '../faults/disk-state-writer.ts';
import { Fault } from '../faults/fault.ts';
import { FaultyWorld, type RunOptions } from '../faults/faulty-world.ts';
import { type AccountSketch, brief, DAY, desire, HOUR, token } from '../world.ts';

const { SEQUENCES_SEED, SEQUENCES_PATH, SEQUENCES_RUNS } = process.env;
const SEED = 20261129;
const RUNS = 200;

const ACCOUNTS = ['etl_prod', 'bi_tool', 'Tenant_1'];
const KEYS = ['airflow', 'dbt', 'app'];
const LIVES = [
  [HOUR, 600],
  [7 * DAY, 2 * DAY],
  [90 * DAY, 14 * DAY],
  [null, 0],
] as const;
const SIZES = ['pulse', 'standard'] as const;

interface Wanted {
  readonly type: TokenType;
  readonly life: number;
  readonly overlap: number;
  /** Under which name MotherDuck has it: its key, another, or one that any key may have in turn. */
  readonly name: 'key' | 'other' | 'shared';
}

type Ending = 'passes' | 'fails' | 'left out';

/** How a run is cut short: from the call or the write with this number on, nothing works any more. */
interface Cut {
  readonly at: 'call' | 'effect' | 'write' | 'written' | 'secret';
  readonly number: number;
}

type Step =
  | { readonly do: 'want account'; readonly account: number; readonly size: number; readonly isProtected: boolean }
  | { readonly do: 'drop account'; readonly account: number }
  | { readonly do: 'want token'; readonly account: number; readonly key: number; readonly wanted: Wanted }
  | { readonly do: 'drop token'; readonly account: number; readonly key: number }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'revoke by hand'; readonly account: number; readonly which: number }
  | {
      readonly do: 'make by hand';
      readonly account: number;
      readonly name: string;
      readonly type: TokenType;
      readonly days: number;
    }
  | { readonly do: 'resize by hand'; readonly account: number }
  | { readonly do: 'delete by hand'; readonly account: number }
  | { readonly do: 'create by hand'; readonly account: number }
  | { readonly do: 'apply'; readonly prune: boolean; readonly smoke: Ending; readonly rotate: number | null }
  | { readonly do: 'fail'; readonly prune: boolean; readonly smoke: Ending; readonly cut: Cut }
  | { readonly do: 'store fails'; readonly secrets: readonly boolean[]; readonly smoke: Ending };

const account = fc.nat(ACCOUNTS.length - 1);
const key = fc.nat(KEYS.length - 1);
const prune = fc.boolean();
const smoke = fc.constantFrom<Ending>('passes', 'left out', 'fails');
const wanted: fc.Arbitrary<Wanted> = fc.record({
  type: fc.constantFrom(...TOKEN_TYPES),
  life: fc.nat(LIVES.length - 1),
  overlap: fc.constantFrom(0, 600, DAY),
  name: fc.constantFrom('key', 'other', 'shared'),
});
const cut: fc.Arbitrary<Cut> = fc.record({
  at: fc.constantFrom('call', 'effect', 'write', 'written', 'secret'),
  number: fc.nat(12),
});
const names = [...KEYS, 'shared'].flatMap((name) => [name, `${name}.2`, `${name}.5`]);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('want account'), account, size: fc.nat(2), isProtected: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop account'), account }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('want token'), account, key, wanted }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop token'), account, key }) },
  // No sum of these is when a token is due, ends or expires: what is planned then would depend on milliseconds.
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait'),
      seconds: fc.constantFrom(30, 700, 2950, 25 * HOUR, 6 * DAY, 80 * DAY),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revoke by hand'), account, which: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('make by hand'),
      account,
      name: fc.constantFrom(...names, 'laptop', 'laptop'),
      type: fc.constantFrom(...TOKEN_TYPES),
      days: fc.constantFrom(0, 1, 30),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('resize by hand'), account }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete by hand'), account }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('create by hand'), account }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('apply'),
      prune,
      smoke,
      rotate: fc.option(fc.nat(KEYS.length - 1), { freq: 4 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('fail'), prune, smoke, cut }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('store fails'),
      secrets: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
      smoke,
    }),
  },
);

/** The configuration, as it is edited. */
class Yaml {
  readonly accounts = new Map<number, { size: number; isProtected: boolean; tokens: Map<number, Wanted> }>();

  edit(change: Step): void {
    if (change.do === 'want account') {
      const { size, isProtected } = change;
      const tokens = this.accounts.get(change.account)?.tokens ?? new Map();
      this.accounts.set(change.account, { size, isProtected, tokens });
    }
    if (change.do === 'drop account') this.accounts.delete(change.account);
    if (change.do === 'want token') this.accounts.get(change.account)?.tokens.set(change.key, change.wanted);
    if (change.do === 'drop token') this.accounts.get(change.account)?.tokens.delete(change.key);
  }

  read(): Desired {
    const accounts = [...this.accounts]
      .sort(([a], [b]) => a - b)
      .map(([index, { size, isProtected, tokens }]) => {
        const sharer = [...tokens].find(([, { name }]) => name === 'shared')?.[0];
        const sketch: AccountSketch = {
          protected: isProtected,
          tokens: [...tokens].map(([at, each]) => tokenOf(KEYS[at] ?? '', each, at === sharer)),
          ...(SIZES[size] ? { ducklings: { read_write: { size: SIZES[size] }, read_scaling: { pool_size: 2 } } } : {}),
        };
        return [ACCOUNTS[index], sketch] as const;
      });
    return desire(Object.fromEntries(accounts), { guardrails: { maxDeletes: 99, allowNeverExpiring: true } });
  }
}

function tokenOf(name: string, wanted: Wanted, isSharer: boolean) {
  const [ttl, rotateBefore] = LIVES[wanted.life] ?? [null, 0];
  const overlap = Math.min(wanted.overlap, (ttl ?? 2 * DAY) / 2);
  const other = wanted.name === 'other' ? `${name} (other)` : name;
  return token(name, { type: wanted.type, ttl, rotateBefore, overlap, name: isSharer ? 'shared' : other });
}

/** The organization, the configuration and who made what. */
class Story {
  readonly world = new FaultyWorld();
  readonly yaml = new Yaml();
  /** Ids of tokens that this program did not make. */
  readonly foreign = new Set<string>();

  async tell(next: Step): Promise<void> {
    this.yaml.edit(next);
    switch (next.do) {
      case 'wait':
        await this.world.organization.advance(next.seconds);
        return;
      case 'apply':
        return this.apply({ prune: next.prune, ...ending(next.smoke), ...rotation(next.rotate) });
      case 'fail':
        return this.fail(next.cut, { prune: next.prune, ...ending(next.smoke) });
      case 'store fails':
        return this.failStore(next.secrets, ending(next.smoke));
      default:
        return this.meddle(next);
    }
  }

  /** What a person does at MotherDuck's web page. */
  async meddle(next: Step): Promise<void> {
    const api = this.world.api;
    const username = 'account' in next ? (ACCOUNTS[next.account] ?? '') : '';
    const found = this.account(username);
    if (next.do === 'create by hand' && found === undefined) await api.createUser(username);
    if (found === undefined) return;
    if (next.do === 'delete by hand') await api.deleteUser(username);
    if (next.do === 'resize by hand') {
      const read_scaling = { instance_size: 'jumbo', flock_size: 1 } as const;
      await api.setDucklings(username, { read_write: { instance_size: 'jumbo' }, read_scaling });
    }
    if (next.do === 'revoke by hand') {
      // One that a killed run may have stored is left to the next run.
      const known = found.tokens.filter(({ id }) => this.foreign.has(id) || this.known().has(id));
      const chosen = known[next.which % Math.max(1, known.length)];
      if (chosen) await api.deleteToken(username, chosen.id);
    }
    if (next.do === 'make by hand' && !found.tokens.some(({ name }) => name === next.name)) {
      const { name, type: token_type, days } = next;
      const { record } = await api.createToken(username, {
        name,
        token_type,
        ...(days > 0 ? { ttl: days * DAY } : {}),
      });
      this.foreign.add(record.id);
    }
  }

  async apply(options: RunOptions): Promise<void> {
    const desired = this.yaml.read();
    const before = this.look();
    const { plan, applied, thrown } = await this.world.run(desired, options);
    this.checkAlways(desired, before, plan);
    const isDone = applied?.outcomes.every(({ result }) => result === 'done') && plan?.errors.length === 0;
    if (thrown !== undefined) expect(plan?.violations.length, String(thrown)).toBeGreaterThan(0);
    if (!isDone || plan === undefined) return;
    expect(brief(await this.world.plan(desired, { prune: options.prune ?? false }))).toEqual([]);
    this.checkDone(desired, plan, options);
  }

  /** A run after which nothing remains but what MotherDuck did and what was on the disk. */
  async fail({ at, number }: Cut, options: RunOptions): Promise<void> {
    const { world } = this;
    const desired = this.yaml.read();
    const before = this.look();
    const stateWriter = new DiskStateWriter(world.stateWriter.durable);
    let isDead = false;
    let secrets = 0;
    const die = () => {
      isDead = true;
    };
    stateWriter.decide = (write) => {
      if (isDead) return 'refused';
      if ((at !== 'write' && at !== 'written') || write < number) return 'done';
      die();
      return at === 'write' ? 'refused' : 'unconfirmed';
    };
    world.stateWriter = stateWriter;
    const isLastCall = at === 'call' || at === 'effect';
    world.fault = new Fault(
      async (really) => {
        if (!isDead && at === 'effect') await really();
        die();
        return Response.error();
      },
      'ever',
      isLastCall ? number : Number.POSITIVE_INFINITY,
    );
    world.onCall = () => {
      if (isDead) throw new Error('killed');
    };
    this.guardStore(() => {
      if (at === 'secret' && secrets++ === number) die();
      return !isDead;
    });
    const { plan } = await world.run(desired, options);
    this.checkAlways(desired, before, plan);
    await world.restart();
  }

  async failStore(secrets: readonly boolean[], options: RunOptions): Promise<void> {
    const desired = this.yaml.read();
    const before = this.look();
    let number = 0;
    this.guardStore(() => secrets[number++ % secrets.length] ?? true);
    const { plan } = await this.world.run(desired, options);
    this.checkAlways(desired, before, plan);
    await this.world.restart();
  }

  guardStore(isWell: () => boolean): void {
    const { store: memory } = this.world;
    const guarded = {
      name: memory.name,
      secretPath: memory.secretPath.bind(memory),
      check: async () => {},
      put: async (...put: Parameters<typeof memory.put>) => {
        if (!isWell()) throw new UserError('STORE_FAILED', 'the store is down', 'Mend it.');
        await memory.put(...put);
      },
    };
    this.world.stores = new Map([['memory', guarded]]);
  }

  look(): { readonly accounts: readonly Seen[]; readonly state: State } {
    const now = this.world.organization.now();
    const accounts = this.world.organization.inspect().accounts.map((each) => ({
      ...each,
      tokens: each.tokens.filter(({ expiresAt }) => expiresAt === null || expiresAt > now),
    }));
    return { accounts, state: this.world.stateWriter.durable };
  }

  account(username: string): Seen | undefined {
    return this.look().accounts.find((each) => accountKey(each.username) === accountKey(username));
  }

  /** Ids that the state has. */
  known(state: State = this.world.stateWriter.durable): Set<string> {
    return new Set(
      tokensOf(state).flatMap(([, , { current, retiring }]) => [current?.id ?? '', ...retiring.map(({ id }) => id)]),
    );
  }

  /** Names that a run began to make. */
  intended(username: string): Set<string> {
    const own = tokensOf(this.world.stateWriter.durable).filter(([of]) => accountKey(of) === accountKey(username));
    return new Set(own.flatMap(([, , { intents }]) => intents.map(({ name }) => name)));
  }

  /** What holds after every run, however it ended. */
  checkAlways(desired: Desired, before: ReturnType<Story['look']>, plan: Plan | undefined): void {
    const after = this.look();
    const deleted = new Set(
      plan?.actions.flatMap((action) => (action.action === 'delete_account' ? [accountKey(action.account)] : [])),
    );
    const adopted = plan?.actions.flatMap((action) => (action.action === 'adopt_token' ? [action.after.id] : [])) ?? [];
    const alive = new Set(after.accounts.flatMap(({ tokens }) => tokens.map(({ id }) => id)));
    for (const each of before.accounts) {
      const at = accountKey(each.username);
      const now = after.accounts.find(({ username }) => username === each.username);
      if (desired.accounts.has(at)) expect(deleted, `${each.username} is wanted`).not.toContain(at);
      if (!deleted.has(at)) expect(now, `${each.username} was deleted`).toBeDefined();
      if (!desired.accounts.has(at) && !before.state.accounts.has(at)) expect(now).toEqual(each);
      const ours = this.known(before.state);
      // A name that a killed run left unsettled is taken for that run's.
      const unsettled = [...(before.state.accounts.get(at)?.tokens.values() ?? [])].flatMap(({ intents }) =>
        intents.map(({ name }) => name),
      );
      for (const { id, name } of deleted.has(at) ? [] : each.tokens) {
        if (!this.foreign.has(id) || ours.has(id) || adopted.includes(id) || unsettled.includes(name)) continue;
        if (this.hasExpired(each.tokens, id)) continue;
        // A token that is named after a managed one belongs to its series, and goes with it when the plan names it.
        const isOfSeries = (plan?.actions ?? []).some(
          (action) =>
            action.action === 'revoke_token' &&
            action.before.id === id &&
            generationOf(action.token ?? '', name) !== undefined,
        );
        if (isOfSeries) continue;
        expect(alive, `the foreign token ${name} of ${each.username} is gone`).toContain(id);
      }
    }
    for (const [username, at, { current }] of tokensOf(after.state)) {
      if (!desired.accounts.has(accountKey(username))) continue;
      const live = this.account(username)?.tokens ?? [];
      if (current === undefined || current.secret === 'unknown' || !live.some(({ id }) => id === current.id)) continue;
      const hash = this.hashIn(username, at);
      if (this.isSpent(username, hash)) continue;
      expect(
        live.some((each) => each.hash === hash),
        `what the store holds for ${username}/${at} is dead`,
      ).toBe(true);
    }
  }

  /** What holds after a run that did all of its plan. */
  checkDone(desired: Desired, plan: Plan, options: RunOptions): void {
    const { accounts, state } = this.look();
    const now = this.world.organization.now();
    for (const { username, tokens } of desired.accounts.values()) {
      const live = this.account(username)?.tokens ?? [];
      for (const want of tokens.values()) {
        const what = `${username}/${want.key}`;
        const held = state.accounts.get(accountKey(username))?.tokens.get(want.key);
        const found = live.find(({ id }) => id === held?.current?.id);
        expect(found, `${what} has no live token`).toBeDefined();
        expect(found?.type).toBe(want.type);
        expect(generationOf(want.name, found?.name ?? ''), `${what} is called ${found?.name}`).toBeDefined();
        if (held?.current?.secret === 'unknown' || found === undefined) continue;
        expect(this.hashIn(username, want.key), `the secret of ${what} is lost`).toBe(found.hash);
        const life = found.expiresAt === null ? null : (found.expiresAt - found.createdAt) / 1000;
        expect(life, `the life of ${what}`).toBe(want.ttl);
      }
    }
    const ids = this.known();
    for (const { username, tokens } of accounts) {
      for (const { id, name, expiresAt } of tokens) {
        const isOurs = !this.foreign.has(id) && !(isSmokeName(name) && expiresAt !== null);
        // An account that left the configuration keeps an orphan, which may be in use, and the state what it was meant for.
        const isLeft = !desired.accounts.has(accountKey(username)) && this.intended(username).has(name);
        // What cannot be told from a token of others is named, and the user decides.
        const isOrphan = plan.warnings.some(
          (warning) => warning.kind === 'orphan' && warning.account === username && warning.name === name,
        );
        const isNamed = isOrphan || JSON.stringify([plan.warnings, plan.unmanaged.tokens]).includes(`"${id}"`);
        if (isOurs && !isLeft && !isNamed) expect(ids, `${name} of ${username} is alive and forgotten`).toContain(id);
      }
    }
    const alive = new Set(accounts.flatMap(({ tokens }) => tokens.map(({ id }) => id)));
    for (const [username, at, { current, retiring }] of tokensOf(state)) {
      for (const { id, name, retire_at: retireAt } of retiring) {
        if (!alive.has(id)) continue;
        // Nothing proves that a token of another name was made by a run, so the plan asks the user to revoke it.
        if (plan.warnings.some((warning) => warning.kind === 'other_series' && warning.id === id)) continue;
        const wanted = desired.accounts.get(accountKey(username))?.tokens.get(at);
        const isWanted = wanted !== undefined;
        // What replaced it is gone, and nothing replaces that after the account left the configuration: the plan says so.
        if (!isWanted && plan.warnings.some((warning) => warning.kind === 'not_replaced' && warning.id === id))
          continue;
        // A policy's longer overlap is that of tokens that were replaced before, too, and the plan says when they end.
        const isNamed = plan.next.some((next) => next.token === at && next.account === username && next.name === name);
        const longer = isNamed && wanted && current ? Date.parse(current.created_at) + wanted.overlap * 1000 : 0;
        const isLate = retireAt !== undefined && Math.max(Date.parse(retireAt), longer) < now - 3000;
        expect(isLate, `${name} of ${username}/${at} outlives its overlap`).toBe(false);
        // The secret of an adopted token is unknown, so what it replaced stays until a rotation.
        const isReplaced = current !== undefined && current.secret !== 'unknown';
        if (isWanted && isReplaced && options.smoke === false)
          expect(retireAt, `${name} of ${username}/${at} stays for ever`).toBeDefined();
      }
    }
    for (const action of plan.actions) {
      if (action.action !== 'rotate_token') continue;
      const isSpared = action.after.overlap > 0 || typeof options.smoke === 'function';
      const hasLife = action.before.expires_at === null || Date.parse(action.before.expires_at) > now;
      if (isSpared && hasLife)
        expect(alive, `${action.before.name} of ${action.account} had its overlap cut off`).toContain(action.before.id);
    }
  }

  hashIn(username: string, at: string): string {
    return hashOf(new Secret(this.world.store.secrets.get(`${username}/${at}`) ?? ''));
  }

  /** What a killed run stored and nobody noted is found by the next run; not when it expires before (doubt.test.ts). */
  isSpent(username: string, hash: string): boolean {
    const accounts = this.world.organization.inspect().accounts;
    const all = accounts.find((each) => accountKey(each.username) === accountKey(username))?.tokens ?? [];
    const stored = all.find((each) => each.hash === hash);
    return stored !== undefined && this.hasExpired(all, stored.id) && !this.known().has(stored.id);
  }

  hasExpired(tokens: readonly Token[], id: string): boolean {
    const { expiresAt = null } = tokens.find((each) => each.id === id) ?? {};
    return expiresAt !== null && expiresAt <= this.world.organization.now();
  }
}

type Seen = Omit<Account, 'tokens'> & { readonly tokens: readonly Token[] };

function tokensOf(state: State): [username: string, key: string, token: StateToken][] {
  return [...state.accounts.values()].flatMap(({ username, tokens }) =>
    [...tokens].map(([at, held]): [string, string, StateToken] => [username, at, held]),
  );
}

function ending(end: Ending): Pick<RunOptions, 'smoke'> {
  if (end === 'passes') return {};
  if (end === 'left out') return { smoke: false };
  return {
    smoke: async ({ username }) => ({
      account: username,
      outcome: 'failed',
      verified: [],
      connections: [],
      warnings: [],
      ms: 0,
    }),
  };
}

function rotation(index: number | null): Pick<RunOptions, 'rotate'> {
  return index === null ? {} : { rotate: (_, at) => at === KEYS[index] };
}

it('whatever happens, and in whatever order', async () => {
  const begin: Step[] = [
    { do: 'want account', account: 0, size: 0, isProtected: false },
    { do: 'want token', account: 0, key: 0, wanted: { type: 'read_write', life: 2, overlap: DAY, name: 'key' } },
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25, size: 'max' }), async (steps) => {
      const story = new Story();
      for (const each of [...begin, ...steps]) await story.tell(each);
      await story.apply({});
      await story.apply({ smoke: false });
    }),
    {
      seed: Number(SEQUENCES_SEED ?? SEED),
      numRuns: Number(SEQUENCES_RUNS ?? RUNS),
      ...(SEQUENCES_PATH === undefined ? {} : { path: SEQUENCES_PATH }),
    },
  );
}, 600_000);
