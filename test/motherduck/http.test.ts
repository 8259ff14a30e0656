/** The REST client over real connections that break, hang, trickle, overflow and close. */
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { UserError } from '../../src/model/user-error.ts';
import type { RestClient } from '../../src/motherduck/rest-client.ts';
import { sandboxTransport } from '../../src/sandbox/sandbox-transport.ts';
import { expectGoldenError } from '../golden/golden.ts';
import { memorySandbox } from '../sandbox/memory.ts';
import { ADMIN_TOKEN, failureOf, faked, json, rig, served, servedRaw } from './support.ts';

/** Servers take the port that is free. */
const PORT = { port: /(?<=:)\d{4,5}\b/g };

const get = (http: RestClient) => http.do({ method: 'GET', path: '/v1/x' });
const post = (http: RestClient) => http.do({ method: 'POST', path: '/v1/x', body: { a: 1 } });
const put = (http: RestClient) => http.do({ method: 'PUT', path: '/v1/x', body: { a: 1 } });

const TRUNCATED = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\netag: "1"\r\n\r\n{"a":';
const BROKEN_CHUNKS = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\nzz\r\n';
const WHOLE = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{"a":1}';

describe('a lost connection', () => {
  it('before the response: a read is repeated, a POST is not', async () => {
    const { http, count } = await served((request, response, n) => {
      if (n % 2 === 1) request.socket.destroy();
      else json(response, 200, { n });
    });
    expect((await get(http)).json).toEqual({ n: 2 });
    expect(await failureOf(post(http))).toMatchObject({ failure: 'unreachable', effect: 'unknown' });
    expect(count()).toBe(3);
  });

  it('in the middle of a body: a read is repeated as a whole, never resumed', async () => {
    const ranges: unknown[] = [];
    const { http, count } = await served((request, response, n) => {
      ranges.push(request.headers.range, request.headers['if-match']);
      if (n > 2) return json(response, 200, { n });
      response.writeHead(200, { 'content-length': '100', etag: '"1"', 'accept-ranges': 'bytes' }).write('{"n":');
      setImmediate(() => request.socket.destroy());
    });
    expect((await get(http)).json).toEqual({ n: 3 });
    expect(ranges.every((header) => header === undefined)).toBe(true);
    expect(count()).toBe(3);
  });

  it.each([TRUNCATED, BROKEN_CHUNKS])('for ever: it fails clearly', async (bytes) => {
    const { http, lines } = await servedRaw((socket) => socket.end(bytes));
    const error = await failureOf(get(http));
    expect(['unreachable', 'not_motherduck']).toContain(error.failure);
    expect(error.effect).toBe('none');
    expect(lines.length).toBeLessThanOrEqual(5);
  });

  it('in the middle of the response to a POST: the effect is unknown', async () => {
    const { http, count } = await servedRaw((socket) => socket.end(TRUNCATED));
    const error = await failureOf(post(http));
    expect(error).toMatchObject({ failure: 'unreachable', code: 'API_UNREACHABLE', effect: 'unknown' });
    expectGoldenError('in the middle of the answer to a POST', error, {
      port: /(?<=:)\d{4,5}\b/g,
      code: /UND_ERR_SOCKET|ECONNRESET/g,
    });
    expect(count()).toBe(1);
  });

  it('in the middle of an error: the attempt is repeated as well', async () => {
    const failing = TRUNCATED.replace('200 OK', '503 Sorry');
    const { http, count } = await servedRaw((socket, n) => (n < 3 ? socket.end(failing) : socket.end(WHOLE)));
    expect((await put(http)).json).toEqual({ a: 1 });
    expect(count()).toBe(3);
  });

  it('after a PUT took effect: it is repeated, and the effect is unknown if no attempt succeeds', async () => {
    const { http, count } = await served((request) => request.socket.destroy());
    expect(await failureOf(put(http))).toMatchObject({ failure: 'unreachable', effect: 'unknown' });
    expect(count()).toBe(5);
  });
});

it('a check is made before each repetition of a change, and may make calls of its own', async () => {
  const calls: string[] = [];
  const answering = (request: Request) => {
    calls.push(request.method);
    return request.method === 'POST' && calls.length < 5 ? 429 : 200;
  };
  const { api, http } = faked(async (request) => Response.json({ username: 'a' }, { status: answering(request) }), {
    parallelism: 1,
  });
  await api.withCheck(async () => void (await get(http))).createUser('a');
  expect(calls).toEqual(['POST', 'GET', 'POST', 'GET', 'POST']);
});

describe('the time limit', () => {
  it('ends a call without a response; a read is repeated once', async () => {
    const { http, count } = await served(() => {}, { timeoutMs: 250 });
    expect(await failureOf(get(http))).toMatchObject({ failure: 'timeout', code: 'API_UNREACHABLE', effect: 'none' });
    expect(count()).toBe(2);
    const error = await failureOf(post(http));
    expect(error).toMatchObject({ failure: 'timeout', effect: 'unknown' });
    expect(error.hint.text).toContain('--timeout');
    expect(count()).toBe(3);
  });

  it.each([200, 503])('ends an answer that trickles for ever (%i)', async (status) => {
    const timers: NodeJS.Timeout[] = [];
    const { http, count } = await served(
      (_request, response) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        timers.push(setInterval(() => response.write(' '), 5));
      },
      { timeoutMs: 250 },
    );
    expect((await failureOf(get(http))).failure).toBe('timeout');
    expect(count()).toBe(2);
    for (const timer of timers) clearInterval(timer);
  });

  it('ends a response whose headers never end', async () => {
    const timers: NodeJS.Timeout[] = [];
    const { http } = await servedRaw(
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        timers.push(setInterval(() => socket.write('x: y\r\n'), 5));
      },
      { timeoutMs: 250 },
    );
    expect((await failureOf(get(http))).failure).toBe('timeout');
    for (const timer of timers) clearInterval(timer);
  });

  it('does not count the time between attempts', async () => {
    const { http } = await served(
      (_request, response, n) => json(response, n === 1 ? 503 : 200, { n }, { 'retry-after': '1' }),
      { timeoutMs: 100, sleep: () => new Promise((resolve) => setTimeout(resolve, 250)) },
    );
    expect((await get(http)).json).toEqual({ n: 2 });
  });
});

