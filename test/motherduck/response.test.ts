import { HttpResponse, http as mock } from 'msw';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import type { RestClientOptions } from '../../src/motherduck/rest-client.ts';
import { MAY_HAVE_TAKEN_EFFECT } from '../../src/motherduck/transport-errors.ts';
import { expectGoldenError } from '../golden/golden.ts';
import { failureOf, jwt, mocked } from './support.ts';

type Call = 'read' | 'list' | 'create' | 'createUser' | 'set' | 'delete';

/** The error of a call with this response, and the number of attempts. */
async function failing(
  status: number,
  body: unknown,
  options: { call?: Call; http?: Partial<RestClientOptions> } = {},
) {
  let tries = 0;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body !== 'string' ? 'application/json' : text.startsWith('<') ? 'text/html' : 'text/plain';
  const handler = mock.all('*', () => {
    tries += 1;
    return new HttpResponse(text, { status, headers: { 'content-type': type } });
  });
  const { api } = mocked([handler], options.http);
  const size = { instance_size: 'pulse' } as const;
  const calls = {
    read: () => api.getDucklings('etl_prod'),
    list: () => api.listUsers(),
    createUser: () => api.createUser('etl_prod'),
    create: () => api.createToken('etl_prod', { name: 'x' }),
    set: () => api.setDucklings('etl_prod', { read_write: size, read_scaling: { ...size, flock_size: 1 } }),
    delete: () => api.deleteToken('etl_prod', 't1'),
  };
  const error = await failureOf(calls[options.call ?? 'read']());
  return { error, tries };
}

const NOT_FOUND = { message: 'User not found', code: 'NOT_FOUND' };
const HTML = '<html><body>Please log in</body></html>';

describe('what a response means', () => {
  it('a 404 with the code NOT_FOUND: absent', async () => {
    const { error } = await failing(404, NOT_FOUND);
    expect(error).toMatchObject({ failure: 'absent', code: 'API_FAILED', status: 404, effect: 'none' });
    expect(error.message).toMatch(/^GET \/v1\/users\/etl_prod\/instances: .* \(404\): User not found$/);
  });

  it.each([
    [404, 'Not Found'],
    [404, ''],
    [404, HTML],
    [404, { message: 'Not Found' }],
    [404, { code: 'ROUTE_NOT_FOUND' }],
    [404, '{"code":"NOT_FOUND"'],
    [200, HTML],
    [200, '{"read_write":'],
    [200, ''],
    [200, 'null'],
    [400, HTML],
    [401, HTML],
    [403, HTML],
    [407, 'Proxy Authentication Required'],
    [302, ''],
  ])('%i %j: not from MotherDuck', async (status, body) => {
    const { error, tries } = await failing(status, body);
    expect(error).toMatchObject({ failure: 'not_motherduck', code: 'API_NOT_MOTHERDUCK', status, effect: 'none' });
    expect(error.message).toContain('https://api.motherduck.com');
    expect(error.hint.text).toContain('--api-url');
    expect(tries).toBe(1);
  });

  it.each([
    [400, 'invalid', 'API_FAILED', 1],
    [401, 'unauthorized', 'TOKEN_REFUSED', 1],
    [403, 'forbidden', 'NOT_ADMIN', 1],
    [409, 'conflict', 'API_FAILED', 1],
    [422, 'invalid', 'API_FAILED', 1],
    [429, 'throttled', 'API_FAILED', 9],
    [500, 'unavailable', 'API_FAILED', 5],
    [503, 'unavailable', 'API_FAILED', 5],
    [501, 'unavailable', 'API_FAILED', 1],
  ])('%i is %s', async (status, failure, code, expected) => {
    const { error, tries } = await failing(status, { message: 'Because', code: 'X' });
    expect(error).toMatchObject({ failure, code, status, effect: 'none' });
    expect(error.message).toMatch(/^GET \/v1\/users\/etl_prod\/instances: .*Because$/);
    expect(tries).toBe(expected);
    expectGoldenError(`what an answer means > ${status}`, error);
  });

  it.each([502, 503, 504])("a proxy's page is trouble, not absence: %i", async (status) => {
    const { error } = await failing(status, HTML);
    expect(error.failure).toBe('unavailable');
    expect(error.message).not.toContain('log in');
    expectGoldenError(`a proxy's page > ${status}`, error);
  });

  it.each(['', 'Unauthorized'])('a 401 or 403 needs no JSON: %j', async (body) => {
    expect((await failing(401, body)).error.failure).toBe('unauthorized');
    expect((await failing(403, body)).error.failure).toBe('forbidden');
  });
});

