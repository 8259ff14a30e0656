import { Readable } from 'node:stream';
import { delay, getResponse, HttpResponse, http } from 'msw';
import { fetch, interceptors } from 'undici';
import { describe, expect, test } from 'vitest';
import { RequestDispatcher, type Respond } from '../request-dispatcher.ts';
import { ADMIN, organization } from './support.ts';

const ORIGIN = 'https://api.motherduck.com';
const QUICK = { minTimeout: 1, maxTimeout: 5 };

const get = (dispatcher: Pick<RequestDispatcher, 'request'>, more: object = {}) =>
  dispatcher.request({ origin: ORIGIN, path: '/v1/users?limit=2', method: 'GET', ...more });

describe('one request', () => {
  test('reaches the sandbox as it was asked, and the answer comes back whole', async () => {
    const sandbox = organization();
    const dispatcher = new RequestDispatcher((request) => sandbox.handle(request));
    const answer = await dispatcher.request({
      origin: ORIGIN,
      path: '/v1/users',
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' },
      body: '{"username":"etl_prod"}',
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'x-sandbox': 'motherduck-accounts' });
    expect(await answer.body.json()).toEqual({ username: 'etl_prod' });
  });

  test.each([
    ['an object', { a: '1', b: ['2', '3'] }],
    ['a flat list', ['a', '1', 'b', '2', 'b', '3']],
    [
      'entries',
      new Map([
        ['a', '1'],
        ['b', '2, 3'],
      ]),
    ],
  ])('takes headers as %s', async (_, headers) => {
    const dispatcher = new RequestDispatcher(async (request) =>
      Response.json([request.url, request.headers.get('a'), request.headers.get('b')]),
    );
    const { body } = await get(dispatcher, { headers });
    expect(await body.json()).toEqual([`${ORIGIN}/v1/users?limit=2`, '1', '2, 3']);
  });

  test.each([
    ['text', () => 'bödy'],
    ['bytes', () => Buffer.from('bödy')],
    ['a stream', () => Readable.from([Buffer.from('bö'), Buffer.from('dy')])],
  ])('takes a body of %s', async (_, body) => {
    const dispatcher = new RequestDispatcher(async (request) => new Response(await request.text()));
    const answer = await get(dispatcher, { method: 'PUT', body: body() });
    expect(await answer.body.text()).toBe('bödy');
  });

  test('works beneath fetch, cookies and an empty body included', async () => {
    const headers = new Headers([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]);
    const dispatcher = new RequestDispatcher(async () => new Response(null, { status: 204, headers }));
    const response = await fetch(`${ORIGIN}/`, { dispatcher });
    expect(response.status).toBe(204);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  test('a large answer comes at the speed of its reader', async () => {
    const text = 'x'.repeat(3_000_000);
    const dispatcher = new RequestDispatcher(async () => new Response(text));
    const { body } = await get(dispatcher);
    let length = 0;
    for await (const chunk of body) length += chunk.length;
    expect(length).toBe(text.length);
  });
});

describe('trouble', () => {
  const counting = (...answers: (() => Response | Promise<Response>)[]) => {
    const calls: string[] = [];
    const respond: Respond = async (request) => {
      calls.push(await request.text());
      return (answers[calls.length - 1] ?? answers.at(-1))?.();
    };
    return { calls, dispatcher: new RequestDispatcher(respond) };
  };

  test('a broken connection and a 503 are retried by the interceptor, body and all', async () => {
    const { calls, dispatcher } = counting(
      () => Response.error(),
      () => new Response('<html>', { status: 503 }),
      () => Response.json({ ok: true }),
    );
    const client = dispatcher.compose(interceptors.retry({ ...QUICK, maxRetries: 3 }));
    const answer = await get(client, { method: 'PUT', body: 'again' });
    expect(await answer.body.json()).toEqual({ ok: true });
    expect(calls).toEqual(['again', 'again', 'again']);
  });

  test('a 503 for ever comes out as such, with throwOnError or without', async () => {
    const { calls, dispatcher } = counting(() => new Response('down', { status: 503 }));
    const loud = dispatcher.compose(interceptors.retry({ ...QUICK, maxRetries: 2 }));
    await expect(get(loud)).rejects.toMatchObject({ statusCode: 503 });
    expect(calls.length).toBeGreaterThan(2);
    const quiet = dispatcher.compose(interceptors.retry({ ...QUICK, maxRetries: 2, throwOnError: false }));
    const answer = await get(quiet);
    expect([answer.statusCode, await answer.body.text()]).toEqual([503, 'down']);
  });

  test('a POST is not retried', async () => {
    const { calls, dispatcher } = counting(() => Response.error());
    const client = dispatcher.compose(interceptors.retry(QUICK));
    await expect(get(client, { method: 'POST', body: '{}' })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(calls).toEqual(['{}']);
  });

  test('a request that nobody answers, and a function that throws, are errors', async () => {
    const silent = new RequestDispatcher(async () => undefined);
    await expect(get(silent)).rejects.toThrow('nothing answers GET /v1/users');
    const broken = new RequestDispatcher(async () => Promise.reject(new Error('broken')));
    await expect(get(broken)).rejects.toThrow('broken');
  });

  test('a signal ends it before, while waiting, and in the body', async () => {
    const reason = new Error('enough');
    const never = new RequestDispatcher(() => new Promise(() => {}));
    await expect(get(never, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    const waiting = new AbortController();
    const answer = get(never, { signal: waiting.signal });
    setTimeout(() => waiting.abort(reason), 5);
    await expect(answer).rejects.toBe(reason);

    const reading = new AbortController();
    const endless = new RequestDispatcher(
      async () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })),
    );
    const { body } = await get(endless, { signal: reading.signal });
    setTimeout(() => reading.abort(reason), 5);
    await expect(body.text()).rejects.toBe(reason);
  });

  test('the function is told that its caller went away', async () => {
    const gone = new AbortController();
    const told = deferred();
    const dispatcher = new RequestDispatcher(
      (request) => new Promise(() => request.signal.addEventListener('abort', () => told.resolve(undefined))),
    );
    const answer = get(dispatcher, { signal: gone.signal });
    setTimeout(() => gone.abort(), 5);
    await expect(answer).rejects.toThrow();
    await told.promise;
  });

  test('timeouts are those of undici, and can be retried', async () => {
    const never = new RequestDispatcher(() => new Promise(() => {}));
    await expect(get(never, { headersTimeout: 5 })).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
    const endless = new RequestDispatcher(
      async () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })),
    );
    const { body } = await get(endless, { bodyTimeout: 5 });
    await expect(body.text()).rejects.toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT' });

    const { calls, dispatcher } = counting(
      () => new Promise(() => {}),
      () => Response.json({ ok: true }),
    );
    const client = dispatcher.compose(interceptors.retry({ ...QUICK, errorCodes: ['UND_ERR_HEADERS_TIMEOUT'] }));
    expect((await get(client, { headersTimeout: 5 })).statusCode).toBe(200);
    expect(calls).toHaveLength(2);
  });

  test('close waits for what runs and refuses what comes; destroy ends it', async () => {
    const slow = new RequestDispatcher(async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return new Response('done');
    });
    const answer = get(slow);
    await slow.compose(interceptors.retry(QUICK)).close();
    expect(await (await answer).body.text()).toBe('done');
    await expect(get(slow)).rejects.toMatchObject({ code: 'UND_ERR_CLOSED' });

    const never = new RequestDispatcher(() => new Promise(() => {}));
    const lost = expect(get(never)).rejects.toMatchObject({ code: 'UND_ERR_DESTROYED' });
    await never.destroy();
    await lost;
  });
});

describe("msw's handlers", () => {
  test('can be mounted, with its delays and network errors', async () => {
    let calls = 0;
    const handlers = [
      http.get(`${ORIGIN}/v1/users`, async ({ request }) => {
        calls += 1;
        if (calls === 1) return HttpResponse.error();
        await delay(1);
        return HttpResponse.json({ limit: new URL(request.url).searchParams.get('limit') });
      }),
    ];
    const dispatcher = new RequestDispatcher((request) => getResponse(handlers, request));
    const client = dispatcher.compose(interceptors.retry(QUICK));
    expect(await (await get(client)).body.json()).toEqual({ limit: '2' });
    expect(calls).toBe(2);
    await expect(get(client, { path: '/elsewhere' })).rejects.toThrow('nothing answers GET /elsewhere');
  });
});

/** Promise.withResolvers, which came with Node 22. */
function deferred() {
  let resolve: (value: unknown) => void = () => {};
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
