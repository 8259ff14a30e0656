import { describe, expect, it } from 'vitest';
import type { LiveApi } from '../../src/live/account.ts';
import { type LiveRequest, readLive } from '../../src/live/read.ts';
import type { Live } from '../../src/model/live.ts';
import type { WireDucklings, WireToken, WireUser } from '../../src/model/wire.ts';
import { ApiError, type ApiFailure } from '../../src/motherduck/transport-errors.ts';
import { bareAccount } from '../state/example.ts';

const DUCKLINGS: WireDucklings = {
  read_write: { instance_size: 'standard', cooldown_seconds: 600 },
  read_scaling: { instance_size: 'pulse', flock_size: 4 },
};

function user(username: string, about: Partial<WireUser> = {}): WireUser {
  const nobody = { email: null, first_name: null, last_name: null, roles: ['member'] };
  return { id: `id-${username}`, username, is_service_account: true, is_deprovisioned: false, ...nobody, ...about };
}

function token(id: string, about: Partial<WireToken> = {}): WireToken {
  return { id, name: id, created_ts: '2026-11-01T00:00:00Z', read_only: false, token_type: 'read_write', ...about };
}

function failure(kind: ApiFailure, status?: number): ApiError {
  const about = { call: 'GET /v1/x', effect: 'none' as const, ...(status === undefined ? {} : { status }) };
  return new ApiError(kind, 'API_FAILED', `failed: ${kind}`, 'hint', about);
}

interface World {
  users?: WireUser[] | ApiError;
  complete?: boolean;
  /** By username; an account that is missing here has none. */
  tokens?: Record<string, WireToken[] | ApiError>;
  ducklings?: Record<string, WireDucklings | ApiError>;
}

/** An API that returns fixed values and records the requests. */
function world({ users = [], complete = true, tokens = {}, ducklings = {} }: World) {
  const asked: string[] = [];
  const give = async <T>(call: string, value: T | ApiError): Promise<T> => {
    asked.push(call);
    await new Promise((resolve) => setImmediate(resolve));
    if (value instanceof ApiError) throw value;
    return value;
  };
  const api: LiveApi = {
    listUsers: async () => ({ users: await give('users', users), complete }),
    listTokens: (username) => give(`tokens ${username}`, tokens[username] ?? []),
    getDucklings: (username) => give(`ducklings ${username}`, ducklings[username] ?? DUCKLINGS),
    now: () => 1234 + asked.length,
  };
  const read = (
    names: readonly (string | { username: string; needsDucklings: boolean })[],
    more: Partial<LiveRequest> = {},
  ) => {
    const full = names.map((name) => (typeof name === 'string' ? { username: name, needsDucklings: true } : name));
    return readLive({ api, names: full, managed: new Map(), parallelism: 3, ...more });
  };
  return { asked, read };
}

const presences = (live: Live) => Object.fromEntries([...live.accounts].map(([key, { presence }]) => [key, presence]));

async function thrownBy(reading: Promise<Live>): Promise<unknown> {
  return reading.then(
    () => 'nothing',
    (error: unknown) => error,
  );
}

it('an account that is named by a secret is not asked for, since its name would be in the request', async () => {
  const { asked, read } = world({ users: [user('[secret 0f4c1a2b]'), user('other')] });
  const live = await read([], { others: () => true });
  expect(asked.sort()).toEqual(['ducklings other', 'tokens other', 'users']);
  expect(presences(live)).toEqual({ '[secret 0f4c1a2b]': 'unknown', other: 'present' });
});