describe('whether a failed call may have taken effect', () => {
  it.each([
    ['create', 500, NOT_FOUND, 'unknown', 1],
    ['create', 502, HTML, 'unknown', 1],
    ['create', 200, HTML, 'unknown', 1],
    ['create', 200, '', 'unknown', 1],
    ['create', 400, NOT_FOUND, 'none', 1],
    ['create', 404, 'Not Found', 'unknown', 1],
    ['create', 302, '', 'unknown', 1],
    ['create', 400, HTML, 'unknown', 1],
    ['create', 401, 'Unauthorized', 'unknown', 1],
    ['create', 403, '', 'unknown', 1],
    ['create', 403, { message: 'Forbidden' }, 'unknown', 1],
    ['create', 404, { code: 'ROUTE_NOT_FOUND' }, 'unknown', 1],
    ['create', 408, HTML, 'unknown', 1],
    ['create', 409, HTML, 'unknown', 1],
    ['create', 409, { message: 'Taken', code: 409 }, 'unknown', 1],
    ['create', 409, { message: 'Taken', code: 'CONFLICT' }, 'none', 1],
    ['create', 401, { message: 'No', code: 'UNAUTHORIZED' }, 'none', 1],
    ['create', 499, HTML, 'unknown', 1],
    ['create', 408, { message: 'Timed out', code: 'TIMEOUT' }, 'unknown', 1],
    ['create', 499, { message: 'Closed', code: 'CLIENT_CLOSED_REQUEST' }, 'unknown', 1],
    ['create', 429, HTML, 'none', 9],
    ['set', 408, HTML, 'unknown', 1],
    ['delete', 404, HTML, 'unknown', 1],
    ['create', 429, NOT_FOUND, 'none', 9],
    ['set', 503, HTML, 'unknown', 5],
    ['set', 400, NOT_FOUND, 'none', 1],
    ['set', 200, HTML, 'unknown', 1],
    ['delete', 500, NOT_FOUND, 'unknown', 5],
    ['delete', 404, NOT_FOUND, 'none', 1],
  ] as const)('%s with the response %i %j: %s', async (call, status, body, effect, expected) => {
    const { error, tries } = await failing(status, body, { call });
    expect(error.effect).toBe(effect);
    expect(error.hint.text.includes(MAY_HAVE_TAKEN_EFFECT)).toBe(effect === 'unknown');
    expect(tries).toBe(expected);
  });

  it('it is unknown when only an earlier attempt left it open', async () => {
    let tries = 0;
    const { api } = mocked([
      mock.delete('*', () => {
        tries += 1;
        return tries === 1 ? HttpResponse.json({}, { status: 502 }) : HttpResponse.json(NOT_FOUND, { status: 404 });
      }),
    ]);
    expect(await failureOf(api.deleteToken('a', 't'))).toMatchObject({ failure: 'absent', effect: 'unknown' });
  });
});

