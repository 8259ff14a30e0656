import { describe, expect, test } from 'vitest';
import { accounts, ask, invalid, organization, token, withAccount } from './support.ts';

const CALL = 'POST /v1/users/etl_prod/tokens';

describe('POST /v1/users/{username}/tokens', () => {
  test('returns the secret and the requested fields', async () => {
    const sandbox = await withAccount();
    const json = { name: 'airflow', ttl: 300, token_type: 'read_scaling', description: 'Airflow loads', more: 1 };
    const { status, body } = await ask(sandbox, CALL, { json });
    expect(status).toBe(200);
    expect(body).toEqual({
      token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'airflow',
      expire_at: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/),
      created_ts: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/),
      read_only: true,
      token_type: 'read_scaling',
      description: 'Airflow loads',
    });
    expect(Date.parse(body.expire_at) - Date.parse(body.created_ts)).toBe(300_000);
    const payload = JSON.parse(Buffer.from(body.token.split('.')[1], 'base64url').toString());
    expect(payload).toMatchObject({ iss: 'sandbox', tokenType: 'read_scaling', readOnly: true });
  });

  test('returns a read/write token without expiry when only a name is given', async () => {
    const { body } = await ask(await withAccount(), CALL, { json: { name: 'airflow' } });
    expect(Object.keys(body).sort()).toEqual(['created_ts', 'id', 'name', 'read_only', 'token', 'token_type']);
    expect(body).toMatchObject({ name: 'airflow', read_only: false, token_type: 'read_write' });
  });

  test.each([
    [{}, 'invalid_type', 'Required', 'name'],
    [{ name: '' }, 'too_small', 'String must contain at least 1 character(s)', 'name'],
    [{ name: 'a'.repeat(256) }, 'too_big', 'String must contain at most 255 character(s)', 'name'],
    [{ name: 'MotherDuck Extension' }, 'custom', 'Token name "MotherDuck Extension" is reserved', 'name'],
    [{ name: 'MotherDuck Flights' }, 'custom', 'Token name "MotherDuck Flights" is reserved', 'name'],
    [{ name: 'a', ttl: 299 }, 'too_small', 'Number must be greater than or equal to 300', 'ttl'],
    [{ name: 'a', ttl: 31536001 }, 'too_big', 'Number must be less than or equal to 31536000', 'ttl'],
    [{ name: 'a', ttl: 300.5 }, 'invalid_type', 'Expected integer, received float', 'ttl'],
    [{ name: 'a', ttl: '300' }, 'invalid_type', 'Expected number, received string', 'ttl'],
    [{ name: 'a', ttl: null }, 'invalid_type', 'Expected number, received null', 'ttl'],
    [
      { name: 'a', token_type: 'admin' },
      'invalid_enum_value',
      "Invalid enum value. Expected 'read_write' | 'read_scaling', received 'admin'",
      'token_type',
    ],
    [
      { name: 'a', description: 'd'.repeat(1001) },
      'too_big',
      'String must contain at most 1000 character(s)',
      'description',
    ],
  ])('refuses %j', async (json, code, message, field) => {
    const answer = await ask(await withAccount(), CALL, { json });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(invalid('users.createToken', code, message, [field]));
  });

  test('reports all issues at once', async () => {
    const { body } = await ask(await withAccount(), CALL, { json: { name: '', ttl: 1 } });
    expect(body.issues.map((issue: { path: string[] }) => issue.path)).toEqual([['name'], ['ttl']]);
  });

  test.each([
    { name: 'a', ttl: 300 },
    { name: 'a', ttl: 31_536_000 },
    { name: 'BI (old) ü', description: 'd'.repeat(1000) },
  ])('accepts %j', async (json) => {
    expect((await ask(await withAccount(), CALL, { json })).status).toBe(200);
  });

  test('drops an empty description, and all descriptions in a region without them', async () => {
    const empty = await ask(await withAccount(), CALL, { json: { name: 'a', description: '' } });
    expect(empty.body).not.toHaveProperty('description');
    const without = await withAccount({ descriptions: 'dropped' });
    const dropped = await ask(without, CALL, { json: { name: 'a', description: 'Airflow' } });
    expect(dropped.status).toBe(200);
    expect(dropped.body).not.toHaveProperty('description');
    expect((await ask(without, 'GET /v1/users/etl_prod/tokens')).body.tokens[0]).not.toHaveProperty('description');
  });

  test('two tokens may have the same name', async () => {
    const sandbox = await withAccount();
    await token(sandbox, 'etl_prod');
    await token(sandbox, 'etl_prod');
    expect((await ask(sandbox, 'GET /v1/users/etl_prod/tokens')).body.tokens).toHaveLength(2);
  });

  test('of an unknown account is a JSON 404', async () => {
    const answer = await ask(organization(), 'POST /v1/users/nobody/tokens', { json: { name: 'a' } });
    expect(answer).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });

  test('an Admin may create its own, not those of another human', async () => {
    const sandbox = organization();
    await sandbox.addHuman('jane');
    const json = { name: 'a' };
    expect((await ask(sandbox, 'POST /v1/users/sandbox_admin/tokens', { json })).status).toBe(200);
    const other = await ask(sandbox, 'POST /v1/users/jane/tokens', { json });
    expect(other).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
  });
});