describe('with a complete list of users', () => {
  it('reads present accounts and sends no requests for absent ones', async () => {
    const { asked, read } = world({ users: [user('A_1'), user('other')], tokens: { A_1: [token('t2'), token('t1')] } });
    const live = await read(['a_1', { username: 'gone', needsDucklings: true }]);
    expect(asked.sort()).toEqual(['ducklings A_1', 'tokens A_1', 'users']);
    expect(presences(live)).toEqual({ a_1: 'present', gone: 'absent' });
    const account = live.accounts.get('a_1');
    expect(account).toEqual({
      presence: 'present',
      value: {
        username: 'A_1',
        user: { id: 'id-A_1', username: 'A_1', isServiceAccount: true, isDeprovisioned: false, roles: ['member'] },
        ducklings: { read_write: { size: 'standard', cooldown: 600 }, read_scaling: { size: 'pulse', pool_size: 4 } },
        tokens: ['t1', 't2'].map((id) => ({
          id,
          name: id,
          type: 'read_write',
          createdAt: Date.UTC(2026, 10, 1),
          expiresAt: null,
        })),
      },
    });
    expect(live.users).toMatchObject({ listed: true, all: [{ username: 'A_1' }, { username: 'other' }] });
    expect(live.now).toBe(1237);
  });

  it('has the tokens of an account by their age, in whatever order they are listed', async () => {
    const made = (day: number) => ({ created_ts: `2026-11-0${day}T00:00:00Z` });
    const tokens = { A_1: [token('b', made(3)), token('c', made(1)), token('a', made(2))] };
    const live = await world({ users: [user('A_1')], tokens }).read(['a_1']);
    expect(live.accounts.get('a_1')).toMatchObject({ value: { tokens: [{ id: 'c' }, { id: 'a' }, { id: 'b' }] } });
  });

  it('cannot tell tokens of two accounts that have the same id', async () => {
    const users = [user('a'), user('b'), user('c')];
    const { read } = world({ users, tokens: { a: [token('t1'), token('t2')], b: [token('t2')], c: [token('t3')] } });
    const { accounts } = await read(['a', 'b', 'c']);
    const readable = [...accounts.values()].map((one) => (one.presence === 'present' ? one.value : undefined));
    expect(readable.map((one) => one?.tokens.map(({ id }) => id))).toEqual([['t1'], [], ['t3']]);
    expect(readable.map((one) => one?.unreadableTokens?.map(({ id }) => id))).toEqual([['t2'], ['t2'], undefined]);
  });

  it('asks for a managed account that it lacks', async () => {
    const { asked, read } = world({ users: [user('a')], ducklings: { gone: failure('absent', 404) } });
    const managed = new Map(['a', 'gone', 'skipped'].map((name) => [name, bareAccount(name)]));
    const live = await read(['a', 'gone', 'skipped', 'new'], { managed });
    expect(presences(live)).toEqual({ a: 'present', gone: 'absent', skipped: 'present', new: 'absent' });
    expect(asked.filter((call) => call.startsWith('ducklings')).sort()).toEqual([
      'ducklings a',
      'ducklings gone',
      'ducklings skipped',
    ]);
  });

  it('reads Ducklings only if needed, and once for a repeated name', async () => {
    const { asked, read } = world({ users: [user('a'), user('b')] });
    const live = await read([
      { username: 'a', needsDucklings: false },
      { username: 'b', needsDucklings: false },
      { username: 'B', needsDucklings: true },
    ]);
    expect(asked.sort()).toEqual(['ducklings b', 'tokens a', 'tokens b', 'users']);
    const [a, b] = [live.accounts.get('a'), live.accounts.get('b')];
    expect(a?.presence === 'present' && 'ducklings' in a.value).toBe(false);
    expect(b?.presence === 'present' && 'ducklings' in b.value).toBe(true);
  });

  it('sends nothing else without accounts', async () => {
    const { asked, read } = world({ users: [user('a')] });
    expect((await read([])).accounts.size).toBe(0);
    expect(asked).toEqual(['users']);
  });

  it('reports an account that is deleted meanwhile as absent, but not a deprovisioned one', async () => {
    const absent = failure('absent', 404);
    const { read } = world({
      users: [user('a'), user('b'), user('c', { is_deprovisioned: true })],
      tokens: { a: absent, c: absent },
      ducklings: { b: absent, c: absent },
    });
    const live = await read(['a', 'b', 'c']);
    expect(presences(live)).toEqual({ a: 'absent', b: 'absent', c: 'present' });
    expect(live.accounts.get('c')).toMatchObject({ value: { tokens: [], user: { isDeprovisioned: true } } });
  });

  it("does not look into a human user's account", async () => {
    const { asked, read } = world({ users: [user('anna', { is_service_account: false, email: 'anna@acme.example' })] });
    const live = await read(['anna']);
    expect(asked).toEqual(['users']);
    expect(live.accounts.get('anna')).toMatchObject({
      presence: 'present',
      value: { tokens: [], user: { isServiceAccount: false, email: 'anna@acme.example' } },
    });
  });

  it('prefers the active one of two users with the same name', async () => {
    const old = user('a', { id: 'old', is_deprovisioned: true });
    for (const users of [
      [old, user('A')],
      [user('A'), old],
    ]) {
      const live = await world({ users }).read(['a']);
      expect(live.accounts.get('a')).toMatchObject({ value: { user: { id: 'id-A' } } });
    }
  });
});

