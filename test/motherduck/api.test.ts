import { HttpResponse, http as mock } from 'msw';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import type { WireDucklings } from '../../src/model/wire.ts';
import { expectGoldenError } from '../golden/golden.ts';
import { failureOf, mocked } from './support.ts';

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** The API with one response for all requests, and the requests that were sent. */
function answering(...answers: unknown[]) {
  const seen: Seen[] = [];
  const { api } = mocked([
    mock.all('*', async ({ request }) => {
      const { pathname, search } = new URL(request.url);
      const text = await request.text();
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      seen.push({ method: request.method, path: pathname + search, body });
      const answer = answers[Math.min(seen.length, answers.length) - 1];
      return new HttpResponse(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } });
    }),
  ]);
  return { api, seen, asked: () => seen.map(({ method, path, body }) => ({ method, path, body })) };
}

const USER = {
  id: 'u1',
  username: 'etl_prod',
  email: null,
  first_name: null,
  last_name: null,
  is_service_account: true,
  is_deprovisioned: false,
  roles: ['member'],
};
const TOKEN = {
  id: 't1',
  name: 'airflow',
  created_ts: '2026-11-01T00:00:00Z',
  read_only: false,
  token_type: 'read_write',
};
const DUCKLINGS: WireDucklings = {
  read_write: { instance_size: 'standard', cooldown_seconds: 600 },
  read_scaling: { instance_size: 'pulse', flock_size: 4 },
};

