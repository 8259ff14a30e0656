import { describe, expect, test } from 'vitest';
import { accounts, ask, invalid, organization, token } from './support.ts';

const START = 'Username must start with an alphabetic character';
const CHARACTERS = 'Username can only contain alphanumeric characters and underscores';

describe('POST /v1/users', () => {
  test('creates a service account', async () => {
    const sandbox = organization();
    const answer = await ask(sandbox, 'POST /v1/users', { json: { username: 'etl_prod', unknown: 'dropped' } });
    expect(answer).toMatchObject({ status: 200, body: { username: 'etl_prod' } });
  });

  test.each([
    [{}, 'invalid_type', 'Required'],
    [{ username: 7 }, 'invalid_type', 'Expected string, received number'],
    [{ username: null }, 'invalid_type', 'Expected string, received null'],
    [{ username: 'ab' }, 'too_small', 'String must contain at least 3 character(s)'],
    [{ username: 'a'.repeat(256) }, 'too_big', 'String must contain at most 255 character(s)'],
    [{ username: '1abc' }, 'invalid_string', START],
    [{ username: '_abc' }, 'invalid_string', START],
    [{ username: 'etl-prod' }, 'invalid_string', CHARACTERS],
    [{ username: 'etl.prod' }, 'invalid_string', CHARACTERS],
  ])('refuses %j', async (json, code, message) => {
    const answer = await ask(organization(), 'POST /v1/users', { json });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(invalid('users.createServiceAccount', code, message, ['username']));
  });

  test('refuses a body that is missing or no object', async () => {
    const none = await ask(organization(), 'POST /v1/users');
    expect(none.body).toEqual(invalid('users.createServiceAccount', 'invalid_type', 'Required', []));
    const list = await ask(organization(), 'POST /v1/users', { json: [] });
    expect(list.body.message).toBe('Expected object, received array');
  });

  test.each(['abc', 'a'.repeat(255), 'Müller_1'])('accepts %s', async (username) => {
    expect((await ask(organization(), 'POST /v1/users', { json: { username } })).status).toBe(200);
  });

  test('an existing name, without regard to case, is 409', async () => {
    const sandbox = organization();
    await accounts(sandbox, 'etl_prod');
    const answer = await ask(sandbox, 'POST /v1/users', { json: { username: 'ETL_Prod' } });
    expect(answer.status).toBe(409);
    expect(answer.body).toEqual({
      message: 'A user with the username "ETL_Prod" already exists',
      code: 'CONFLICT',
      data: { code: 'CONFLICT', httpStatus: 409, path: 'users.createServiceAccount' },
    });
  });
});

describe('where organizations differ', () => {
  test('an existing name is a 400 that speaks of a unique constraint', async () => {
    const sandbox = organization({ taken_name: 'unique_constraint' });
    await accounts(sandbox, 'etl_prod');
    const answer = await ask(sandbox, 'POST /v1/users', { json: { username: 'ETL_prod' } });
    expect(answer).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } });
    expect(answer.body.message).toMatch(/unique constraint/);
  });

  test.each([
    [{ plan: 'lite' }, 2],
    [{ max_service_accounts: 1 }, 1],
    [{ plan: 'lite', max_service_accounts: 3 }, 3],
  ] as const)('with %j there are %d service accounts', async (settings, most) => {
    const sandbox = organization(settings);
    await sandbox.addHuman('jane');
    const create = async (username: string) => ask(sandbox, 'POST /v1/users', { json: { username } });
    for (let number = 1; number <= most; number += 1) expect((await create(`etl_${number}`)).status).toBe(200);
    const answer = await create('one_more');
    expect(answer).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } });
    expect(answer.body.message).toContain(`at most ${most}`);
    // A taken name is said first, and a deleted account leaves room.
    expect((await create('etl_1')).status).toBe(409);
    await ask(sandbox, 'DELETE /v1/users/etl_1');
    expect((await create('one_more')).status).toBe(200);
  });

  test('a page has at most so many users, whatever the limit', async () => {
    const sandbox = organization({ page_size: 2 });
    await accounts(sandbox, 'aaa1', 'aaa2', 'aaa3');
    const first = await ask(sandbox, 'GET /v1/users?limit=1000');
    expect(first.body).toMatchObject({ users: [{ username: 'aaa1' }, { username: 'aaa2' }], total_count: 4 });
    const second = await ask(sandbox, `GET /v1/users?limit=1000&page_token=${first.body.next_page_token}`);
    expect(second.body).toMatchObject({ users: [{ username: 'aaa3' }, {}], next_page_token: null });
  });

  test('pages shift: a walk repeats a user, the next one lacks one, and the totals tell', async () => {
    const sandbox = organization({ shifting_pages: true });
    await accounts(sandbox, 'aaa1', 'aaa2', 'aaa3', 'aaa4');
    const walk = async () => {
      const [pages, totals]: [string[], number[]] = [[], []];
      for (let token = ''; ; ) {
        const { body } = await ask(sandbox, `GET /v1/users?limit=1000${token}`);
        pages.push(body.users.map((user: { username: string }) => user.username).join(' '));
        totals.push(body.total_count);
        if (body.next_page_token === null) return { pages, totals };
        token = `&page_token=${body.next_page_token}`;
      }
    };
    expect(await walk()).toEqual({ pages: ['aaa1 aaa2 aaa3', 'aaa3 aaa4 sandbox_admin'], totals: [5, 6] });
    expect(await walk()).toEqual({
      pages: ['a-visitor@sandbox.invalid aaa1 aaa2', 'aaa4 sandbox_admin'],
      totals: [6, 5],
    });
  });
});

