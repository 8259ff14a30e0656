import { describe, expect, it } from 'vitest';
import { updateToken } from '../../src/apply/state-writer.ts';
import type { AccountSmoke } from '../../src/model/smoke.ts';
import { UserError } from '../../src/model/user-error.ts';
import type { ObsoleteSecret } from '../../src/secrets/store.ts';
import { jwt } from '../motherduck/support.ts';
import { brief, DAY, desire, HOUR, MemoryStore, token, World } from '../world.ts';

const desired = desire({ etl_prod: { tokens: [token('airflow')] } });
const lostState = new UserError('STATE_LOST', 'another run has it', 'Wait.');

function smokeOf(account: string, outcome: AccountSmoke['outcome'], verified: readonly string[] = []): AccountSmoke {
  return { account, outcome, verified, connections: [], warnings: [], ms: 1 };
}

function isTokenCall(request: Request, method: string): boolean {
  return request.method === method && request.url.includes('/tokens');
}

function entryOf(world: World) {
  return world.stateWriter.state.accounts.get('etl_prod')?.tokens.get('airflow');
}

describe('a token whose secret cannot be stored', () => {
  it('is revoked at once, and the token to replace stays as it was', async () => {
    const world = new World();
    await world.apply(desired);
    await world.organization.advance(80 * DAY);
    const before = entryOf(world);
    world.store.fails = new UserError('STORE_FAILED', 'the vault is sealed', 'Unseal it.');
    const { outcomes } = await world.apply(desired);
    expect(outcomes).toMatchObject([{ result: 'failed', error: { code: 'STORE_FAILED' } }]);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow']);
    expect(entryOf(world)?.current).toEqual(before?.current);
  });

  it('may have been stored nevertheless: the next run creates another, so that the store has a live one', async () => {
    const world = new World();
    await world.apply(desired);
    world.store.fails = new UserError('STORE_FAILED', 'the vault took too long', 'Wait.');
    await world.apply(desired, { rotate: () => true });
    world.store.fails = undefined;
    const { plan } = await world.apply(desired);
    expect(plan.actions.map(({ reason }) => reason)).toEqual([
      { kind: 'interrupted', left: 'intent', name: 'airflow.2', current: 'airflow' },
    ]);
    expect(brief(await world.plan(desired))).toEqual([]);
  });

  it('stays an orphan when revoking fails too, and may be in use: the next run replaces it', async () => {
    const world = new World();
    world.store.fails = new UserError('STORE_FAILED', 'the vault is sealed', 'Unseal it.');
    world.interfere = (request) =>
      isTokenCall(request, 'DELETE') ? new Response('<html>', { status: 503 }) : undefined;
    await world.apply(desired);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow']);
    expect(entryOf(world)?.intents).toMatchObject([{ name: 'airflow', storing: true }]);
    world.store.fails = undefined;
    world.interfere = undefined;
    const { plan } = await world.apply(desired);
    expect(brief(plan)).toEqual(['create_token etl_prod/airflow']);
    expect(plan.actions[0]).toMatchObject({ after: { orphans: [{ name: 'airflow' }] } });
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2']);
    expect(brief(await world.plan(desired))).toEqual([]);
    await world.organization.advance(25 * HOUR);
    await world.apply(desired);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.2']);
  });

  describe('and that a store has when another run took the state', () => {
    /** The outcome of storing, during which the state is lost. */
    async function storing(putBack?: () => Promise<void>) {
      const world = new World();
      class LateStore extends MemoryStore {
        override async put(...args: Parameters<MemoryStore['put']>) {
          await super.put(...args);
          world.stateWriter.update = () => Promise.reject(lostState);
          return putBack as never;
        }
      }
      world.stores = new Map([['memory', new LateStore()]]);
      return (await world.apply(desired)).outcomes.at(-1);
    }

    it('is named, with the command that replaces it', async () => {
      expect(await storing()).toMatchObject({
        result: 'failed',
        error: {
          code: 'STATE_LOST',
          message: expect.stringContaining('memory has the secret of "airflow"'),
          hint: { command: ['rotate', 'etl_prod/airflow'] },
        },
      });
    });

    it('makes room for what the store had, where the store can put it back', async () => {
      let isBack = false;
      const outcome = await storing(async () => {
        isBack = true;
      });
      expect(outcome).toMatchObject({ result: 'failed', error: { message: lostState.message } });
      expect(isBack).toBe(true);
    });
  });

  it('is not created when the check of the store fails', async () => {
    const world = new World();
    world.store.unusable = new UserError('STORE_UNUSABLE', 'others can read it', 'chmod 600');
    await expect(world.apply(desired)).rejects.toMatchObject({ code: 'STORE_UNUSABLE' });
    expect(world.calls).toEqual([]);
    expect(world.stateWriter.state.serial).toBe(0);
  });
});

