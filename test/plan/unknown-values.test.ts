/** A value that this version does not know stops nothing that is unmanaged, and of what is managed that thing alone. */
import { describe, expect, it } from 'vitest';
import { accountDifferences, seenAccounts } from '../../src/plan/stale-plan.ts';
import { appliedText } from '../../src/report/apply/text.ts';
import { reasonText } from '../../src/wording/reasons.ts';
import { auditOf, found, liveOf } from '../audit/auditing.ts';
import { ImportStage } from '../import/import-stage.ts';
import { brief, DAY, desire, token, World } from '../world.ts';

type Json = Record<string, unknown>;

/** Changes objects in the responses to GET. */
function alter(world: World, change: (object: Json) => Json | null): void {
  world.interfere = async (request) => {
    if (request.method !== 'GET') return undefined;
    const response = await world.organization.handle(request);
    const body = JSON.parse(await response.text(), (_key, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) ? change(value as Json) : value,
    );
    return Response.json(body, { status: response.status, headers: { date: response.headers.get('date') ?? '' } });
  };
}

const without = (name: string) => (object: Json) =>
  Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
const RATES = new Map([['pulse', 0.5]] as const);
const SMALL = { read_write: { size: 'pulse' }, read_scaling: { size: 'pulse', pool_size: 2 } } as const;

/** Two managed tokens that are due, an unmanaged token and an unmanaged account. */
async function due(differs: Parameters<typeof desire>[1] = {}) {
  const world = new World();
  const desired = desire(
    { etl_prod: { tokens: [token('a'), token('b')] }, ml_prod: { tokens: [token('c')] } },
    differs,
  );
  await world.apply(desired);
  await world.api.createUser('stray');
  await world.organization.advance(80 * DAY);
  await world.api.createToken('etl_prod', { name: 'laptop' });
  return { world, desired };
}

const ROTATIONS = ['rotate_token etl_prod/a', 'rotate_token etl_prod/b', 'rotate_token ml_prod/c'];
const OF = { laptop: ({ name }: Json) => name === 'laptop', a: ({ name }: Json) => name === 'a' };

describe('an unmanaged token', () => {
  it.each([
    ['of a new type', (object: Json) => ({ ...object, token_type: 'admin' })],
    ['without created_ts', without('created_ts')],
    ['without an id', without('id')],
    ['with an invalid expire_at', (object: Json) => ({ ...object, expire_at: 'soon' })],
  ])('%s stops nothing, and is named', async (_name, change) => {
    const { world, desired } = await due();
    alter(world, (object) => (OF.laptop(object) ? change(object) : object));
    const plan = await world.plan(desired);
    expect(brief(plan)).toEqual(ROTATIONS);
    expect(plan.errors).toEqual([]);
    expect(plan.unmanaged.tokens).toMatchObject([{ account: 'etl_prod', name: 'laptop' }]);
  });

  it('without an id is found by an audit', async () => {
    const { world, desired } = await due();
    alter(world, (object) => (OF.laptop(object) ? without('id')(object) : object));
    expect(found(await auditOf(world, desired)).join()).toContain('MDA024 etl_prod');
  });
});

describe('a token without an id', () => {
  const stopped = { kind: 'unreadable', account: 'etl_prod', code: 'ACCOUNT_UNREADABLE' };

  it('stops its account if it is a managed one', async () => {
    const { world, desired } = await due();
    alter(world, (object) => (OF.a(object) ? without('id')(object) : object));
    const plan = await world.plan(desired);
    expect(brief(plan)).toEqual(ROTATIONS.slice(2));
    expect(plan.errors).toMatchObject([stopped]);
  });

  it('stops its account if a managed one is not listed', async () => {
    const { world, desired } = await due();
    world.interfere = async (request) => {
      const response = await world.organization.handle(request);
      if (request.method !== 'GET' || !request.url.includes('etl_prod/tokens')) return response;
      const { tokens } = (await response.json()) as { tokens: Json[] };
      const left = tokens.filter((each) => !OF.a(each)).map((each) => (OF.laptop(each) ? without('id')(each) : each));
      return Response.json({ tokens: left }, { headers: { date: response.headers.get('date') ?? '' } });
    };
    const plan = await world.plan(desired);
    expect(brief(plan)).toEqual(ROTATIONS.slice(2));
    expect(plan.errors).toMatchObject([stopped]);
  });

  it.each([
    ['of a managed series', 'a.2'],
    ['of the name of a new token', 'new'],
  ])('stops the token alone whose name it has: %s', async (_what, name) => {
    const { world } = await due();
    await world.api.createToken('etl_prod', { name });
    alter(world, (object) => (object.name === name ? without('id')(object) : object));
    const more = desire({
      etl_prod: { tokens: [token('a'), token('b'), token('new')] },
      ml_prod: { tokens: [token('c')] },
    });
    const plan = await world.plan(more);
    const others = ['rotate_token etl_prod/a', 'rotate_token etl_prod/b', 'create_token etl_prod/new'];
    const key = name.replace('.2', '');
    expect(brief(plan)).toEqual([...others.filter((each) => !each.endsWith(`/${key}`)), 'rotate_token ml_prod/c']);
    expect(plan.errors).toMatchObject([{ ...stopped, token: key }]);
  });

  it('stops its account if it has no name', async () => {
    const { world, desired } = await due();
    alter(world, (object) => (OF.laptop(object) ? without('name')(without('id')(object)) : object));
    const plan = await world.plan(desired);
    expect(brief(plan)).toEqual(ROTATIONS.slice(2));
    expect(plan.errors).toMatchObject([{ kind: 'unreadable', account: 'etl_prod' }]);
  });
});

