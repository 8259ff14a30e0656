import { EventEmitter, once } from 'node:events';
import { request as httpRequest, Agent as KeepAlive } from 'node:http';
import { Agent, request } from 'undici';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FAULTS, type ServeOptions, serve } from '../../src/sandbox/server.ts';
import { ADMIN, ask, organization } from './support.ts';

const headers = { authorization: `Bearer ${ADMIN}` };

async function served(options: Partial<ServeOptions> = {}) {
  const sandbox = options.organization ?? organization();
  const server = await serve({ organization: sandbox, port: 0, ...options });
  const dispatcher = new Agent();
  onTestFinished(async () => {
    await dispatcher.destroy();
    await server.close();
  });
  const call = (path: string, more: object = {}) => request(server.url + path, { headers, dispatcher, ...more });
  return { sandbox, server, call };
}

describe('the server', () => {
  test('returns what the organization returns', async () => {
    const { call, sandbox } = await served();
    await sandbox.advance(80 * 86_400);
    const made = await call('/v1/users', { method: 'POST', body: '{"username":"etl_prod"}' });
    expect([made.statusCode, await made.body.json()]).toEqual([200, { username: 'etl_prod' }]);
    const list = await call('/v1/users?is_service_account=true&limit=1');
    expect(await list.body.json()).toMatchObject({ users: [{ username: 'etl_prod' }], total_count: 1 });
    expect(list.headers['x-sandbox']).toBe('motherduck-accounts');
    expect(Date.parse(String(list.headers.date)) - Date.now()).toBeGreaterThan(79 * 86_400_000);
    const nothing = await call('/v1/users/etl_prod');
    expect([nothing.statusCode, await nothing.body.text()]).toEqual([404, 'Not Found']);
    const refused = await call('/v1/users', { headers: {} });
    expect([refused.statusCode, (await refused.body.json()) as object]).toMatchObject([401, { code: 'UNAUTHORIZED' }]);
  });

  test('keeps connections alive', async () => {
    const { server } = await served();
    const agent = new KeepAlive({ keepAlive: true, maxSockets: 1 });
    const reused: boolean[] = [];
    for (let count = 0; count < 3; count += 1) {
      await new Promise<void>((resolve, reject) => {
        const asked = httpRequest(`${server.url}/v1/users`, { agent, headers }, (response) => {
          response.resume().on('end', () => setImmediate(resolve));
        });
        asked
          .on('error', reject)
          .on('response', () => reused.push(asked.reusedSocket))
          .end();
      });
    }
    agent.destroy();
    expect(reused).toEqual([false, true, true]);
  });

  test('closes after running requests', async () => {
    const sandbox = organization();
    const gate = new EventEmitter();
    const respond = sandbox.respond.bind(sandbox);
    vi.spyOn(sandbox, 'respond').mockImplementation(async (request) => {
      gate.emit('begun');
      await once(gate, 'released');
      return respond(request);
    });
    const { server, call } = await served({ organization: sandbox });
    const begun = once(gate, 'begun');
    const answer = call('/v1/users');
    await begun;
    const order: string[] = [];
    const closed = server.close().then(() => order.push('closed'));
    await expect(call('/v1/users')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    order.push('released');
    gate.emit('released');
    expect((await answer).statusCode).toBe(200);
    await closed;
    expect(order).toEqual(['released', 'closed']);
  });

  test('a port in use is an error with a hint', async () => {
    const { server } = await served();
    const again = serve({ organization: organization(), port: Number(new URL(server.url).port) });
    await expect(again).rejects.toMatchObject({
      code: 'SANDBOX_FAILED',
      hint: { text: expect.stringContaining('--port') },
    });
  });

  test('more than the rate limit is 429 with Retry-After', async () => {
    const { call, sandbox } = await served({ rateLimit: 3 });
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, number) =>
        call('/v1/users', { method: 'POST', body: `{"username":"abc${number}"}` }),
      ),
    );
    const refused = answers.filter((answer) => answer.statusCode === 429);
    expect(refused.length).toBeGreaterThanOrEqual(4);
    expect(refused[0]?.headers['retry-after']).toBe('1');
    expect(await refused[0]?.body.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    const created = answers.filter((answer) => answer.statusCode === 200);
    expect((await ask(sandbox, 'GET /v1/users')).body.total_count).toBe(1 + created.length);
  });
});

describe('faults', () => {
  /** Random numbers that make only the first request fail, with this fault. */
  const only = (index: number) => {
    const numbers = [0, (index + 0.5) / FAULTS.length];
    return () => numbers.shift() ?? 1;
  };
  const create = { method: 'POST', body: '{"username":"etl_prod"}' };
  const existsAfter = async (sandbox: ReturnType<typeof organization>) =>
    (await ask(sandbox, 'GET /v1/users/etl_prod/tokens')).status === 200;

  test.each([
    ['reset_before', false],
    ['reset_after', true],
  ] as const)('%s: the connection is reset, took effect: %s', async (fault, done) => {
    const { call, sandbox } = await served({ failRate: 0.5, random: only(FAULTS.indexOf(fault)) });
    await expect(call('/v1/users', create)).rejects.toMatchObject({
      code: expect.stringMatching(/^(ECONNRESET|UND_ERR_SOCKET)$/),
    });
    expect(await existsAfter(sandbox)).toBe(done);
    expect((await call('/v1/users')).statusCode).toBe(200);
  });

  test.each([
    ['error_500', 500, 'application/json', false],
    ['html_502', 502, 'text/html; charset=utf-8', true],
    ['html_503', 503, 'text/html; charset=utf-8', false],
  ] as const)('%s: %i as %s, took effect: %s', async (fault, status, type, done) => {
    const { call, sandbox } = await served({ failRate: 0.5, random: only(FAULTS.indexOf(fault)) });
    const answer = await call('/v1/users', create);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([status, type]);
    expect(answer.headers).toHaveProperty('date');
    expect(await existsAfter(sandbox)).toBe(done);
    expect((await call('/v1/users')).statusCode).toBe(200);
  });

  test('a seed repeats them', async () => {
    const statuses = async () => {
      const { call } = await served({ failRate: 0.4, random: seededRandom(7) });
      const seen: (number | string)[] = [];
      for (let count = 0; count < 60; count += 1) {
        seen.push(
          await call('/v1/users')
            .then((answer) => answer.body.dump().then(() => answer.statusCode))
            .catch(() => 'reset'),
        );
      }
      return seen;
    };
    const first = await statuses();
    expect(new Set(first)).toEqual(new Set([200, 500, 502, 503, 'reset']));
    expect(await statuses()).toEqual(first);
  });
});

/** A random number generator with a seed (mulberry32), so that a run can be repeated. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