describe('a token of another type than requested', () => {
  const reader = desire({ etl_prod: { tokens: [token('airflow', { type: 'read_scaling' })] } });
  /** MotherDuck makes a token, and its secret has other claims. */
  function claim(world: World, claims: object, isRevocable = true) {
    world.interfere = async (request) => {
      if (isTokenCall(request, 'DELETE') && !isRevocable) return new Response('<html>', { status: 503 });
      if (!isTokenCall(request, 'POST')) return undefined;
      const created = (await (await world.organization.handle(request)).json()) as { token: string };
      return Response.json({ ...created, token: jwt(claims) });
    };
  }

  it.each([{ tokenType: 'read_write', readOnly: true }, { readOnly: false }, { tokenType: 'other', readOnly: false }])(
    'is revoked before its secret is stored: %j',
    async (claims) => {
      const world = new World();
      claim(world, claims);
      const { outcomes } = await world.apply(reader);
      expect(outcomes.at(-1)).toMatchObject({
        result: 'failed',
        error: {
          code: 'TOKEN_DIFFERS',
          message: expect.stringMatching(/a read\/write token instead of.*it was revoked$/),
        },
      });
      expect(JSON.stringify(outcomes)).not.toContain(jwt(claims));
      expect(world.store.secrets.size).toBe(0);
      expect(world.tokenNames('etl_prod')).toEqual([]);
      expect(entryOf(world)).toBeUndefined();
      world.interfere = undefined;
      await world.apply(reader);
      expect(world.tokenNames('etl_prod')).toEqual(['airflow']);
    },
  );

  it('is an orphan that the next run revokes, when it cannot be revoked at once', async () => {
    const world = new World();
    claim(world, { tokenType: 'read_write' }, false);
    const { outcomes } = await world.apply(reader);
    expect(outcomes.at(-1)).toMatchObject({ error: { message: expect.stringMatching(/\bnot be revoked$/) } });
    expect(entryOf(world)?.intents).toMatchObject([{ name: 'airflow', storing: false }]);
    world.interfere = undefined;
    const { plan } = await world.apply(reader);
    expect(brief(plan)).toContain('revoke_token etl_prod/airflow');
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.2']);
  });

  it('is created again by the command that asked for it', async () => {
    const world = new World();
    await world.apply(reader);
    claim(world, { tokenType: 'read_write' });
    const { outcomes } = await world.apply(reader, { rotate: () => true });
    expect(outcomes).toMatchObject([
      { error: { code: 'TOKEN_DIFFERS', hint: { command: ['rotate', 'etl_prod/airflow'] } } },
    ]);
  });

  it('by the answer of the API, too', async () => {
    const world = new World();
    world.interfere = async (request) => {
      if (!isTokenCall(request, 'POST')) return undefined;
      const created = (await (await world.organization.handle(request)).json()) as object;
      return Response.json({ ...created, token: 'opaque', token_type: 'read_write' });
    };
    const { outcomes } = await world.apply(reader);
    expect(outcomes.at(-1)).toMatchObject({ error: { code: 'TOKEN_DIFFERS' } });
  });

  it.each([
    'opaque',
    'a.b.c',
    jwt({}),
    jwt({ tokenType: 'other' }),
    jwt({ tokenType: 'read_scaling', readOnly: false }),
  ])('is not suspected where its claims do not tell: %s', async (secret) => {
    const world = new World();
    world.interfere = async (request) => {
      if (!isTokenCall(request, 'POST')) return undefined;
      const created = (await (await world.organization.handle(request)).json()) as object;
      return Response.json({ ...created, token: secret });
    };
    const { outcomes } = await world.apply(reader);
    expect(outcomes.filter(({ result }) => result !== 'done')).toEqual([]);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow']);
  });
});