describe('a response that is too big', () => {
  it('is aborted while it is received, and not requested again', async () => {
    let sent = 0;
    const { http, count } = await served((_request, response) => {
      const chunk = Buffer.alloc(1024 * 1024, 32);
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        while (!response.destroyed && sent < 400 && response.write(chunk)) sent += 1;
        sent += 1;
        if (!response.destroyed && sent < 400) response.once('drain', more);
      };
      more();
    });
    const error = await failureOf(get(http));
    expect(error).toMatchObject({ failure: 'not_motherduck', code: 'API_NOT_MOTHERDUCK', effect: 'none' });
    expect(error.message).toContain('16 MB');
    expect(count()).toBe(1);
    expect(sent).toBeLessThan(400);
    expect((await failureOf(post(http))).effect).toBe('unknown');
  });

  it('may have several megabytes', async () => {
    const text = 'x'.repeat(5_000_000);
    const { http } = await served((_request, response) => json(response, 200, { text }));
    expect((await get(http)).json).toEqual({ text });
  });
});

describe('a request', () => {
  it('has the token, the user agent and the accepted types, under the path of the address', async () => {
    const { address } = await served((request, response) => {
      json(response, 200, { url: request.url, method: request.method, headers: request.headers });
    });
    const { http } = rig({ address: new URL('/proxy/md/', address) });
    const read = (await http.do({ method: 'GET', path: '/v1/x', query: { limit: '2' } })).json;
    expect(read).toMatchObject({
      url: '/proxy/md/v1/x?limit=2',
      method: 'GET',
      headers: {
        authorization: `Bearer ${ADMIN_TOKEN}`,
        'user-agent': 'motherduck-accounts/test',
        accept: 'application/json',
        'accept-encoding': 'identity',
      },
    });
    expect(read).not.toHaveProperty(['headers', 'content-type']);
    expect((await post(http)).json).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } });
  });
});