describe('each endpoint: request and response', () => {
  it('lists users', async () => {
    const { api, asked } = answering({ users: [{ ...USER, extra: 1 }], total_count: 1, next_page_token: null });
    expect(await api.listUsers()).toEqual({ users: [USER], complete: true, total: 1 });
    expect(asked()).toEqual([{ method: 'GET', path: '/v1/users?limit=1000', body: undefined }]);
  });

  it('creates and deletes a user', async () => {
    const { api, asked } = answering({ username: 'ETL_prod' });
    await api.createUser('etl_prod');
    await api.deleteUser('etl_prod');
    expect(asked()).toEqual([
      { method: 'POST', path: '/v1/users', body: { username: 'etl_prod' } },
      { method: 'DELETE', path: '/v1/users/etl_prod', body: undefined },
    ]);
  });

  it('creates a token and returns its secret as a Secret', async () => {
    const { api, asked } = answering({ ...TOKEN, token: 'the-secret', expire_at: '2026-12-01T00:00:00Z' });
    const request = { name: 'airflow', ttl: 300, token_type: 'read_write', description: 'Airflow' } as const;
    const { record, secret } = await api.createToken('etl_prod', request);
    expect(record).toMatchObject({ id: TOKEN.id, name: 'airflow', expire_at: '2026-12-01T00:00:00.000Z' });
    expect(secret).toBeInstanceOf(Secret);
    expect(secret.reveal()).toBe('the-secret');
    expect(asked()).toEqual([{ method: 'POST', path: '/v1/users/etl_prod/tokens', body: request }]);
  });

  it('keeps a created token when a minor field of the response is invalid', async () => {
    const { api } = answering({ token: 's', id: 't1', name: 5, token_type: 'embed', expire_at: {} });
    const { record } = await api.createToken('etl_prod', { name: 'app.2', token_type: 'read_scaling', ttl: 300 });
    expect(record).toMatchObject({ id: 't1', name: 'app.2', token_type: 'read_scaling', read_only: true });
    expect(Date.parse(record.expire_at ?? '') - Date.parse(record.created_ts)).toBe(300_000);
  });

  it.each([
    ['without a zone', '2026-11-30T12:00:00', '2026-11-30T12:00:00.000Z'],
    ['with a space', '2026-11-30 12:00:00+00', '2026-11-30T12:00:00.000Z'],
    ['of microseconds', '2026-11-30T12:00:00.123456Z', '2026-11-30T12:00:00.123Z'],
    ['in another zone', '2026-11-30T13:00:00+01:00', '2026-11-30T12:00:00.000Z'],
    ['that is empty', '', undefined],
    ['with something after it', '2026-11-30T12:00:00Z$(id)', undefined],
    ['that is the secret', 'eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2lnbmF0dXJl', undefined],
  ])('keeps a created token with a time %s as the state can have it', async (_how, text, expected) => {
    const { api } = answering({ ...TOKEN, token: 's', created_ts: text, expire_at: text });
    const { record } = await api.createToken('etl_prod', { name: 'app', token_type: 'read_write', ttl: 300 });
    const times = [record.created_ts, record.expire_at ?? ''];
    if (expected !== undefined) expect(times).toEqual([expected, expected]);
    else {
      expect(times.join()).not.toContain(text.slice(10) || 'invalid');
      expect(Date.parse(times[1] ?? '') - Date.parse(times[0] ?? '')).toBe(300_000);
    }
  });

  it.each([
    ['blank', ' '],
    ['longer than the state can have', 'x'.repeat(1001)],
    ['a token', 'eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2lnbmF0dXJl'],
  ])('takes no id of a new token that is %s', async (_how, id) => {
    const { api } = answering({ ...TOKEN, id, token: 's' });
    const created = api.createToken('etl_prod', { name: 'app', token_type: 'read_write', ttl: 300 });
    await expect(created).rejects.toMatchObject({ failure: 'not_motherduck', effect: 'unknown' });
    await expect(created).rejects.toThrow(/"id" is not/);
  });

  it('lists tokens', async () => {
    const bare = { id: 't2', created_ts: 'x', token_type: 'read_scaling', expire_at: null, name: null };
    const { api, asked } = answering({ tokens: [TOKEN, bare] });
    expect(await api.listTokens('etl_prod')).toEqual([
      TOKEN,
      { id: 't2', created_ts: 'x', token_type: 'read_scaling', read_only: true },
    ]);
    expect(asked()).toEqual([{ method: 'GET', path: '/v1/users/etl_prod/tokens', body: undefined }]);
  });

  it('deletes a token', async () => {
    const { api, asked } = answering({});
    await api.deleteToken('etl_prod', 't1');
    expect(asked()).toEqual([{ method: 'DELETE', path: '/v1/users/etl_prod/tokens/t1', body: undefined }]);
  });

  it('deletes a token when the response has no body', async () => {
    const { api } = mocked([mock.delete('*', () => new HttpResponse(null, { status: 204 }))]);
    await api.deleteToken('etl_prod', 't1');
  });

  it('gets and sets Ducklings', async () => {
    const { api, asked } = answering(DUCKLINGS);
    expect(await api.getDucklings('etl_prod')).toEqual(DUCKLINGS);
    expect(await api.setDucklings('etl_prod', DUCKLINGS)).toEqual(DUCKLINGS);
    expect(asked()).toEqual([
      { method: 'GET', path: '/v1/users/etl_prod/instances', body: undefined },
      { method: 'PUT', path: '/v1/users/etl_prod/instances', body: { config: DUCKLINGS } },
    ]);
  });

  it('lists active accounts', async () => {
    const account = { username: 'etl_prod', ducklings: [{ id: 'rs.1', type: 'read_scaling', status: 'cooldown' }] };
    const { api, asked } = answering({ accounts: [account] });
    expect(await api.activeAccounts()).toEqual([account]);
    expect(asked()).toEqual([{ method: 'GET', path: '/v1/active_accounts', body: undefined }]);
  });

  it('encodes names and ids', async () => {
    const { api, asked } = answering({});
    await api.deleteToken('a/b?é', '../x #');
    expect(asked()[0]?.path).toBe('/v1/users/a%2Fb%3F%C3%A9/tokens/..%2Fx%20%23');
  });

  it.each(['', '.', '..', '\ud800'])(
    'sends nothing for a part that would change the meaning of the path: %j',
    async (id) => {
      const { api, seen } = answering({});
      for (const call of [api.deleteToken('etl_prod', id), api.deleteUser(id), api.listTokens(id)]) {
        expect(await failureOf(call)).toMatchObject({ failure: 'invalid', effect: 'none' });
      }
      expect(seen).toEqual([]);
    },
  );
});

