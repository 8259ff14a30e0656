/** The embedded sandbox responds as the served one does, and loads no HTTP client. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { httpTransport } from '../../src/motherduck/http-transport.ts';
import type { TransportRequest } from '../../src/motherduck/transport.ts';
import { sandboxTransport } from '../../src/sandbox/sandbox-transport.ts';
import { serve } from '../../src/sandbox/server.ts';
import { ADMIN, organization } from './support.ts';

const token = new Secret(ADMIN);

describe('the sandbox in this process', () => {
  test('returns what the served one returns', async () => {
    const sandbox = organization();
    const server = await serve({ organization: sandbox, port: 0 });
    const overHttp = httpTransport({
      address: new URL(server.url),
      token,
      userAgent: 'test',
      connections: 1,
      timeoutMs: 5_000,
    });
    onTestFinished(async () => {
      await overHttp.close();
      await server.close();
    });
    const direct = sandboxTransport(sandbox, token);
    await direct.send({ method: 'POST', path: '/v1/users', body: { username: 'etl_prod' } });
    const requests: TransportRequest[] = [
      { method: 'GET', path: '/v1/users', query: { limit: '1', is_service_account: 'true' } },
      { method: 'GET', path: '/v1/users', query: { page_token: 'a&b=ü ' } },
      { method: 'GET', path: '/v1/users/etl_prod/instances' },
      { method: 'GET', path: '/v1/users/%C3%BC/tokens' },
      { method: 'GET', path: '/v1/users/etl_prod' },
      { method: 'POST', path: '/v1/users', body: { username: 'ü_1 -' } },
      { method: 'POST', path: '/v1/users', body: 'ü' },
      { method: 'GET', path: '/v1/users', anonymous: true },
      { method: 'GET', path: '/', anonymous: true },
    ];
    for (const request of requests) {
      const { status, text, headers } = await direct.send(request);
      const served = await overHttp.send(request);
      expect([served.status, served.text]).toEqual([status, text]);
      for (const name of ['content-type', 'content-length', 'x-sandbox'])
        expect(headers[name]).toBe(served.headers[name]);
      expect(Date.parse(String(headers.date))).not.toBeNaN();
    }
  });

  test('returns nothing after an abort', async () => {
    const sandbox = organization();
    const reason = new Error('enough');
    const request = { method: 'POST', path: '/v1/users', body: { username: 'x_1' } } as const;
    const signal = AbortSignal.abort(reason);
    await expect(sandboxTransport(sandbox, token).send({ ...request, signal })).rejects.toBe(reason);
    expect(sandbox.inspect().accounts.map(({ username }) => username)).not.toContain('x_1');
  });

  test('loads nothing of undici', () => {
    const program = `
      import Module from 'node:module';
      import { Secret } from './src/model/secret.ts';
      import { createApi } from './src/motherduck/api.ts';
      import { createRestClient } from './src/motherduck/rest-client.ts';
      import { memorySandbox } from './test/sandbox/memory.ts';
      import { sandboxTransport } from './src/sandbox/sandbox-transport.ts';
      const token = new Secret('t');
      const transport = sandboxTransport(memorySandbox({ adminToken: token }), token);
      const options = { address: new URL('http://localhost'), token, parallelism: 2, userAgent: 'x' };
      const load = Module._load;
      const loaded = [];
      Module._load = (name, ...rest) => (loaded.push(name), load(name, ...rest));
      const none = (api) => api.listUsers().then(({ users }) => users.length, (error) => error.failure);
      const count = () => loaded.filter((name) => name.startsWith('undici')).length;
      (async () => {
        const inProcess = createApi(createRestClient({ ...options, transport }));
        console.log(await none(inProcess), count());
        const http = createApi(createRestClient({ ...options, address: new URL('http://127.0.0.1:1'), sleep: async () => {} }));
        console.log(await none(http), count());
        await http.close();
      })();`;
    const root = path.resolve(import.meta.dirname, '../..');
    const { outputFiles } = buildSync({
      stdin: { contents: program, resolveDir: root, loader: 'ts' },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      supported: { 'dynamic-import': false },
      external: ['undici/*', '@duckdb/node-api'],
      write: false,
    });
    const run = spawnSync(process.execPath, ['-e', outputFiles?.[0]?.text ?? ''], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, FORCE_COLOR: '0' },
    });
    expect([run.stdout, run.stderr]).toEqual(['1 0\nunreachable 1\n', '']);
  });
});