describe('a body that is compressed although it was not requested', () => {
  const BODY = Buffer.from(JSON.stringify({ text: 'x'.repeat(1000) }));

  it.each([
    ['gzip', gzipSync(BODY)],
    ['x-gzip', gzipSync(BODY)],
    ['GZIP', gzipSync(BODY)],
    ['deflate', deflateSync(BODY)],
    ['deflate', deflateRawSync(BODY)],
    ['identity', BODY],
  ])('is decoded: %s', async (encoding, bytes) => {
    const { http } = await served((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(bytes);
    });
    expect((await get(http)).json).toEqual(JSON.parse(BODY.toString()));
  });

  it.each([
    ['gzip', BODY],
    ['gzip', gzipSync(BODY).subarray(0, 20)],
    ['deflate', BODY],
    ['br', brotliCompressSync(BODY)],
  ])('and damaged or unknown, is not from MotherDuck: %s', async (encoding, bytes) => {
    const { http, count } = await served((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(bytes);
    });
    expect(await failureOf(get(http))).toMatchObject({ failure: 'not_motherduck', effect: 'none' });
    expect(await failureOf(post(http))).toMatchObject({ failure: 'not_motherduck', effect: 'unknown' });
    expect(count()).toBe(2);
  });

  it.each([
    ['gzip', gzipSync(Buffer.alloc(40 * 1024 * 1024))],
    ['deflate', deflateRawSync(Buffer.alloc(40 * 1024 * 1024))],
  ])('and expands beyond 16 MB, is refused: %s', async (encoding, bytes) => {
    const { http, count } = await served((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(bytes);
    });
    const error = await failureOf(get(http));
    expect(error).toMatchObject({ failure: 'not_motherduck', code: 'API_NOT_MOTHERDUCK' });
    expect(error.message).toContain('16 MB');
    expect(count()).toBe(1);
  });
});

describe('connections', () => {
  it('are kept alive', async () => {
    const { http, connections } = await served((_request, response, n) => json(response, 200, { n }), {
      parallelism: 1,
    });
    for (let call = 0; call < 5; call += 1) await get(http);
    expect(connections()).toBe(1);
  });

  it('may be closed by the server after every response', async () => {
    const { http, connections } = await served((_request, response, n) =>
      json(response, 200, { n }, { connection: 'close' }),
    );
    for (let call = 0; call < 5; call += 1) expect((await post(http)).json).toEqual({ n: call + 1 });
    expect(connections()).toBe(5);
  });

  it('are at most as many as the parallelism', async () => {
    let open = 0;
    let most = 0;
    const { http, connections } = await served(
      (_request, response, n) => {
        most = Math.max(most, ++open);
        setTimeout(() => {
          open -= 1;
          json(response, 200, { n });
        }, 5);
      },
      { parallelism: 3 },
    );
    await Promise.all(Array.from({ length: 30 }, () => get(http)));
    expect(most).toBe(3);
    expect(connections()).toBe(3);
  });

  it('do not follow or hang on a redirect', async () => {
    const { http, count } = await served((_request, response) => response.writeHead(307, { location: '/v1/y' }).end());
    const error = await failureOf(get(http));
    expect(error).toMatchObject({ failure: 'not_motherduck', status: 307 });
    expectGoldenError('do not follow or hang on a redirect', error, PORT);
    expect(count()).toBe(1);
  });
});

describe('a server that throttles', () => {
  it('gets fewer concurrent requests, and none while a throttled one waits', async () => {
    let open = 0;
    const atOnce: number[] = [];
    const first: (() => void)[] = [];
    const { http, waits } = await served(
      (_request, response, n) => {
        atOnce.push(++open);
        const answer = () => {
          open -= 1;
          json(response, n <= 8 ? 429 : 200, { n }, n <= 8 ? { 'retry-after': '2' } : {});
        };
        if (n > 8) return void setTimeout(answer, 5);
        // The first eight are throttled together, once all have arrived.
        first.push(answer);
        if (first.length === 8) for (const each of first) each();
      },
      { parallelism: 8 },
    );
    await Promise.all(Array.from({ length: 24 }, () => get(http)));
    expect(waits).toEqual(Array.from({ length: 8 }, () => 2150));
    expect(atOnce).toHaveLength(32);
    expect(Math.max(...atOnce.slice(0, 8))).toBe(8);
    expect(Math.max(...atOnce.slice(8, 12))).toBeLessThanOrEqual(4);
  });

  it('causes no failed call, however low its limit', async () => {
    let left = 2;
    const refill = setInterval(() => {
      left = 2;
    }, 20);
    const { http } = await served(
      (_request, response, n) =>
        left-- > 0 ? json(response, 200, { n }) : json(response, 429, {}, { 'retry-after': '1' }),
      { parallelism: 10, sleep: () => new Promise((resolve) => setTimeout(resolve, 20)) },
    );
    await Promise.all(Array.from({ length: 40 }, () => post(http)));
    clearInterval(refill);
  });
});