describe('with an incomplete list', () => {
  it('looks up the accounts that it lacks', async () => {
    const { asked, read } = world({ users: [user('a')], complete: false, ducklings: { gone: failure('absent', 404) } });
    expect(presences(await read(['a', 'b', 'gone']))).toEqual({ a: 'present', b: 'present', gone: 'absent' });
    expect(asked.sort()).toEqual(['ducklings a', 'ducklings b', 'ducklings gone', 'tokens a', 'tokens b', 'users']);
  });
});

describe('without a list of users', () => {
  it.each([failure('forbidden', 403), failure('not_motherduck', 404), failure('absent', 404)])(
    'asks for every account: $failure',
    async (why) => {
      const { asked, read } = world({ users: why, ducklings: { gone: failure('absent', 404) } });
      const live = await read([{ username: 'a', needsDucklings: false }, 'gone']);
      expect(live.users).toEqual({ listed: false, why });
      expect(live.accounts.get('a')).toEqual({ presence: 'present', value: { username: 'a', tokens: [] } });
      expect(live.accounts.get('gone')).toEqual({ presence: 'absent' });
      expect(asked.sort()).toEqual(['ducklings a', 'ducklings gone', 'tokens a', 'users']);
    },
  );

  it.each([
    failure('unauthorized', 401),
    failure('unreachable'),
    failure('timeout'),
    failure('unavailable', 503),
    failure('throttled', 429),
    failure('not_motherduck', 200),
    failure('invalid', 400),
  ])('ends when it is no matter of permission: $failure', async (why) => {
    const { asked, read } = world({ users: why });
    expect(await thrownBy(read(['a']))).toBe(why);
    expect(asked).toEqual(['users']);
  });

  it('fails if no account can be read either, since then the address is wrong', async () => {
    const why = failure('not_motherduck', 404);
    const { read } = world({
      users: why,
      ducklings: { a: failure('not_motherduck', 404), b: failure('not_motherduck', 404) },
    });
    expect(await thrownBy(read(['a', 'b']))).toMatchObject({ failure: 'not_motherduck' });
  });
});