describe('a managed token', () => {
  it.each([
    ['of a new type', (object: Json) => ({ ...object, token_type: 'admin' })],
    ['without created_ts', without('created_ts')],
    ['without a name', without('name')],
  ])('%s stops that token alone', async (_name, change) => {
    const { world, desired } = await due();
    alter(world, (object) => (OF.a(object) ? change(object) : object));
    const plan = await world.plan(desired);
    expect(brief(plan)).toEqual(ROTATIONS.slice(1));
    expect(plan.errors).toMatchObject([{ kind: 'unreadable', account: 'etl_prod', token: 'a' }]);
    expect(plan.unmanaged.tokens).toMatchObject([{ name: 'laptop' }]);
    const removed = await world.plan(desire({ etl_prod: { tokens: [token('b')] }, ml_prod: { tokens: [token('c')] } }));
    expect(brief(removed)).toEqual(ROTATIONS.slice(1));
    expect(removed.errors).toMatchObject([{ kind: 'unreadable', token: 'a' }]);
  });

  it.each([
    ['of a new type', (object: Json) => ({ ...object, token_type: 'admin' })],
    ['without created_ts', without('created_ts')],
    ['without a name', without('name')],
  ])('that was replaced and is %s for a time is not forgotten, and is revoked later', async (_name, change) => {
    const { world, desired } = await due();
    await world.apply(desired);
    const retiring = () => world.stateWriter.state.accounts.get('etl_prod')?.tokens.get('a')?.retiring;
    expect(retiring()).toMatchObject([{ name: 'a' }]);
    alter(world, (object) => (OF.a(object) ? change(object) : object));
    await world.apply(desired);
    await world.apply(desire({ etl_prod: { tokens: [token('b')] }, ml_prod: { tokens: [token('c')] } }));
    expect(retiring()).toMatchObject([{ name: 'a' }]);
    world.interfere = undefined;
    await world.organization.advance(2 * DAY);
    expect(brief(await world.plan(desired, { only: (name) => name === 'etl_prod' }))).toEqual([
      'revoke_token etl_prod/a',
      'revoke_token etl_prod/b',
    ]);
  });

  it('is not created beside one of its name that cannot be read', async () => {
    const { world } = await due();
    alter(world, (object) => (OF.laptop(object) ? without('created_ts')(object) : object));
    const desired = desire({ etl_prod: { tokens: [token('a'), token('b'), token('laptop')] } });
    const plan = await world.plan(desired, { only: (name) => name === 'etl_prod' });
    expect(brief(plan)).toEqual(ROTATIONS.slice(0, 2));
    expect(plan.errors).toMatchObject([{ kind: 'unreadable', token: 'laptop' }]);
  });
});