describe("MotherDuck's own words", () => {
  it('include its issues', async () => {
    const issues = [
      { message: 'too long', path: ['tokens', 0, 'name'] },
      { message: 'no path' },
      'rubbish',
      { path: [] },
    ];
    const { error } = await failing(400, { message: 'Bad input', code: 'BAD_REQUEST', issues });
    expect(error.message).toMatch(/ \(400\): Bad input \(tokens\.0\.name: too long; no path\)$/);
  });

  it('are not repeated', async () => {
    const message = 'Username must start with an alphabetic character';
    const { error } = await failing(400, { message, issues: [{ message, path: ['username'] }] });
    expect(error.message).toMatch(new RegExp(`: username: ${message}$`));
  });

  it('are shortened, without control characters', async () => {
    const { error } = await failing(400, { message: `\u001b[2J\u001b[31m${'long '.repeat(10_000)}` });
    expect(error.message).not.toContain('\u001b');
    expect(error.message.length).toBeLessThan(750);
  });

  it.each([null, 5, [], { message: 5, issues: 'x' }, { issues: [null, { message: null }] }])(
    'may be invalid: %j',
    async (body) => {
      expect((await failing(400, body)).error.message).toMatch(/ \(400\)$/);
    },
  );
});

describe('a refused admin token', () => {
  const refused = async (status: number, payload: object) => {
    const http = { token: new Secret(jwt(payload)), tokenSource: 'motherduck_token' };
    return (await failing(status, { message: 'No', code: 'UNAUTHORIZED' }, { http })).error;
  };

  it('names its variable and what it must be', async () => {
    const error = await refused(401, {});
    expect(error.message).toContain('(401)');
    expect(error.hint.text).toMatch(/^motherduck_token .*: export motherduck_token=…$/);
    expectGoldenError('a refused admin token', error);
    expect((await failing(401, {})).error.hint.text).toMatch(/^MOTHERDUCK_ADMIN_TOKEN /);
  });

  it('says what its claims show to be wrong', async () => {
    const expired = await refused(401, { exp: 1_700_000_000 });
    expect(expired.hint.text).toContain('2023-11-14T22:13:20.000Z');
    expectGoldenError('a refused admin token > expired', expired);
    const cut = { token: new Secret(jwt({}).slice(0, 30)) };
    const incomplete = (await failing(401, { message: 'No', code: 'UNAUTHORIZED' }, { http: cut })).error;
    expect(incomplete.hint.text).not.toContain(cut.token.reveal());
    expectGoldenError('a refused admin token > incomplete', incomplete);
    expect((await failing(403, { message: 'No', code: 'FORBIDDEN' }, { http: cut })).error.hint.text).not.toContain(
      'dots',
    );
    expectGoldenError('a refused admin token > read_scaling', await refused(403, { tokenType: 'read_scaling' }));
  });
});

describe('a name that is taken', () => {
  const UNIQUE = { code: 'BAD_REQUEST', message: 'Unique constraint failed on the fields: (`name`)' };

  it.each([
    UNIQUE,
    { ...UNIQUE, message: 'No', issues: [{ message: 'violates unique constraint "users_username_key"' }] },
  ])('is a conflict with status 400 too: %j', async (body) => {
    for (const call of ['create', 'createUser'] as const) {
      const { error, tries } = await failing(400, body, { call });
      expect(error).toMatchObject({ failure: 'conflict', code: 'API_FAILED', status: 400, effect: 'none' });
      expect(error.hint).toEqual((await failing(409, { ...body, code: 'CONFLICT' }, { call })).error.hint);
      expect(tries).toBe(1);
    }
  });

  it('of an account is adopted by the next plan, or belongs to somebody who is not shown', async () => {
    const { error } = await failing(400, UNIQUE, { call: 'createUser' });
    expectGoldenError('a name that is taken', error);
  });

  it('is not what a read, or a page of a proxy, speaks of', async () => {
    expect((await failing(400, UNIQUE)).error.failure).toBe('invalid');
    expect((await failing(400, '<p>unique constraint</p>', { call: 'create' })).error.failure).toBe('not_motherduck');
  });
});

