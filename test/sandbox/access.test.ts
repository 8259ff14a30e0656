import { describe, expect, test } from 'vitest';
import { accounts, ask, organization, token } from './support.ts';

const REFUSED = {
  message: 'Your request is not authenticated. Please check your MotherDuck token.',
  code: 'UNAUTHORIZED',
  data: { code: 'UNAUTHORIZED', httpStatus: 401, path: 'users.list' },
};

describe('authentication', () => {
  test('no token, an unknown one and a wrong scheme are 401', async () => {
    const sandbox = organization();
    expect(await ask(sandbox, 'GET /v1/users', { token: null })).toMatchObject({ status: 401, body: REFUSED });
    expect(await ask(sandbox, 'GET /v1/users', { token: 'nobody' })).toMatchObject({ status: 401, body: REFUSED });
    const basic = new Request('https://x/v1/users', { headers: { authorization: 'Basic YTpi' } });
    expect((await sandbox.handle(basic)).status).toBe(401);
  });

  test("an expired token is 401, by the sandbox's clock", async () => {
    const sandbox = organization();
    const { token: secret } = await token(sandbox, 'sandbox_admin', { ttl: 300 });
    expect((await ask(sandbox, 'GET /v1/users', { token: secret })).status).toBe(200);
    await sandbox.advance(301);
    expect(await ask(sandbox, 'GET /v1/users', { token: secret })).toMatchObject({ status: 401, body: REFUSED });
  });

  test('a revoked token is 401', async () => {
    const sandbox = organization();
    const { token: secret, id } = await token(sandbox, 'sandbox_admin');
    await ask(sandbox, `DELETE /v1/users/sandbox_admin/tokens/${id}`);
    expect((await ask(sandbox, 'GET /v1/users', { token: secret })).status).toBe(401);
  });

  test('a service account with the Admin role is accepted until it loses the role', async () => {
    const sandbox = organization();
    await accounts(sandbox, 'admin_bot');
    const secret = (await sandbox.mint({ username: 'admin_bot' })).reveal();
    await sandbox.setRoles('ADMIN_BOT', ['admin']);
    const answer = await ask(sandbox, 'GET /v1/users?is_service_account=true', { token: secret });
    expect(answer).toMatchObject({ status: 200, body: { users: [{ username: 'admin_bot', roles: ['admin'] }] } });
    await sandbox.setRoles('admin_bot', ['custom']);
    expect((await ask(sandbox, 'GET /v1/users', { token: secret })).status).toBe(403);
  });

  test("a read scaling token is 403, even the Admin's", async () => {
    const sandbox = organization();
    const { token: secret } = await token(sandbox, 'sandbox_admin', { token_type: 'read_scaling' });
    expect(await ask(sandbox, 'GET /v1/users', { token: secret })).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN', data: { code: 'FORBIDDEN', httpStatus: 403, path: 'users.list' } },
    });
  });

  test.each([
    'POST /v1/users',
    'DELETE /v1/users/etl_prod',
    'GET /v1/users/etl_prod/tokens',
    'POST /v1/users/etl_prod/tokens',
    'DELETE /v1/users/etl_prod/tokens/1',
    'GET /v1/users/etl_prod/instances',
    'PUT /v1/users/etl_prod/instances',
    'GET /v1/active_accounts',
  ])('a service account, a Builder, an Explorer and a custom role get 403 from %s', async (call) => {
    const sandbox = organization();
    await accounts(sandbox, 'etl_prod');
    const secrets = [await sandbox.mint({ username: 'etl_prod' })];
    for (const role of ['builder', 'explorer', 'custom']) {
      await sandbox.addHuman(`a.${role}@acme.com`, { roles: [role] });
      secrets.push(await sandbox.mint({ username: `a.${role}@acme.com` }));
    }
    for (const secret of secrets) {
      const answer = await ask(sandbox, call, { token: secret.reveal() });
      expect(answer).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
      expect(answer.body.message).toMatch(/minimum role/);
    }
  });

  test.each([
    [['admin'], 200],
    [['builder'], 200],
    [['explorer'], 200],
    [['custom'], 403],
    [['custom', 'explorer'], 200],
    [[], 403],
  ])('the roles %j get %d from the list of users', async (roles, status) => {
    const sandbox = organization();
    await sandbox.addHuman('jane', { roles });
    const secret = await sandbox.mint({ username: 'jane' });
    const answer = await ask(sandbox, 'GET /v1/users', { token: secret.reveal() });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.body.message).toMatch(/member_management.view_all_members/);
  });

  test.each(['builder', 'explorer'] as const)('the user of the admin token can have the role %s only', async (role) => {
    const sandbox = organization({ role });
    const list = await ask(sandbox, 'GET /v1/users');
    expect(list).toMatchObject({ status: 200, body: { users: [{ username: 'sandbox_admin', roles: [role] }] } });
    const json = { username: 'etl_prod' };
    const answer = await ask(sandbox, 'POST /v1/users', { json });
    expect(answer).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect(answer.body.message).toMatch(/minimum role/);
  });

  test('a second Admin is accepted', async () => {
    const sandbox = organization();
    await sandbox.addHuman('jane', { roles: ['admin'] });
    const secret = await sandbox.mint({ username: 'jane' });
    expect((await ask(sandbox, 'GET /v1/users', { token: secret.reveal() })).status).toBe(200);
    await sandbox.deprovision('jane');
    expect((await ask(sandbox, 'GET /v1/users', { token: secret.reveal() })).status).toBe(401);
  });
});

describe('an unknown path', () => {
  test.each([
    'GET /v1/users/etl_prod',
    'PUT /v1/users/etl_prod',
    'PATCH /v1/users',
    'DELETE /v1/users',
    'PUT /v1/users/etl_prod/tokens',
    'GET /v1/users/etl_prod/tokens/1',
    'DELETE /v1/users/etl_prod/instances',
    'POST /v1/active_accounts',
    'GET /v1/users/',
    'GET /v1/users/etl_prod/tokens/',
    'GET /v1/users/etl_prod/tokens/1/2',
    'GET /v1/users/etl_prod/databases',
    'GET /v2/users',
    'GET /',
  ])('%s is a plain text 404', async (call) => {
    const sandbox = organization();
    await accounts(sandbox, 'etl_prod');
    const answer = await ask(sandbox, call);
    expect(answer).toMatchObject({ status: 404, body: 'Not Found' });
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  });
});

describe('every response', () => {
  test.each(['GET /v1/users', 'GET /nowhere', 'GET /v1/users/nobody/tokens'])(
    '%s has x-sandbox and the time',
    async (call) => {
      const sandbox = organization();
      await sandbox.advance(80 * 86_400);
      const { headers } = await ask(sandbox, call);
      expect(headers.get('x-sandbox')).toBe('motherduck-accounts');
      const date = headers.get('date') ?? '';
      expect(date).toMatch(/^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/);
      expect(Math.abs(Date.parse(date) - sandbox.now())).toBeLessThan(60_000);
      expect(Date.parse(date) - Date.now()).toBeGreaterThan(79 * 86_400_000);
    },
  );

  test('broken JSON is 400 without issues', async () => {
    const answer = await ask(organization(), 'POST /v1/users', { text: '{"username":' });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      message: 'Failed to parse request body',
      code: 'BAD_REQUEST',
      data: { code: 'BAD_REQUEST', httpStatus: 400, path: 'users.createServiceAccount' },
    });
  });
});