describe('no connection', () => {
  it('no server listens', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    if (address === null || typeof address === 'string') throw new Error('no port');
    const { http, waits } = rig({ address: new URL(`http://127.0.0.1:${address.port}`) });
    const error = await failureOf(get(http));
    expect(error).toMatchObject({ failure: 'unreachable', code: 'API_UNREACHABLE', effect: 'none' });
    expect(error.message).toMatch(new RegExp(` 127\\.0\\.0\\.1:${address.port} \\(ECONNREFUSED\\).*\\b5 attempts$`));
    expect(error.hint.text).toContain('--api-url');
    expect(waits).toHaveLength(4);
    expect(await failureOf(post(http))).toMatchObject({ failure: 'unreachable', effect: 'none' });
  });

  it('the server does not speak HTTP', async () => {
    const { http, count } = await servedRaw((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
    const error = await failureOf(get(http));
    expect(error).toMatchObject({ failure: 'not_motherduck', code: 'API_NOT_MOTHERDUCK' });
    expect(count()).toBe(1);
    const plain = await servedRaw((socket) => socket.end(WHOLE));
    expect((await get(plain.http)).json).toEqual({ a: 1 });
  });

  it('the server does not speak TLS', async () => {
    const { address } = await served((_request, response) => json(response, 200, {}));
    const { http } = rig({ address: new URL(address.href.replace('http:', 'https:')) });
    expectGoldenError('the server does not speak TLS', await failureOf(get(http)), { ...PORT, code: /ERR_SSL_\w+/g });
  });

  it('a connection that times out was never used', async () => {
    // TCP connects, TLS does not: the time limit ends the attempt while it connects.
    const { address } = await servedRaw(() => {});
    const { http, lines } = rig({ address: new URL(address.href.replace('http:', 'https:')), timeoutMs: 60 });
    expect(await failureOf(post(http))).toMatchObject({ failure: 'unreachable', effect: 'none' });
    expect(await failureOf(get(http))).toMatchObject({ failure: 'unreachable', effect: 'none' });
    expect(lines).toHaveLength(3);
  });

  it.each([
    ['ENOTFOUND', 1],
    ['EAI_AGAIN', 5],
    ['ENETUNREACH', 5],
    ['UND_ERR_CONNECT_TIMEOUT', 2],
    ['SELF_SIGNED_CERT_IN_CHAIN', 1],
    ['CERT_HAS_EXPIRED', 1],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 1],
    ['EPROTO', 1],
    ['EWHATEVER', 5],
  ])('%s', async (code, attempts) => {
    const { http, lines } = faked(async () => {
      throw Object.assign(new Error('MARKER'), { code, syscall: 'connect' });
    });
    const error = await failureOf(post(http));
    expect(error).toMatchObject({ failure: 'unreachable', code: 'API_UNREACHABLE', effect: 'none' });
    expectGoldenError(`no connection > ${code}`, error);
    await failureOf(get(http));
    expect(lines).toHaveLength(1 + attempts);
  });
});