describe('a creation whose answer is lost', () => {
  /** The call takes effect, then the connection breaks. */
  function loseAnswers(world: World, fits: (request: Request) => boolean) {
    world.interfere = async (request) => {
      if (!fits(request)) return undefined;
      await world.organization.handle(request);
      return Response.error();
    };
  }

  it('finds the token and revokes it, because its secret is lost', async () => {
    const world = new World();
    loseAnswers(world, (request) => isTokenCall(request, 'POST'));
    const { outcomes } = await world.apply(desired);
    expect(outcomes.at(-1)).toMatchObject({ result: 'failed', error: { code: 'TOKEN_LOST' } });
    expect(world.tokenNames('etl_prod')).toEqual([]);
    world.interfere = undefined;
    await world.apply(desired);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.2']);
    expect(brief(await world.plan(desired))).toEqual([]);
  });

  it('lets the next run find and revoke a token when the list fails', async () => {
    const world = new World();
    await world.apply(desired);
    await world.organization.advance(80 * DAY);
    let isLost = false;
    world.interfere = async (request) => {
      if (isLost) return new Response('<html>', { status: 503 });
      if (!isTokenCall(request, 'POST')) return undefined;
      isLost = true;
      await world.organization.handle(request);
      return Response.error();
    };
    await world.apply(desired);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2']);
    world.interfere = undefined;
    const { plan } = await world.apply(desired);
    expect(brief(plan)).toEqual(['rotate_token etl_prod/airflow', 'revoke_token etl_prod/airflow']);
    expect(plan.actions[0]?.reason).toMatchObject({ kind: 'due' });
    expect(plan.actions[1]).toMatchObject({ reason: { kind: 'orphan' }, before: { name: 'airflow.2' } });
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.3']);
  });

  it('finds the account', async () => {
    const world = new World();
    loseAnswers(world, (request) => request.method === 'POST' && request.url.endsWith('/v1/users'));
    const { outcomes } = await world.apply(desired);
    expect(outcomes.map((outcome) => outcome.result)).toEqual(['done', 'done']);
  });
});

describe('the overlap of a replaced token', () => {
  async function due(): Promise<World> {
    const world = new World();
    await world.apply(desired, { verify: async (account) => smokeOf(account.username, 'passed', ['airflow']) });
    await world.organization.advance(80 * DAY);
    return world;
  }

  it('begins when the new token has connected', async () => {
    const world = await due();
    await world.apply(desired, { verify: async (account) => smokeOf(account.username, 'passed', ['airflow']) });
    expect(entryOf(world)?.current).toMatchObject({ name: 'airflow.2', verified_at: expect.any(String) });
    expect(entryOf(world)?.retiring).toMatchObject([{ name: 'airflow', retire_at: expect.any(String) }]);
  });

  it('does not begin before that, and begins when a later generation has connected', async () => {
    const world = await due();
    await world.apply(desired, { verify: async (account) => smokeOf(account.username, 'failed') });
    await world.organization.advance(5 * DAY);
    const plan = await world.plan(desired);
    expect(brief(plan)).toEqual([]);
    expect(plan.retest).toEqual(['etl_prod']);
    expect(plan.unverified).toEqual([{ account: 'etl_prod', token: 'airflow' }]);
    expect(plan.warnings[0]).toMatchObject({ kind: 'unverified', name: 'airflow.2', replaced: 'airflow' });
    // That the account connects with another token does not verify this one.
    await world.apply(desired, { verify: async (account) => smokeOf(account.username, 'passed') });
    expect(entryOf(world)?.retiring).toMatchObject([{ name: 'airflow' }]);
    expect(entryOf(world)?.retiring[0]).not.toHaveProperty('retire_at');
    expect((await world.plan(desired)).retest).toEqual([]);
    const verify = async () => smokeOf('etl_prod', 'passed', ['airflow']);
    await world.apply(desired, { rotate: () => true, verify });
    expect(entryOf(world)?.retiring.map((old) => old.retire_at)).toEqual([expect.any(String), expect.any(String)]);
    await world.organization.advance(25 * HOUR);
    expect(brief((await world.apply(desired, { verify })).plan)).toEqual([
      'revoke_token etl_prod/airflow',
      'revoke_token etl_prod/airflow',
    ]);
  });

  it('begins without a verification with --no-smoke', async () => {
    const world = await due();
    await world.apply(desired, { verify: async (account) => smokeOf(account.username, 'failed') });
    await world.apply(desired);
    expect(entryOf(world)?.retiring).toMatchObject([{ name: 'airflow', retire_at: expect.any(String) }]);
  });

  it('of a replacement that an interrupted run never tested: another one is created and tested', async () => {
    const world = await due();
    await world.apply(desired, { verify: async (account) => smokeOf(account.username, 'interrupted') });
    const { plan } = await world.apply(desired, { verify: async () => smokeOf('etl_prod', 'passed', ['airflow']) });
    expect(plan.actions.map(({ reason }) => reason)).toMatchObject([
      { kind: 'interrupted', left: 'untested', current: 'airflow.2' },
    ]);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2', 'airflow.3']);
    expect(brief(await world.plan(desired))).toEqual([]);
  });

  it('of 0s ends at once, after the verification', async () => {
    const without = desire({ etl_prod: { tokens: [token('airflow', { overlap: 0 })] } });
    const world = new World();
    await world.apply(without);
    await world.organization.advance(80 * DAY);
    await world.apply(without, { verify: async (account) => smokeOf(account.username, 'passed', ['airflow']) });
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.2']);
    expect(brief(await world.plan(without))).toEqual([]);
  });
});