describe('the name of another token of the account', () => {
  const json = { name: 'airflow' };

  test('is accepted unless token names are unique, of which expired tokens are no part', async () => {
    const sandbox = await withAccount();
    await token(sandbox, 'etl_prod', { ...json, ttl: 300 });
    expect((await ask(sandbox, 'POST /v1/users/etl_prod/tokens', { json })).status).toBe(200);
    const unique = await withAccount({ token_names: 'unique' });
    await accounts(unique, 'other');
    await token(unique, 'etl_prod', { ...json, ttl: 300 });
    const answer = await ask(unique, 'POST /v1/users/etl_prod/tokens', { json });
    expect(answer).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    expect((await ask(unique, 'POST /v1/users/other/tokens', { json })).status).toBe(200);
    await unique.advance(300);
    expect((await ask(unique, 'POST /v1/users/etl_prod/tokens', { json })).status).toBe(200);
  });

  test('can be a 400 that speaks of a unique constraint', async () => {
    const sandbox = await withAccount({ token_names: 'unique', taken_name: 'unique_constraint' });
    await token(sandbox, 'etl_prod', json);
    const answer = await ask(sandbox, 'POST /v1/users/etl_prod/tokens', { json });
    expect(answer).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } });
    expect(answer.body.message).toMatch(/unique constraint/);
  });
});

describe('GET /v1/users/{username}/tokens', () => {
  test('lists them without secrets, oldest first, without regard to case', async () => {
    const sandbox = await withAccount();
    const made = await token(sandbox, 'etl_prod', { name: 'one', ttl: 300 });
    await token(sandbox, 'etl_prod', { name: 'two', description: 'second' });
    const { status, body } = await ask(sandbox, 'GET /v1/users/Etl_Prod/tokens');
    expect(status).toBe(200);
    expect(body).toEqual({
      tokens: [
        {
          id: made.id,
          name: 'one',
          expire_at: expect.any(String),
          created_ts: expect.any(String),
          read_only: false,
          token_type: 'read_write',
        },
        {
          id: expect.any(String),
          name: 'two',
          created_ts: expect.any(String),
          read_only: false,
          token_type: 'read_write',
          description: 'second',
        },
      ],
    });
  });

  test('lacks expired and revoked ones', async () => {
    const sandbox = await withAccount();
    const { id } = await token(sandbox, 'etl_prod', { ttl: 300 });
    const revoked = await token(sandbox, 'etl_prod');
    await ask(sandbox, `DELETE /v1/users/etl_prod/tokens/${revoked.id}`);
    await sandbox.advance(299);
    expect((await ask(sandbox, 'GET /v1/users/etl_prod/tokens')).body.tokens).toMatchObject([{ id }]);
    await sandbox.advance(1);
    expect((await ask(sandbox, 'GET /v1/users/etl_prod/tokens')).body).toEqual({ tokens: [] });
    expect((await ask(sandbox, `DELETE /v1/users/etl_prod/tokens/${id}`)).status).toBe(404);
  });

  test('of an unknown account is a JSON 404', async () => {
    const answer = await ask(organization(), 'GET /v1/users/nobody/tokens');
    expect(answer).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});

describe('DELETE /v1/users/{username}/tokens/{token_id}', () => {
  test('returns an empty object, and then 404', async () => {
    const sandbox = await withAccount();
    const { id } = await token(sandbox, 'etl_prod');
    const first = await ask(sandbox, `DELETE /v1/users/etl_prod/tokens/${id}`);
    expect(first).toMatchObject({ status: 200, body: {} });
    expect((await ask(sandbox, 'GET /v1/users/etl_prod/tokens')).body).toEqual({ tokens: [] });
    const second = await ask(sandbox, `DELETE /v1/users/etl_prod/tokens/${id}`);
    expect(second.status).toBe(404);
    expect(second.body).toEqual({
      message: `Token "${id}" not found`,
      code: 'NOT_FOUND',
      data: { code: 'NOT_FOUND', httpStatus: 404, path: 'users.deleteToken' },
    });
  });

  test('requires the id, not the secret, and a token of that account', async () => {
    const sandbox = await withAccount();
    await accounts(sandbox, 'other');
    const made = await token(sandbox, 'etl_prod');
    expect((await ask(sandbox, `DELETE /v1/users/etl_prod/tokens/${made.token}`)).status).toBe(404);
    expect((await ask(sandbox, `DELETE /v1/users/other/tokens/${made.id}`)).status).toBe(404);
  });
});