describe('closing', () => {
  it('aborts reads, ends waits, and rejects later calls', async () => {
    const { http, count } = await served(() => {}, { parallelism: 1 });
    const calls = [get(http), get(http)].map((call) => failureOf(call));
    while (count() === 0) await new Promise((resolve) => setImmediate(resolve));
    await http.close();
    await http.close();
    for (const error of [...(await Promise.all(calls)), await failureOf(get(http))]) {
      expect(error.effect).toBe('none');
      expectGoldenError('aborts reads, ends waits, and rejects later calls', error, PORT);
    }
  });

  it('ends a wait for a retry', async () => {
    let waiting = false;
    const { http } = await served((_request, response) => json(response, 503, {}, { 'retry-after': '20' }), {
      sleep: (_ms, signal) => {
        waiting = true;
        return new Promise((_, stop) => signal.addEventListener('abort', () => stop(signal.reason)));
      },
    });
    const call = failureOf(get(http));
    while (!waiting) await new Promise((resolve) => setImmediate(resolve));
    await http.close();
    expect((await call).failure).toBe('unavailable');
  });

  it('lets a change that was sent complete', async () => {
    const { http, count } = await served((_request, response) => setTimeout(() => json(response, 200, {}), 30));
    const call = put(http);
    while (count() === 0) await new Promise((resolve) => setImmediate(resolve));
    await http.close();
    expect((await call).json).toEqual({});
  });

  it('keeps no process alive, not even during a wait', () => {
    const program = `
      import { createServer } from 'node:http';
      import { Secret } from './src/model/secret.ts';
      import { createRestClient } from './src/motherduck/rest-client.ts';
      let close;
      const server = createServer((q, r) => {
        r.writeHead(503, { 'retry-after': '30' }).end();
        setTimeout(() => close(), 100);
      }).listen(0, '127.0.0.1', async () => {
        const address = new URL('http://127.0.0.1:' + server.address().port);
        const http = createRestClient({ address, token: new Secret('t'), parallelism: 2, userAgent: 'x' });
        http.do({ method: 'GET', path: '/v1/x' }).catch((e) => console.log(e.failure));
        close = async () => { await http.close(); server.close(); };
      });`;
    const build = `
      import { buildSync } from 'esbuild';
      const { outputFiles } = buildSync({ stdin: { contents: ${JSON.stringify(program)}, resolveDir: process.cwd(), loader: 'ts' },
        bundle: true, platform: 'node', format: 'esm', external: ['undici/*'], write: false });
      process.stdout.write(outputFiles[0].text);`;
    const options = { encoding: 'utf8', timeout: 15_000 } as const;
    const code = spawnSync(process.execPath, ['--input-type=module', '-e', build], options).stdout;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', code], options);
    expect({ status: run.status, out: run.stdout, err: run.stderr }).toEqual({
      status: 0,
      out: 'unavailable\n',
      err: '',
    });
  });
});

describe('the clock and the debug lines', () => {
  const at = (hour: number) => `Tue, 24 Nov 2026 ${hour}:00:00 GMT`;
  const isNear = (time: number, hour: number) => Math.abs(time - Date.UTC(2026, 10, 24, hour)) < 60_000;

  it.each([
    ['a good one', 200, '{}', true],
    ['an error of MotherDuck', 404, '{"message":"No","code":"NOT_FOUND"}', true],
    ["a proxy's page", 200, '<html>', false],
    ["a proxy's error", 403, '<html>', false],
    ["a proxy's JSON", 403, '{"message":"No"}', false],
    ['an unrouted path', 404, 'Not Found', false],
    ['a redirect', 302, '{}', false],
    ['an empty one', 200, '', false],
  ])("a response sets the clock if it is MotherDuck's: %s", async (_what, status, text, moves) => {
    const { http } = await served((_request, response) => {
      response.writeHead(status, { date: at(12) }).end(text);
    });
    expect(http.clockDifference()).toBeUndefined();
    await get(http).catch(() => {});
    expect(http.clockDifference() !== undefined).toBe(moves);
    expect(isNear(http.now(), 12)).toBe(moves);
  });

  it('one response with a wrong date does not change the clock, and is reported', async () => {
    let date = at(12);
    const { http, lines } = await served((_request, response) => json(response, 200, {}, { date }));
    await get(http);
    date = at(18);
    await get(http);
    expect(isNear(http.now(), 12)).toBe(true);
    expect(lines.filter((line) => line.includes('not trusted'))).toHaveLength(1);
    date = 'rubbish';
    await get(http);
    expect(isNear(http.now(), 12)).toBe(true);
    expect(Math.abs((http.clockDifference() ?? 0) + Date.now() - http.now())).toBeLessThan(60_000);
  });

  it('a throttled response sets the clock before its Retry-After is read', async () => {
    const { http, waits } = await served((_request, response, n) => {
      const headers = { date: at(12), 'retry-after': 'Tue, 24 Nov 2026 12:00:10 GMT' };
      json(response, n === 1 ? 429 : 200, { message: 'Slow', code: 'TOO_MANY_REQUESTS' }, headers);
    });
    await get(http);
    expect(waits[0]).toBeGreaterThan(9_000);
    expect(waits[0]).toBeLessThan(10_500);
  });

  it('a line has method, path, status, time and attempt', async () => {
    const { http, lines } = await served((request, response, n) => {
      if (n === 2) request.socket.destroy();
      else json(response, n === 1 ? 503 : 200, {});
    });
    await http.do({ method: 'GET', path: '/v1/users', query: { page_token: 'p' } });
    expect(lines.map((line) => line.replace(/\d+ ms/, 'N ms'))).toEqual([
      'GET /v1/users 503 N ms, attempt 1',
      expect.stringMatching(/^GET \/v1\/users (UND_ERR_SOCKET|ECONNRESET) N ms, attempt 2$/),
      'GET /v1/users 200 N ms, attempt 3',
    ]);
  });

  it('a token that is invalid in a header is refused before anything is sent', async () => {
    expect(() => rig({ token: new Secret('a\nb'), tokenSource: 'MOTHERDUCK_TOKEN' })).toThrow(UserError);
  });
});