describe('an orphan that programs may use', () => {
  it('is kept until its replacement has connected', async () => {
    const world = new World();
    await world.apply(desired);
    await world.organization.advance(80 * DAY);
    // Killed after the secret of airflow.2 was stored, and before that was recorded.
    const before = world.stateWriter.state;
    await world.apply(desired);
    const at = new Date(world.organization.now()).toISOString();
    const intent = { name: 'airflow.2', generation: 2, at, storing: true };
    world.stateWriter.state = before;
    await updateToken(world.stateWriter, 'etl_prod', 'airflow', (token) => ({
      ...token,
      generation: 2,
      intents: [intent],
    }));

    const failing = await world.apply(desired, { verify: async () => smokeOf('etl_prod', 'failed') });
    expect(failing.outcomes.map(({ action, result }) => `${action.action} ${result}`)).toEqual(['rotate_token done']);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2', 'airflow.3']);
    const replaced = (await world.plan(desired)).warnings.flatMap((each) =>
      each.kind === 'unverified' ? [each.replaced] : [],
    );
    expect(replaced).toEqual(['airflow', 'airflow.2']);
    await world.apply(desired, { verify: async () => smokeOf('etl_prod', 'passed', ['airflow']) });
    await world.organization.advance(23 * HOUR);
    expect(brief(await world.plan(desired))).toEqual([]);
    await world.organization.advance(2 * HOUR);
    await world.apply(desired);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.3']);
  });
});

describe('a failure outside of actions', () => {
  it('fails the apply, and stops no other account', async () => {
    const without = desire({
      etl_prod: { tokens: [token('airflow', { overlap: 0 })] },
      other: { tokens: [token('airflow')] },
    });
    const world = new World();
    await world.apply(without);
    await world.organization.advance(80 * DAY);
    world.interfere = (request) => (isTokenCall(request, 'DELETE') ? new Response('', { status: 503 }) : undefined);
    const { failures, outcomes } = await world.apply(without);
    expect(outcomes.map((outcome) => outcome.result)).toEqual(['done', 'done']);
    expect(failures.map((failure) => failure.code)).toEqual(['API_FAILED']);
    world.interfere = undefined;
    await world.apply(without);
    expect(world.tokenNames('etl_prod')).toEqual(['airflow.2']);
    expect(brief(await world.plan(without))).toEqual([]);
  });
});