describe('a managed token of an account that left the configuration', () => {
  /** `a` was replaced by `a.2`, which cannot be read. */
  async function retained() {
    const { world, desired } = await due({ guardrails: { maxDeletes: 1 } });
    await world.apply(desired);
    const before = await world.plan(desired);
    alter(world, (object) => (object.name === 'a.2' ? { ...object, token_type: 'admin' } : object));
    return { world, before, left: desire({ ml_prod: { tokens: [token('c')] } }, { guardrails: { maxDeletes: 1 } }) };
  }

  it('is not known, instead of unmanaged, and the token before it is not said to be without a replacement', async () => {
    const { world, left } = await retained();
    const plan = await world.plan(left);
    expect(plan.errors).toMatchObject([{ kind: 'unreadable', account: 'etl_prod', token: 'a' }]);
    expect(plan.unmanaged.tokens).toMatchObject([{ name: 'laptop' }]);
    expect(plan.warnings.filter((each) => 'token' in each && each.token === 'a')).toEqual([]);
  });

  it('is not gone for an audit, so nobody is told to forget it', async () => {
    const { world, left } = await retained();
    const result = await auditOf(world, left);
    expect(found(result).join()).not.toContain('MDA007');
    expect(found(result)).toContain('MDA024 etl_prod');
    const removed = result.findings.find(({ rule }) => rule === 'MDA032');
    expect(removed?.message).toContain('4 tokens');
  });

  it('is among the tokens that a deletion names and counts', async () => {
    const { world, left } = await retained();
    const [deletion] = (await world.plan(left, { prune: true })).actions;
    expect(deletion && reasonText(deletion)).toContain('5 tokens');
    expect(deletion).toMatchObject({ before: { unreadable_tokens: [{ name: 'a.2' }] } });
  });

  it('is not gone for a saved plan', async () => {
    const { world, before } = await retained();
    const read = await world.plan(desire({ etl_prod: { tokens: [token('a'), token('b')] } }));
    expect(read.errors).toMatchObject([{ token: 'a' }]);
    const live = async () => seenAccounts(await liveOf(world, desire({ etl_prod: {} })));
    const now = await live();
    world.interfere = undefined;
    expect(before.errors).toEqual([]);
    const differences = accountDifferences(await live(), now);
    expect(differences).toContain('etl_prod');
    expect(differences).not.toContain('a.2');
  });
});

describe('a token that is to be revoked at once', () => {
  const asked = { rotate: (name: string) => name === 'etl_prod', revokeOld: 'stored' } as const;
  const lastLine = (applied: Awaited<ReturnType<World['apply']>>) =>
    appliedText({ plan: applied.plan, applied, smoke: { at: '', accounts: [], warnings: [], passed: true } })
      .trimEnd()
      .split('\n')
      .at(-1);

  it('and cannot be read is named in the last line as still live, also by the next apply of the request', async () => {
    const { world, desired } = await due();
    await world.apply(desired, asked);
    alter(world, (object) => (object.name === 'a.2' ? { ...object, token_type: 'admin' } : object));
    const first = await world.apply(desired, asked);
    expect(first.plan.not_revoked).toEqual(['etl_prod/a.2']);
    expect(first.outcomes.map(({ action, result }) => `${action.action} ${result}`)).toContain('revoke_token done');
    expect(lastLine(first)).toMatch(/etl_prod\/a\.2\.$/);
    const { state } = world.stateWriter;
    const account = state.accounts.get('etl_prod');
    const entry = account?.tokens.get('a');
    if (!account || !entry) throw new Error('not applied');
    const request = { at: new Date(world.api.now()).toISOString(), generation: 2 };
    const tokens = new Map([...account.tokens, ['a', { ...entry, revoke_old: request }]]);
    world.stateWriter.state = {
      ...state,
      accounts: new Map([...state.accounts, ['etl_prod', { ...account, tokens }]]),
    };
    const again = await world.apply(desired);
    expect(lastLine(again)).toMatch(/etl_prod\/a\.2\.$/);
    world.interfere = undefined;
    const last = await world.apply(desired, asked);
    expect(last.plan.not_revoked).toBeUndefined();
  });

  it('of an account that cannot be read is still live too, and what was not asked for is not named', async () => {
    const { world, desired } = await due();
    world.interfere = async ({ url }) =>
      url.includes('/etl_prod/tokens') ? Response.json({ message: 'no' }, { status: 500 }) : undefined;
    const only = { ...asked, rotate: (name: string, key: string) => name === 'etl_prod' && key === 'a' };
    const plan = await world.plan(desired, only);
    expect(plan.errors).toMatchObject([{ account: 'etl_prod' }]);
    expect(plan.not_revoked).toEqual(['etl_prod/a']);
    expect((await world.plan(desired)).not_revoked).toBeUndefined();
  });
});

it('a configured token that cannot be read is not gone for an audit', async () => {
  const { world, desired } = await due();
  alter(world, (object) => (OF.a(object) ? { ...object, token_type: 'admin' } : object));
  expect(found(await auditOf(world, desired)).join()).not.toContain('MDA007');
});