describe("a limit of the organization's plan", () => {
  const PLAN = { code: 'FORBIDDEN', message: 'Your plan is limited to 2 service accounts. Upgrade your plan' };

  it.each([
    ['accounts, as invalid', 'createUser', 400, PLAN.message],
    ['accounts, as unpaid', 'createUser', 402, 'Payment required'],
    ['accounts, as forbidden', 'createUser', 403, PLAN.message],
    ['Ducklings', 'set', 400, 'Invalid config for tier lite: instance_size'],
    ['tokens', 'create', 403, 'Read scaling tokens are not part of this plan'],
  ] as const)('%s', async (what, call, status, message) => {
    const { error } = await failing(status, { code: 'BAD_REQUEST', message }, { call });
    expect(error).toMatchObject({ failure: 'invalid', code: 'API_FAILED', effect: 'none' });
    expect(error.message).toContain(message);
    expect(error.hint.text).toContain('probably');
    expectGoldenError(`a limit of the plan > ${what}`, error);
  });

  it('may be what another text means', async () => {
    const { error } = await failing(400, { code: 'BAD_REQUEST', message: 'No' }, { call: 'set' });
    expect(error.hint.text).toContain('Lite');
    expect(error.hint.text).not.toContain('probably');
  });

  it('is not what a refusal for lack of a role means', async () => {
    const message = 'Requires a minimum role of admin. Upgrade your plan for custom roles';
    const { error } = await failing(403, { code: 'FORBIDDEN', message }, { call: 'createUser' });
    expect(error).toMatchObject({ failure: 'forbidden', code: 'NOT_ADMIN' });
  });
});

describe('a refusal for lack of permission', () => {
  const ROLE = { code: 'FORBIDDEN', message: 'Requires a minimum role' };

  it("has MotherDuck's words, and the role that is needed", async () => {
    const { error } = await failing(403, ROLE, { call: 'create' });
    expect(error).toMatchObject({ failure: 'forbidden', code: 'NOT_ADMIN' });
    expect(error.message).toContain(ROLE.message);
    expect(error.hint.text).toContain('minimum role');
    expectGoldenError('a refusal for lack of permission > create', error);
  });

  it('of the list of users names a custom role, since all preset roles may list users', async () => {
    const { error } = await failing(403, ROLE, { call: 'list' });
    expect(error.hint.text).toContain('custom role');
    expectGoldenError('a refusal for lack of permission > list', error);
  });

  it('of a read scaling token names its type alone', async () => {
    const http = { token: new Secret(jwt({ tokenType: 'read_scaling' })) };
    const { error } = await failing(403, ROLE, { call: 'list', http });
    expect(error.hint.text).toContain('read scaling');
    expect(error.hint.text).not.toContain('custom role');
  });
});

describe('a region without a list of users', () => {
  it.each(['Not Found', '', { message: 'Not Found' }, NOT_FOUND])(
    'says so, whatever its 404 looks like: %j',
    async (body) => {
      const { error, tries } = await failing(404, body, { call: 'list' });
      expect(error).toMatchObject({ failure: 'not_motherduck', code: 'API_FAILED', status: 404, effect: 'none' });
      expect(error.hint.text).toContain('--api-url');
      expect(tries).toBe(1);
      if (body === '') expectGoldenError('a region without a list of users', error);
    },
  );

  it("is not what a proxy's page means", async () => {
    expect((await failing(404, HTML, { call: 'list' })).error.code).toBe('API_NOT_MOTHERDUCK');
  });
});

describe('the admin token of the embedded sandbox', () => {
  it.each([401, 403])('comes from no variable: %i', async (status) => {
    const body = { code: 'FORBIDDEN', message: 'Requires a minimum role' };
    for (const call of ['create', 'list'] as const) {
      const { error } = await failing(status, body, { call, http: { tokenSource: 'the sandbox' } });
      expect(error.hint.text).not.toContain('export');
    }
  });
});