describe('DELETE /v1/users/{username}', () => {
  test('deletes the account and its tokens', async () => {
    const sandbox = organization();
    await accounts(sandbox, 'etl_prod');
    const { token: secret } = await token(sandbox, 'etl_prod');
    const answer = await ask(sandbox, 'DELETE /v1/users/ETL_PROD');
    expect(answer).toMatchObject({ status: 200, body: { username: 'etl_prod' } });
    expect((await ask(sandbox, 'GET /v1/users/etl_prod/tokens')).status).toBe(404);
    await accounts(sandbox, 'etl_prod');
    expect((await ask(sandbox, 'GET /v1/users/etl_prod/tokens')).body).toEqual({ tokens: [] });
    expect((await ask(sandbox, 'GET /v1/users', { token: secret })).status).toBe(401);
  });

  test('of an unknown account is a JSON 404', async () => {
    const answer = await ask(organization(), 'DELETE /v1/users/nobody');
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({
      message: 'User "nobody" not found',
      code: 'NOT_FOUND',
      data: { code: 'NOT_FOUND', httpStatus: 404, path: 'users.delete' },
    });
  });

  test('of oneself is 403', async () => {
    expect((await ask(organization(), 'DELETE /v1/users/sandbox_admin')).status).toBe(403);
  });
});

describe('GET /v1/users', () => {
  test('lists all users', async () => {
    const sandbox = organization();
    await accounts(sandbox, 'etl_prod');
    const answer = await ask(sandbox, 'GET /v1/users');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      users: [
        {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          username: 'etl_prod',
          email: null,
          first_name: null,
          last_name: null,
          is_service_account: true,
          is_deprovisioned: false,
          roles: ['builder'],
        },
        {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          username: 'sandbox_admin',
          email: 'admin@sandbox.invalid',
          first_name: null,
          last_name: null,
          is_service_account: false,
          is_deprovisioned: false,
          roles: ['admin'],
        },
      ],
      total_count: 2,
      next_page_token: null,
    });
  });

  const names = (answer: { body: { users: { username: string }[] } }) => answer.body.users.map((user) => user.username);

  test('filters', async () => {
    const sandbox = organization();
    await accounts(sandbox, 'etl_prod');
    await sandbox.addHuman('jane');
    await sandbox.deprovision('jane');
    const list = async (query: string) => names(await ask(sandbox, `GET /v1/users?${query}`));
    expect(await list('is_service_account=true')).toEqual(['etl_prod']);
    expect(await list('is_service_account=false')).toEqual(['jane', 'sandbox_admin']);
    expect(await list('is_deprovisioned=true')).toEqual(['jane']);
    expect(await list('is_service_account=false&is_deprovisioned=false')).toEqual(['sandbox_admin']);
  });

  test('pages; a user inserted meanwhile makes another one appear twice', async () => {
    const sandbox = organization();
    await accounts(sandbox, 'aaa2', 'aaa3', 'aaa4');
    const first = await ask(sandbox, 'GET /v1/users?limit=2');
    expect(names(first)).toEqual(['aaa2', 'aaa3']);
    expect(first.body.total_count).toBe(4);
    await accounts(sandbox, 'aaa1');
    const second = await ask(sandbox, `GET /v1/users?limit=2&page_token=${first.body.next_page_token}`);
    expect(names(second)).toEqual(['aaa3', 'aaa4']);
    const third = await ask(sandbox, `GET /v1/users?limit=2&page_token=${second.body.next_page_token}`);
    expect(names(third)).toEqual(['sandbox_admin']);
    expect(third.body).toMatchObject({ total_count: 5, next_page_token: null });
  });

  test.each([
    ['limit=0', 'too_small', 'limit'],
    ['limit=1001', 'too_big', 'limit'],
    ['limit=ten', 'invalid_type', 'limit'],
    ['page_token=made-up', 'custom', 'page_token'],
    ['is_service_account=yes', 'invalid_enum_value', 'is_service_account'],
  ])('refuses %s', async (query, code, field) => {
    const answer = await ask(organization(), `GET /v1/users?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST', issues: [{ code, path: [field] }] } });
  });

  test('can be refused for lack of the privilege, or not exist', async () => {
    const forbidden = await ask(organization({ users_list: 'forbidden' }), 'GET /v1/users');
    expect(forbidden).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    const unrouted = await ask(organization({ users_list: 'missing' }), 'GET /v1/users');
    expect(unrouted).toMatchObject({ status: 404, body: 'Not Found' });
  });
});