describe('whether it is a sandbox', () => {
  const SANDBOX = { 'x-sandbox': 'motherduck-accounts' };

  it.each([
    [SANDBOX, true],
    [{}, false],
  ])('is known from every response: %j', async (headers, expected) => {
    const { http, api } = await served((_request, response) => json(response, 404, {}, headers));
    expect(api.isSandbox()).toBeUndefined();
    await failureOf(get(http));
    expect(http.isSandbox()).toBe(expected);
    expect(api.isSandbox()).toBe(expected);
  });

  it('one response of a sandbox is enough, whatever a proxy in front of it sends', async () => {
    const { http } = await served((_request, response, n) => json(response, 200, {}, n === 2 ? SANDBOX : {}));
    for (let call = 0; call < 3; call += 1) await get(http);
    expect(http.isSandbox()).toBe(true);
  });

  it.each([200, 307, 404, 429, 503])(
    'a greeting asks once, without the token, and takes any answer: %i',
    async (status) => {
      const asked: unknown[] = [];
      const { api, waits, lines } = await served((request, response) => {
        asked.push([request.method, request.url, request.headers.authorization]);
        response.writeHead(status, SANDBOX).end('Not Found');
      });
      await api.detectSandbox();
      expect(api.isSandbox()).toBe(true);
      expect(api.clockDifference()).toBeUndefined();
      expect(asked).toEqual([['GET', '/', undefined]]);
      expect(waits).toEqual([]);
      expect(lines).toEqual([expect.stringContaining(`GET / ${status}`)]);
    },
  );

  it('a connection that is cut is opened again', async () => {
    const { http, count } = await served((request, response, n) =>
      n < 4 ? request.socket.destroy() : json(response, 200, {}, SANDBOX),
    );
    expect(await http.detectSandbox()).toBeUndefined();
    expect(http.isSandbox()).toBe(true);
    expect(count()).toBe(4);
  });

  it('no response is no error, and leaves it unknown', async () => {
    const { http, count } = await served((request) => request.socket.destroy());
    expect(await http.detectSandbox()).toMatch(/^[A-Z_]+$/);
    expect(http.isSandbox()).toBeUndefined();
    expect(count()).toBe(5);
    await http.close();
    await http.detectSandbox();
  });

  it('the embedded sandbox is one', async () => {
    const token = new Secret('t');
    const { http } = rig({ transport: sandboxTransport(memorySandbox({ adminToken: token }), token) });
    await http.detectSandbox();
    expect(http.isSandbox()).toBe(true);
  });
});