describe('an account that is deprovisioned for a while', () => {
  it('keeps its entry in the state', async () => {
    const world = new World();
    world.store.fails = new UserError('STORE_FAILED', 'the vault is sealed', 'Unseal it.');
    world.interfere = (request) => (isTokenCall(request, 'DELETE') ? new Response('', { status: 503 }) : undefined);
    await world.apply(desired);
    await world.organization.deprovision('etl_prod');
    await world.apply(desired);
    expect(entryOf(world)?.intents).toMatchObject([{ name: 'airflow', storing: true }]);
  });
});

describe('a failed action', () => {
  it('skips the actions that depend on it, and no others', async () => {
    const world = new World();
    const two = desire({
      broken: { tokens: [token('a')] },
      whole: { ducklings: { read_write: { size: 'jumbo' }, read_scaling: {} }, tokens: [token('a'), token('b')] },
    });
    world.interfere = async (request) => {
      const text = request.method === 'GET' ? '' : await request.clone().text();
      const isRefused = text.includes('"broken"') || request.method === 'PUT';
      return isRefused ? Response.json({ message: 'no', code: 'BAD_REQUEST' }, { status: 400 }) : undefined;
    };
    const { outcomes } = await world.apply(two);
    expect(outcomes.map(({ action, result }) => `${action.account} ${action.action} ${result}`)).toEqual([
      'broken create_account failed',
      'broken create_token skipped',
      'whole create_account done',
      'whole set_ducklings failed',
      'whole create_token done',
      'whole create_token done',
    ]);
    expect(world.stateWriter.state.accounts.has('broken')).toBe(false);
  });

  it('finishes actions in progress after an interruption, and begins no others', async () => {
    const world = new World();
    const stop = new AbortController();
    world.interfere = (request) => {
      if (isTokenCall(request, 'POST')) stop.abort();
      return undefined;
    };
    const many = desire({ etl_prod: { tokens: [token('a'), token('b'), token('c')] } });
    const { interrupted, outcomes } = await world.apply(many, { stopping: stop.signal });
    expect(interrupted).toBe(true);
    expect(outcomes.map((outcome) => outcome.result)).toEqual(['done', 'done', 'skipped', 'skipped']);
    expect([...world.store.secrets.keys()]).toEqual(['etl_prod/a']);
    // A destroy knows what the stopped run made.
    expect(world.stateWriter.state.accounts.get('etl_prod')?.id).toMatch(/./);
    await world.apply(many);
    expect(world.tokenNames('etl_prod')).toEqual(['a', 'b', 'c']);
  });

  it.each([0, DAY])(
    'after an interruption without a smoke test, a rotation that was done is not done again',
    async (overlap) => {
      const world = new World();
      const one = desire({ etl_prod: { tokens: [token('airflow', { overlap })] } });
      await world.apply(one);
      const stop = new AbortController();
      world.interfere = (request) => {
        if (isTokenCall(request, 'POST')) stop.abort();
        return undefined;
      };
      const { outcomes } = await world.apply(one, { rotate: () => true, stopping: stop.signal });
      expect(outcomes.map(({ result }) => result)).toEqual(['done']);
      expect(world.tokenNames('etl_prod')).toEqual(['airflow', 'airflow.2']);
      const { plan } = await world.apply(one);
      expect(brief(plan)).toEqual(overlap === 0 ? [expect.stringContaining('revoke')] : []);
    },
  );
});

