/** No error contains a piece of the admin token or of a token that was just created. */
import { HttpResponse, http as mock, type RequestHandler } from 'msw';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/motherduck/transport-errors.ts';
import { ADMIN_TOKEN, everythingOf, faked, jwt, mocked, type Rig, served, servedRaw } from './support.ts';

const CREATED = jwt({ sub: 'MARKER-of-the-created' });
const OPAQUE = 'MARKER-opaque-secret';

/** Makes every call of the API fail, and returns all text of the errors. */
async function everythingPrinted({ api, lines }: Rig): Promise<string> {
  const ducklings = {
    read_write: { instance_size: 'pulse' },
    read_scaling: { instance_size: 'pulse', flock_size: 1 },
  } as const;
  const calls = [
    () => api.listUsers(),
    () => api.createUser('etl_prod'),
    () => api.deleteUser('etl_prod'),
    () => api.createToken('etl_prod', { name: 'x' }),
    () => api.listTokens('etl_prod'),
    () => api.deleteToken('etl_prod', 't1'),
    () => api.getDucklings('etl_prod'),
    () => api.setDucklings('etl_prod', ducklings),
    () => api.activeAccounts(),
  ];
  const printed: string[] = [];
  for (const call of calls) {
    const error = await call().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) continue;
    expect(error).toBeInstanceOf(ApiError);
    printed.push(everythingOf(error), error instanceof ApiError ? error.hint.text : '');
  }
  return [...printed, ...lines].join('\n');
}

function expectNothingSecret(printed: string): void {
  expect(printed).not.toMatch(/MARKER/i);
  expect(printed).not.toContain('eyJ');
  for (const part of [...ADMIN_TOKEN.split('.'), ...CREATED.split('.')]) expect(printed).not.toContain(part);
}

const echo = (status: number, body: string, type: string): RequestHandler =>
  mock.all('*', () => new HttpResponse(body, { status, headers: { 'content-type': type, 'x-token': ADMIN_TOKEN } }));

const WORDS = `bad: ${ADMIN_TOKEN} ${CREATED} Bearer\u200b${ADMIN_TOKEN.slice(3, 60)}`;
const ERROR = JSON.stringify({
  message: WORDS,
  code: 'NOT_FOUND',
  issues: [{ message: ADMIN_TOKEN, path: [CREATED, ADMIN_TOKEN] }],
  data: { token: ADMIN_TOKEN },
});

describe('a server that echoes tokens', () => {
  it.each([302, 400, 401, 403, 404, 407, 409, 422, 429, 500, 503])('in an error, %i', async (status) => {
    expectNothingSecret(await everythingPrinted(mocked([echo(status, ERROR, 'application/json')])));
    expectNothingSecret(await everythingPrinted(mocked([echo(status, WORDS, 'text/plain')])));
    expectNothingSecret(await everythingPrinted(mocked([echo(status, `<b>${WORDS}</b>`, 'text/html')])));
  });

  it.each([
    `{"token":"${OPAQUE}","id":`,
    `{"token":"${OPAQUE}"}`,
    `{"token":"${OPAQUE}","id":["${OPAQUE}"]}`,
    `{"id":"${OPAQUE}"}`,
    `{"token":{"token":"${OPAQUE}"},"id":"t1"}`,
    `["${OPAQUE}"]`,
    `"${OPAQUE}"`,
    OPAQUE,
    `<b>${OPAQUE}</b>`,
  ])('in an invalid successful response: %j', async (body) => {
    expectNothingSecret(await everythingPrinted(mocked([echo(200, body, 'application/json')])));
  });

  it('as the name of a size, a type or a page', async () => {
    const word = { instance_size: ADMIN_TOKEN, flock_size: 0 };
    const tokens = [{ id: 't', created_ts: 'x', token_type: ADMIN_TOKEN }];
    const body = {
      read_write: word,
      read_scaling: word,
      tokens,
      users: [],
      accounts: [],
      next_page_token: ADMIN_TOKEN,
    };
    expectNothingSecret(await everythingPrinted(mocked([echo(200, JSON.stringify(body), 'application/json')])));
  });
});

describe('no valid response', () => {
  const BODY = `HTTP/1.1 200 OK\r\nx-token: ${ADMIN_TOKEN}\r\ncontent-length: 9999\r\n\r\n{"token":"${OPAQUE}",`;

  it('an incomplete body', async () => {
    expectNothingSecret(await everythingPrinted(await servedRaw((socket) => socket.end(BODY))));
  });

  it('no HTTP', async () => {
    expectNothingSecret(
      await everythingPrinted(await servedRaw((socket) => socket.end(`${OPAQUE} ${ADMIN_TOKEN}\r\n`))),
    );
  });

  it('a reset', async () => {
    expectNothingSecret(await everythingPrinted(await served((request) => request.socket.destroy())));
  });

  it('a time limit', async () => {
    const hanging = await served((_request, response) => response.write(`{"token":"${OPAQUE}"`), { timeoutMs: 20 });
    expectNothingSecret(await everythingPrinted(hanging));
  });

  it('too big', async () => {
    const body = Buffer.alloc(17 * 1024 * 1024, OPAQUE);
    const flooding = mocked([mock.all('*', () => new HttpResponse(body))]);
    expectNothingSecret(await everythingPrinted(flooding));
  });

  it.each(['ENOTFOUND', 'ECONNREFUSED', 'CERT_HAS_EXPIRED', 'EPROTO', ADMIN_TOKEN, undefined])(
    'a connection that throws, %#',
    async (code) => {
      const respond = async (request: Request): Promise<never> => {
        const authorization = request.headers.get('authorization');
        const cause = new Error(`inside: ${authorization} ${OPAQUE}`);
        throw Object.assign(new Error(`failed with ${authorization}`, { cause }), { code, headers: { authorization } });
      };
      expectNothingSecret(await everythingPrinted(faked(respond)));
    },
  );
});