describe('an account that cannot be read', () => {
  it('is unknown, and the others are read', async () => {
    const trouble = failure('unavailable', 503);
    const { read } = world({
      users: [user('a'), user('b'), user('c')],
      tokens: { a: trouble },
      ducklings: { b: trouble },
    });
    const live = await read(['a', 'b', 'c']);
    expect(presences(live)).toEqual({ a: 'unknown', b: 'unknown', c: 'present' });
    expect(live.accounts.get('a')).toEqual({ presence: 'unknown', error: trouble });
  });

  it.each(['created_ts', 'expire_at'])(
    'has a token that cannot be read if its time cannot be parsed: %s',
    async (field) => {
      for (const text of ['soon', '2026', '', '2026-13-45T00:00:00Z', 'Tue, 24 Nov 2026 12:00:00 GMT']) {
        const { read } = world({ users: [user('a')], tokens: { a: [token('t', { [field]: text })] } });
        const account = (await read(['a'])).accounts.get('a');
        if (account?.presence !== 'present') throw new Error(`not read: ${text}`);
        expect(account.value.tokens).toEqual([]);
        expect(account.value.unreadableTokens).toMatchObject([{ id: 't', why: expect.stringContaining(`"${field}"`) }]);
      }
    },
  );

  it.each([
    ['2026-11-24T12:00:00.123Z', Date.UTC(2026, 10, 24, 12, 0, 0, 123)],
    ['2026-11-24T12:00:00.123456Z', Date.UTC(2026, 10, 24, 12, 0, 0, 123)],
    ['2026-11-24T13:00:00+01:00', Date.UTC(2026, 10, 24, 12)],
    ['2026-11-24 12:00:00+00', Date.UTC(2026, 10, 24, 12)],
    ['2026-11-24T12:00:00', Date.UTC(2026, 10, 24, 12)],
  ])('but not for other formats of a time: %s', async (text, ms) => {
    const { read } = world({ users: [user('a')], tokens: { a: [token('t', { expire_at: text })] } });
    expect((await read(['a'])).accounts.get('a')).toMatchObject({ value: { tokens: [{ expiresAt: ms }] } });
  });

  it('fails once if every account is forbidden', async () => {
    const forbidden = failure('forbidden', 403);
    const { read } = world({ users: [user('a'), user('b')], tokens: { a: forbidden, b: forbidden } });
    expect(await thrownBy(read(['a', 'b', 'gone']))).toBe(forbidden);
  });

  it('does not fail if only some are forbidden', async () => {
    const { read } = world({ users: [user('a'), user('b')], tokens: { a: failure('forbidden', 403) } });
    expect(presences(await read(['a', 'b']))).toEqual({ a: 'unknown', b: 'present' });
  });

  it('fails at once if the token is refused', async () => {
    const refused = failure('unauthorized', 401);
    const names = Array.from({ length: 50 }, (_, n) => `user_${n}`);
    const { asked, read } = world({ users: names.map((name) => user(name)), tokens: { user_0: refused } });
    expect(await thrownBy(read(names))).toBe(refused);
    expect(asked.length).toBeLessThan(20);
  });
});

describe('unmanaged accounts', () => {
  it('are read on request, if they are active service accounts', async () => {
    const users = [
      user('a'),
      user('b'),
      user('skipped'),
      user('gone', { is_deprovisioned: true }),
      user('anna', { is_service_account: false }),
    ];
    const { asked, read } = world({ users });
    const others = ({ username }: { username: string }) => username !== 'skipped';
    const live = await read([{ username: 'a', needsDucklings: false }], { others });
    expect(presences(live)).toEqual({ a: 'present', b: 'present' });
    expect(asked.sort()).toEqual(['ducklings a', 'ducklings b', 'tokens a', 'tokens b', 'users']);
  });
});

describe('a big organization', () => {
  it('is read by a few workers, with progress', async () => {
    const names = Array.from({ length: 200 }, (_, n) => `user_${n}`);
    const { read } = world({ users: names.map((name) => user(name)) });
    const seen: [number, number][] = [];
    const live = await read([...names, 'gone'], { onProgress: (done, total) => seen.push([done, total]) });
    expect(live.accounts.size).toBe(201);
    expect([...live.accounts.keys()].slice(0, 3)).toEqual(['user_0', 'user_1', 'user_2']);
    expect(seen).toHaveLength(200);
    expect(seen.at(-1)).toEqual([200, 200]);
  });

  it('can be interrupted', async () => {
    const stop = new AbortController();
    const names = Array.from({ length: 100 }, (_, n) => `user_${n}`);
    const { asked, read } = world({ users: names.map((name) => user(name)) });
    const reading = read(names, { signal: stop.signal, onProgress: () => stop.abort() });
    expect(await thrownBy(reading)).toMatchObject({ code: 'INTERRUPTED' });
    expect(asked.length).toBeLessThan(20);
  });
});