describe('accounts in parallel', () => {
  const names = [1, 2, 3, 4, 5, 6].map((n) => `tenant_${n}`);
  const many = desire(Object.fromEntries(names.map((name) => [name, { tokens: [token('airflow')] }])));

  /** What is in progress at a time, at most: secrets that are stored, and accounts that are not finished. */
  async function peaks(parallelism: number, gathersWrites?: true) {
    const world = new World();
    const { stateWriter, store } = world;
    const running = { puts: 0, updates: 0 };
    const peak = { puts: 0, updates: 0 };
    const around = async <T>(what: 'puts' | 'updates', act: () => Promise<T>): Promise<T> => {
      running[what] += 1;
      peak[what] = Math.max(peak[what], running[what]);
      // As far as a state in another region, or a command of a store.
      await new Promise((done) => setTimeout(done, 5));
      running[what] -= 1;
      return act();
    };
    const [update, put] = [stateWriter.update.bind(stateWriter), store.put.bind(store)];
    stateWriter.update = (...of) => around('updates', () => update(...of));
    store.put = (...of) => around('puts', () => put(...of));
    Object.assign(store, { gathersWrites });
    const { outcomes } = await world.apply(many, { parallelism });
    expect(outcomes.map(({ result }) => result)).toEqual(Array(12).fill('done'));
    return peak;
  }

  it('go on while others wait for the state', async () => {
    expect((await peaks(2)).updates).toBeGreaterThanOrEqual(4);
  });

  it('store no more secrets at a time than operations are allowed', async () => {
    expect((await peaks(2)).puts).toBeLessThanOrEqual(2);
  });

  it('go on while others wait for a store that writes secrets together', async () => {
    expect((await peaks(2, true)).puts).toBeGreaterThanOrEqual(4);
  });

  it('are processed one after the other where one operation is allowed', async () => {
    expect(await peaks(1)).toEqual({ puts: 1, updates: 1 });
  });
});

describe('a secret of a token that is gone', () => {
  /** A store whose secrets have other paths from some day on, and which can remove them. */
  class MovedStore extends MemoryStore {
    folder = 'old';
    readonly removed: string[] = [];

    override secretPath(token: { account: string; token: string }): string {
      return `${this.folder}/${super.secretPath(token)}`;
    }

    async remove({ secretPath }: ObsoleteSecret): Promise<void> {
      this.removed.push(secretPath);
    }
  }

  async function world() {
    const [world, store] = [new World(), new MovedStore()];
    world.stores = new Map([['memory', store]]);
    await world.apply(desired);
    store.folder = 'new';
    await world.apply(desired, { rotate: () => true });
    await world.organization.advance(200 * DAY);
    store.removed.length = 0;
    return { world, store };
  }

  it('is removed at the beginning', async () => {
    const { world: here, store } = await world();
    await here.apply(desired);
    expect(store.removed).toHaveLength(1);
  });

  it('is not removed by a run that lost the state while it waited for an answer', async () => {
    const { world: here, store } = await world();
    here.stateWriter.confirm = () => Promise.reject(lostState);
    await expect(here.apply(desired)).rejects.toMatchObject({ code: 'STATE_LOST' });
    expect(store.removed).toEqual([]);
  });

  it('is not removed by a run that lost the state while its token was revoked', async () => {
    const [world, store] = [new World(), new MovedStore()];
    world.stores = new Map([['memory', store]]);
    await world.apply(desired);
    world.interfere = (request) => {
      if (isTokenCall(request, 'DELETE')) world.stateWriter.confirm = () => Promise.reject(lostState);
      return undefined;
    };
    const { outcomes } = await world.apply(desire({ etl_prod: {} }));
    expect(outcomes.at(-1)).toMatchObject({ result: 'failed', error: { code: 'STATE_LOST' } });
    expect(world.tokenNames('etl_prod')).toEqual([]);
    expect(store.removed).toEqual([]);
  });

  it('is not removed after an interruption', async () => {
    const { world: here, store } = await world();
    await here.apply(desired, { stopping: AbortSignal.abort() });
    expect(store.removed).toEqual([]);
  });
});

describe('the list of users that is read before an account is deleted', () => {
  const three = ['acme', 'globex', 'initech'];
  const accounts = (names: readonly string[]) =>
    desire(Object.fromEntries(names.map((name) => [name, { protected: false }])), { guardrails: { maxDeletes: 9 } });

  it('is read again for the next account after a failure', async () => {
    const world = new World();
    await world.apply(accounts(three));
    let failures = 0;
    const { outcomes } = await world.apply(accounts([]), {
      prune: true,
      parallelism: 1,
      onEvent: ({ kind }) => {
        if (kind !== 'begin' || failures > 0) return;
        world.interfere = (request) => {
          if (!new URL(request.url).pathname.endsWith('/users')) return undefined;
          failures += 1;
          world.interfere = undefined;
          return Response.json({ message: 'not now' }, { status: 403 });
        };
      },
    });
    expect(failures).toBe(1);
    expect(outcomes.map(({ result }) => result)).toEqual(['failed', 'done', 'done']);
  });

  it('and lacks the account, says that it cannot be told', async () => {
    const world = new World();
    await world.apply(accounts(['acme']));
    const { outcomes } = await world.apply(accounts([]), {
      prune: true,
      onEvent: ({ kind }) => {
        if (kind !== 'begin') return;
        world.interfere = (request) =>
          new URL(request.url).pathname.endsWith('/users') ? Response.json({ users: [] }) : undefined;
      },
    });
    expect(outcomes).toMatchObject([{ result: 'failed', error: { code: 'PLAN_STALE' } }]);
    expect(outcomes[0]?.error?.message).not.toContain('another account');
  });
});