describe('lists over pages', () => {
  const page = (ids: string[], next: string | null, total: number) => ({
    users: ids.map((id) => ({ ...USER, id, username: `user_${id}` })),
    next_page_token: next,
    total_count: total,
  });

  it('are read to the end, without repeated items', async () => {
    const { api, asked } = answering(page(['1', '2'], 'p&2', 3), page(['2', '3'], '', 3));
    const { users, complete } = await api.listUsers();
    expect(users.map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(complete).toBe(true);
    expect(asked().map(({ path }) => path)).toEqual(['/v1/users?limit=1000', '/v1/users?limit=1000&page_token=p%262']);
  });

  it.each([
    ['the count does not match', page(['1'], null, 2)],
    ['there is no count', { users: [USER] }],
    ['there is nobody, not even the caller', page([], null, 0)],
    ['there is nothing at all', { users: [] }],
  ])('are incomplete when %s', async (_why, answer) => {
    expect((await answering(answer).api.listUsers()).complete).toBe(false);
  });

  it('are incomplete when a user who is deleted between two pages hides another', async () => {
    const { api } = answering(page(['1', '2'], 'next', 4), page(['4'], null, 3));
    expect(await api.listUsers()).toMatchObject({ complete: false, total: 3 });
  });

  it('of tokens and of active accounts are refused when MotherDuck counts others', async () => {
    const active = answering({ accounts: [{ username: 'a', ducklings: [] }], total_count: 2 });
    expect((await failureOf(active.api.activeAccounts())).failure).toBe('not_motherduck');
    const { api } = answering({ tokens: [TOKEN], total_count: 2 });
    expect((await failureOf(api.listTokens('a'))).failure).toBe('not_motherduck');
    const right = answering({ tokens: [TOKEN], total_count: 1 });
    expect(await right.api.listTokens('a')).toHaveLength(1);
  });

  it('are an error when a page token is returned twice', async () => {
    const { api, seen } = answering(page(['1'], 'a', 9), page(['2'], 'b', 9), page(['3'], 'a', 9));
    const error = await failureOf(api.listUsers());
    expect(error.failure).toBe('not_motherduck');
    expectGoldenError('a page token is returned twice', error);
    expect(seen).toHaveLength(3);
  });

  it('have a maximum number of pages', async () => {
    let count = 0;
    const handler = mock.get('*', () => {
      count += 1;
      return HttpResponse.json(page([String(count)], `p${count}`, 1));
    });
    const { api } = mocked([handler], { debug: () => {} });
    expect((await failureOf(api.listUsers())).message).toContain('1000 pages');
    expect(count).toBe(1000);
  });

  it('have a maximum size', async () => {
    const padding = 'x'.repeat(15_000_000);
    let count = 0;
    const handler = mock.get('*', () => {
      count += 1;
      return HttpResponse.text(`{"users":[],"next_page_token":"p${count}","padding":"${padding}"}`);
    });
    const error = await failureOf(mocked([handler]).api.listUsers());
    expect(error).toMatchObject({ failure: 'not_motherduck', effect: 'none' });
    expect(error.message).toContain('256 MB');
    expect(count).toBe(18);
  });

  it('are read for tokens and active accounts too', async () => {
    const tokens = answering({ tokens: [TOKEN], next_page_token: 'x' }, { tokens: [TOKEN, { ...TOKEN, id: 't2' }] });
    expect((await tokens.api.listTokens('a')).map(({ id }) => id)).toEqual(['t1', 't2']);
    expect(tokens.asked()[1]?.path).toBe('/v1/users/a/tokens?page_token=x');
    const active = { username: 'a', ducklings: [] };
    const accounts = answering({ accounts: [active], next_page_token: 'x' }, { accounts: [active] });
    expect(await accounts.api.activeAccounts()).toEqual([active]);
    expect(accounts.asked()[1]?.path).toBe('/v1/active_accounts?page_token=x');
  });
});

describe('the shape of responses', () => {
  it('lets a token without an id be known by its name', async () => {
    const { api } = answering({
      tokens: [TOKEN, { ...TOKEN, id: ' ', name: 'by-hand' }, { ...TOKEN, id: null, name: 'other' }],
    });
    const unreadable = expect.stringMatching(/"tokens\[\d\]\.id" is/);
    expect(await api.listTokens('a')).toMatchObject([
      { id: 't1' },
      { id: '', name: 'by-hand', unreadable },
      { id: '', name: 'other', unreadable },
    ]);
  });

  it.each([
    ['users', (answer: unknown) => answering(answer).api.listUsers(), { users: {} }],
    ['total_count', (answer: unknown) => answering(answer).api.listUsers(), { users: [], total_count: '1' }],
    ['tokens[1].id', (answer: unknown) => answering(answer).api.listTokens('a'), { tokens: [TOKEN, null] }],
    [
      'tokens[0].id',
      (answer: unknown) => answering(answer).api.listTokens('a'),
      { tokens: [{ ...TOKEN, id: ' ', name: ' ' }] },
    ],
    [
      'read_scaling.flock_size',
      (answer: unknown) => answering(answer).api.getDucklings('a'),
      { ...DUCKLINGS, read_scaling: { instance_size: 'pulse' } },
    ],
    ['read_write', (answer: unknown) => answering(answer).api.getDucklings('a'), {}],
    ['username', (answer: unknown) => answering(answer).api.createUser('a'), {}],
    ['username', (answer: unknown) => answering(answer).api.deleteUser('a'), { username: 'b' }],
    [
      'accounts[0].ducklings',
      (answer: unknown) => answering(answer).api.activeAccounts(),
      { accounts: [{ username: 'a' }] },
    ],
  ])('is an error that names the field: %s', async (field, call, answer) => {
    const error = await failureOf(call(answer));
    expect(error).toMatchObject({ failure: 'not_motherduck', code: 'API_NOT_MOTHERDUCK', status: 200 });
    expect(error.message).toContain(`"${field}"`);
  });

  it.each(['id', 'is_deprovisioned', 'is_service_account', 'roles'])(
    'of a user without a valid %s is noted',
    async (field) => {
      const { users } = await answering({ users: [{ ...USER, [field]: 7 }], total_count: 1 }).api.listUsers();
      expect(users).toMatchObject([
        { username: USER.username, unreadable: expect.stringContaining(`"users[0].${field}"`) },
      ]);
    },
  );

  it.each(['created_ts', 'token_type', 'name'])('of a token without a valid %s is noted', async (field) => {
    const tokens = await answering({ tokens: [{ ...TOKEN, [field]: 7 }] }).api.listTokens('a');
    expect(tokens).toMatchObject([{ id: TOKEN.id, unreadable: expect.stringContaining(`"tokens[0].${field}"`) }]);
  });

  it('makes a list with a nameless user incomplete', async () => {
    const { users, complete } = await answering({
      users: [USER, { ...USER, id: 'other', username: null }],
      total_count: 2,
    }).api.listUsers();
    expect(users).toHaveLength(1);
    expect(complete).toBe(false);
  });

  it('reports an unknown size instead of guessing', async () => {
    const answer = { ...DUCKLINGS, read_write: { instance_size: 'tera\u001b[31m' } };
    const error = await failureOf(answering(answer).api.getDucklings('a'));
    expect(error).toMatchObject({ code: 'API_FAILED', effect: 'none' });
    expect(error.message).toMatch(/"read_write\.instance_size".*"tera"/);
    expectGoldenError('a size that is not known', error);
  });

  it.each([
    {},
    { id: 't1' },
    { token: 'SECRET' },
    { token: '', id: 't1' },
    { token: 'SECRET', id: 5 },
    ['SECRET'],
    'SECRET',
  ])('a created token without its secret or id may exist: %j', async (answer) => {
    const error = await failureOf(answering(answer).api.createToken('a', { name: 'x' }));
    expect(error).toMatchObject({ failure: 'not_motherduck', effect: 'unknown', status: 200 });
    expect(error.call).toBe('POST /v1/users/a/tokens');
    expect(error.message + error.hint.text).not.toContain('SECRET');
  });
});