describe('a new size', () => {
  const tera = (object: Json) => ('instance_size' in object ? { ...object, instance_size: 'tera' } : object);

  it('of unmanaged Ducklings stops nothing, also with rates and a ceiling', async () => {
    const { world, desired } = await due({ computeRates: RATES, guardrails: { maxComputeCeiling: 5 } });
    alter(world, tera);
    const plan = await world.plan(desired);
    expect(brief(plan)).toEqual(ROTATIONS);
    expect(plan).toMatchObject({ errors: [], violations: [], compute: { before: null, after: null } });
  });

  it('of managed Ducklings leaves their ceiling as configured, before and after', async () => {
    const { world } = await due();
    alter(world, tera);
    const ducklings = SMALL;
    const accounts = { etl_prod: { tokens: [token('a')], ducklings }, ml_prod: { tokens: [token('c')], ducklings } };
    const plan = await world.plan(desire(accounts, { computeRates: RATES }));
    expect(plan.errors).toHaveLength(2);
    expect(plan.compute).toEqual({ before: 3, after: 3 });
  });

  it('of managed Ducklings stops a change of them, and no rotation', async () => {
    const { world } = await due();
    alter(world, tera);
    const desired = desire({ etl_prod: { tokens: [token('a')], ducklings: SMALL } });
    const plan = await world.plan(desired, { only: (name) => name === 'etl_prod' });
    expect(brief(plan)).toEqual(['rotate_token etl_prod/a', 'revoke_token etl_prod/b']);
    expect(plan.errors).toMatchObject([{ kind: 'unreadable', account: 'etl_prod', code: 'API_FAILED' }]);
  });
});

describe('a user', () => {
  it.each(['id', 'is_deprovisioned', 'is_service_account', 'roles'])(
    'without %s stops nothing if unmanaged, and is named',
    async (field) => {
      const { world, desired } = await due();
      alter(world, (object) => (object.username === 'stray' ? { ...object, [field]: 7 } : object));
      const plan = await world.plan(desired);
      expect(brief(plan)).toEqual(ROTATIONS);
      expect(plan).toMatchObject({ errors: [], unmanaged: { accounts: ['stray'] } });
    },
  );

  it('that is null makes the list incomplete, and stops nothing', async () => {
    const { world, desired } = await due();
    alter(world, (object) => (object.username === 'stray' ? null : object));
    const plan = await world.plan(desired);
    expect(brief(plan)).toEqual(ROTATIONS);
    expect(plan.errors).toEqual([]);
    expect(plan.warnings).toContainEqual(expect.objectContaining({ kind: 'users_incomplete' }));
  });

  it('without an id is not recorded for a new account', async () => {
    const { world, desired } = await due();
    alter(world, (object) => (object.username === 'new' ? without('id')(object) : object));
    await world.apply({
      ...desire({ new: {} }),
      accounts: new Map([...desired.accounts, ...desire({ new: {} }).accounts]),
    });
    expect(world.stateWriter.state.accounts.get('new')).not.toHaveProperty('id');
  });

  it.each(['id', 'is_deprovisioned', 'is_service_account'])(
    'without %s stops its own account if managed',
    async (field) => {
      const { world, desired } = await due();
      alter(world, (object) => (object.username === 'ml_prod' ? without(field)(object) : object));
      const plan = await world.plan(desired);
      expect(brief(plan)).toEqual(ROTATIONS.slice(0, 2));
      expect(plan.errors).toMatchObject([{ kind: 'unreadable', account: 'ml_prod' }]);
    },
  );
});

describe('import --all', () => {
  it.each([
    ['a pool of 128', (object: Json) => ('flock_size' in object ? { ...object, flock_size: 128 } : object)],
    ['a new size', (object: Json) => ('instance_size' in object ? { ...object, instance_size: 'tera' } : object)],
  ])('leaves out an account with %s, names it, and writes the rest', async (_name, change) => {
    const the = new ImportStage();
    for (const name of ['first', 'odd', 'last']) await the.account(name, [{ name: 'app', ttl: 90 * DAY }]);
    the.world.interfere = async (request) => {
      if (!new URL(request.url).pathname.endsWith('/odd/instances')) return undefined;
      const body = await (await the.world.organization.handle(request)).text();
      return Response.json(
        JSON.parse(body, (_key, value) => (typeof value === 'object' && value !== null ? change(value) : value)),
      );
    };
    const decided = await the.import();
    expect(decided).toMatchObject({ accounts: 2, tokens: 2, skipped: [{ account: 'odd' }] });
    expect(the.read()).toContain('first:');
    expect(the.read()).toContain('last:');
    expect(the.read()).not.toContain('odd');
  });

  it('leaves out a token of a new type, and imports its account', async () => {
    const the = new ImportStage();
    await the.account(
      'first',
      ['app', 'laptop'].map((name) => ({ name, ttl: 90 * DAY })),
    );
    alter(the.world, (object) => (OF.laptop(object) ? { ...object, token_type: 'admin' } : object));
    const decided = await the.import();
    expect(decided).toMatchObject({
      accounts: 1,
      tokens: 1,
      skipped: [{ account: 'first', token: { name: 'laptop' } }],
    });
  });
});