describe('a deletion whose answer is lost', () => {
  const one = desire({ acme: { protected: false } }, { guardrails: { maxDeletes: 9 } });
  const none = desire({}, { guardrails: { maxDeletes: 9 } });

  /** Deletes, and `meanwhile` happens before the deletion would be repeated. Returns how often it was requested. */
  async function deleting(world: World, meanwhile: () => unknown) {
    await world.apply(one);
    let deletions = 0;
    world.interfere = async (request) => {
      if (request.method !== 'DELETE') return undefined;
      deletions += 1;
      if (deletions > 1) return undefined;
      await world.organization.handle(request);
      await meanwhile();
      return new Response('<html>', { status: 504 });
    };
    const { outcomes } = await world.apply(none, { prune: true });
    world.interfere = undefined;
    return { deletions, outcomes };
  }

  it('is repeated, and finds the account gone', async () => {
    const world = new World();
    const { deletions, outcomes } = await deleting(world, () => {});
    expect(outcomes).toMatchObject([{ result: 'done' }]);
    expect(deletions).toBe(2);
    expect(brief(await world.plan(none))).toEqual([]);
  });

  it('leaves the account alone that has its name by then', async () => {
    const world = new World();
    const { deletions, outcomes } = await deleting(world, () => world.openApi().createUser('acme'));
    expect(outcomes).toMatchObject([{ result: 'failed', error: { code: 'PLAN_STALE' } }]);
    expect(deletions).toBe(1);
    expect((await world.openApi().listUsers()).users.map(({ username }) => username)).toContain('acme');
    // Nothing is left to do: what the state had is gone.
    expect(brief(await world.plan(none, { prune: true }))).not.toContain('delete_account acme');
  });

  it('is not repeated by a run that has lost the state, nor where the list of users is not read', async () => {
    const lost = new World();
    const afterLoss = await deleting(lost, () => {
      lost.stateWriter.confirm = () => Promise.reject(lostState);
    });
    expect(afterLoss).toMatchObject({ deletions: 1, outcomes: [{ result: 'failed', error: { code: 'STATE_LOST' } }] });
    const unlisted = new World();
    const afterFailure = await deleting(unlisted, () => {
      unlisted.interfere = (request) =>
        request.method === 'GET' ? Response.json({ message: 'not now' }, { status: 403 }) : undefined;
    });
    expect(afterFailure).toMatchObject({ deletions: 1, outcomes: [{ result: 'failed', error: { status: 504 } }] });
  });
});

it('a new token whose answer has the id of another is revoked, and the state stays one that can be read', async () => {
  const world = new World();
  const one = desire({ etl_prod: { tokens: [token('airflow')] } });
  await world.apply(one);
  const known = entryOf(world)?.current?.id;
  world.interfere = async (request) => {
    if (!isTokenCall(request, 'POST')) return undefined;
    const answer = await world.organization.handle(request);
    return Response.json({ ...((await answer.json()) as object), id: known });
  };
  const two = desire({ etl_prod: { tokens: [token('airflow')] }, globex: { tokens: [token('app')] } });
  const { outcomes } = await world.apply(two);
  expect(outcomes.at(-1)).toMatchObject({ result: 'failed' });
  expect(world.tokenNames('globex')).toEqual([]);
  expect(world.store.secrets.has('globex/app')).toBe(false);
  world.interfere = undefined;
  await world.apply(two);
  expect(brief(await world.plan(two))).toEqual([]);
  expect(world.tokenNames('globex')).toEqual(['app.2']);
});
