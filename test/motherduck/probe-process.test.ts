import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { type ConnectionTarget, motherduckConnector } from '../../src/motherduck/connector.ts';
import { childEnvironment, type ProbeRequest, runProbe } from '../../src/motherduck/probe-process.ts';
import { sandboxConnector } from '../../src/sandbox/connector.ts';
import { program, run as runProgram } from '../files/processes.ts';
import { isWindows } from '../platform.ts';
import { memorySandbox } from '../sandbox/memory.ts';
import { buildProbe, ENDLESS, MARKER, PROBE_TIMEOUT_MS } from '../smoke/fake-motherduck.ts';

const TOKEN = new Secret(`eyJhbGciOiJIUzI1NiJ9.${MARKER}payload.${MARKER}signature`);

vi.setConfig({ testTimeout: PROBE_TIMEOUT_MS });

let probe: Awaited<ReturnType<typeof buildProbe>>;
beforeAll(async () => {
  probe = await buildProbe();
});
afterAll(() => probe.remove());

function local(more: Partial<ConnectionTarget> = {}): ConnectionTarget {
  return { path: ':memory:', options: {}, setup: [], confine: [], shutdown: 'SELECT 1', ...more };
}

function ask(...sql: string[]): ProbeRequest {
  return { steps: sql.map((text, index) => ({ name: `q${index}`, sql: text })), shutdown: false };
}

function run(target: ConnectionTarget, request: ProbeRequest, more: Partial<Parameters<typeof runProbe>[2]> = {}) {
  const options = { timeoutMs: PROBE_TIMEOUT_MS, probePath: probe.path, secrets: [TOKEN], env: process.env };
  return runProbe(target, request, { ...options, ...more });
}

describe('runProbe', () => {
  it('reports the first row, the number of rows and the milliseconds of each step', async () => {
    const target = local({ setup: ['CREATE TABLE t AS SELECT 42 AS x'], confine: [], shutdown: 'DROP TABLE t' });
    const request = {
      ...ask('SELECT x, NULL AS y FROM t;', 'FROM range(5000)', 'SELECT 1 WHERE false'),
      shutdown: true,
    };
    const report = await run(target, request);
    expect([...report.keys()]).toEqual(['connect', 'q0', 'q1', 'q2', 'shutdown']);
    expect(report.get('q0')?.answer).toEqual({ rows: 1, row: { x: '42', y: null } });
    expect(report.get('q1')?.answer).toEqual({ rows: 5000, row: { range: '0' } });
    expect(report.get('q2')?.answer).toEqual({ rows: 0 });
    expect([...report.values()].every((step) => step.failure === undefined && step.ms >= 0)).toBe(true);
  });

  it('continues after a failed step, and stops after a failed setup', async () => {
    const report = await run(local(), ask('SELECT * FROM nowhere', 'SELECT 1'));
    expect(report.get('q0')?.failure).toMatchObject({ kind: 'sql', text: expect.stringContaining('nowhere') });
    expect(report.get('q1')?.answer?.rows).toBe(1);

    const broken = await run(local({ setup: ["SELECT error('no way in')"] }), ask('SELECT 1'));
    expect([...broken.keys()]).toEqual(['connect']);
    expect(broken.get('connect')?.failure?.text).toContain('no way in');
  });

  it.each([
    'SELECT 5 -- x\r; DROP TABLE m',
    "SELECT 1 AS a$$, '$$ -- '; DROP TABLE m",
    'SELECT $é$ -- $é$; DROP TABLE m',
    'SELECT 1; DROP TABLE m',
  ])('runs nothing of SQL of a user in which DuckDB reads several statements: %s', async (sql) => {
    const steps = [
      { name: 'hidden', sql, foreign: true },
      { name: 'after', sql: 'SELECT * FROM m', foreign: true },
    ];
    const report = await run(local({ setup: ['CREATE TABLE m AS SELECT 1 AS i'] }), { steps, shutdown: false });
    expect(report.get('hidden')?.failure?.text).toMatch(/\b2 statements\b/);
    expect(report.get('after')?.answer?.rows).toBe(1);
  });

  it('kills a query at the time limit and keeps what was reported before', async () => {
    const report = await run(local(), ask('SELECT 1', ENDLESS, 'SELECT 2'), { timeoutMs: 3000 });
    expect([...report.keys()]).toEqual(['connect', 'q0', 'q1']);
    expect(report.get('q1')?.failure).toMatchObject({ kind: 'time_limit', text: expect.stringContaining('3 s') });
  });

  it('starts no child for an aborted signal', async () => {
    const report = await run(local(), ask('SELECT 1'), { signal: AbortSignal.abort(), probePath: '/nowhere' });
    expect(report.get('connect')?.failure?.kind).toBe('aborted');
  });

  it('reports all rows, also where the pipe takes a part of them at a time', async () => {
    const probePath = join(probe.folder, `partly-${Math.random()}.mjs`);
    const program = `import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { writeSync } = fs;
      fs.writeSync = (fd, data, from = 0) => {
        const bytes = Buffer.from(data);
        return writeSync(fd, bytes, from, Math.min(65536, bytes.length - from));
      };
      syncBuiltinESMExports();
      await import(${JSON.stringify(pathToFileURL(probe.path))});`;
    writeFileSync(probePath, program);
    const steps = [{ name: 'q', sql: "SELECT repeat('x', 500) AS x FROM range(300)", every: true }];
    const report = await run(local(), { steps, shutdown: true }, { probePath });
    expect(report.get('q')?.answer?.every?.filter(({ x }) => x?.length === 500)).toHaveLength(300);
    expect(report.get('shutdown')).toMatchObject({ ms: expect.any(Number) });
  });

  it('never connects without a token', async () => {
    for (const options of [{}, { motherduck_token: '' }]) {
      const report = await run(local({ path: 'MD:sales', options }), ask());
      expect(report.get('connect')?.failure?.kind).toBe('refused');
    }
  });

  it('removes the token and control characters from every text', async () => {
    const [, payload = '', signature = ''] = TOKEN.reveal().split('.');
    const text = `'a \x1b[31m${TOKEN.reveal()} b\n${payload} c ${signature}'`;
    const report = await run(local(), ask(`SELECT ${text} AS x`, `SELECT error(${text})`));
    expect(report.get('q0')?.answer?.row).toEqual({ x: 'a [secret] b [secret] c [secret]' });
    expect(report.get('q1')?.failure?.text).toContain('a [secret] b [secret] c [secret]');
    expect(JSON.stringify([...report])).not.toContain(MARKER);
  });

  it.runIf(process.platform === 'linux')(
    'shows the token in no argument and no environment; abort ends it',
    async () => {
      process.env.MOTHERDUCK_TOKEN = TOKEN.reveal();
      try {
        const stop = new AbortController();
        const target = local({ setup: [`SELECT '${TOKEN.reveal()}'`] });
        const running = run(target, ask(ENDLESS), { signal: stop.signal });
        const [pid = ''] = await eventually(childrenRunning(probe.path));
        const seen = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8'));
        expect(seen[0]).toContain(probe.path);
        expect(seen[1]).toContain('PATH=');
        expect(seen.join()).not.toContain(MARKER);
        stop.abort();
        const report = await running;
        expect([...report.values()].at(-1)?.failure).toEqual({ kind: 'aborted', text: 'interrupted' });
        expect(childrenRunning(probe.path)()).toEqual([]);
      } finally {
        delete process.env.MOTHERDUCK_TOKEN;
      }
    },
  );
});

describe('SQL of the configuration', () => {
  const confinements = {
    MotherDuck: async () => (await motherduckConnector({ userAgent: 'test' }).target(TOKEN, '')).confine,
    'the sandbox': async () => (await sandboxConnector(await memorySandbox()).target(TOKEN, undefined)).confine,
  };
  it.each(Object.entries(confinements))('reaches no local file and no extension: %s', async (_, confine) => {
    const secrets = join(probe.folder, 'secrets.env');
    const out = join(probe.folder, 'out');
    writeFileSync(secrets, `KEY=${MARKER}`);
    const hostile = [
      `COPY (SELECT content FROM read_text('${secrets}')) TO '${out}'`,
      `FROM read_text('${secrets}')`,
      `FROM read_csv('${secrets}')`,
      `FROM read_blob('file://${secrets}')`,
      `FROM glob('${probe.folder}/*')`,
      `FROM '${probe.path}'`,
      "FROM read_text('/proc/self/environ')",
      `COPY (SELECT 1) TO '${out}'`,
      `EXPORT DATABASE '${out}'`,
      `ATTACH '${out}'`,
      'INSTALL httpfs',
      'LOAD httpfs',
      `LOAD '${out}.duckdb_extension'`,
      "FROM read_text('http://127.0.0.1:1/latest/meta-data')",
      'SET lock_configuration = false',
      'RESET lock_configuration',
      'SET enable_external_access = true',
      "SET disabled_filesystems = ''",
      `SET temp_directory = '${out}'`,
      `PRAGMA profiling_output = '${out}'`,
      `CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN '${MARKER}')`,
      `SELECT 1; FROM read_text('${secrets}')`,
    ];
    const steps = hostile.map((sql, index) => ({ name: `q${index}`, sql, foreign: true }));
    steps.push({ name: 'fine', sql: 'SELECT 41 + 1 AS x', foreign: true });
    const report = await run(local({ confine: await confine() }), { steps, shutdown: true });
    expect(hostile.filter((_sql, index) => report.get(`q${index}`)?.failure?.kind !== 'sql')).toEqual([]);
    expect(report.get('fine')?.answer?.row).toEqual({ x: '42' });
    expect(JSON.stringify([...report.values()])).not.toContain(MARKER);
    expect(readdirSync(probe.folder)).not.toContain('out');
  });

  it('reads no credentials of a proxy', async () => {
    const env = { HTTP_PROXY: `http://${MARKER}:${MARKER}@127.0.0.1:1` };
    const { confine, options } = await motherduckConnector({ userAgent: 'test', env }).target(TOKEN, '');
    const { motherduck_token: _, custom_user_agent: __, ...proxy } = options;
    const sql = "SELECT count(*) AS n FROM duckdb_settings() WHERE value LIKE '%MARKER%'";
    const steps = [
      { name: 'before', sql },
      { name: 'own', sql, foreign: true },
    ];
    const report = await run(local({ confine, options: proxy }), { steps, shutdown: false });
    expect(report.get('before')?.answer?.row).toEqual({ n: '2' });
    expect(report.get('own')?.answer?.row).toEqual({ n: '0' });
  });

  it('is not run where the connection cannot be confined', async () => {
    const steps = [{ name: 'own', sql: 'CREATE TABLE ran AS SELECT 1', foreign: true }];
    const target = local({ confine: ['SET no_such_setting = 1'] });
    const report = await run(target, { steps: [...steps, { name: 'after', sql: 'FROM ran' }], shutdown: false });
    expect(report.get('own')?.failure?.text).toContain('no_such_setting');
    expect(report.get('after')?.failure?.text).toContain('ran');
  });
});

describe('a child that ends early', () => {
  const cases: [string, string, RegExp][] = [
    ['aborts', 'process.abort()', /it ended by SIGABRT/],
    [
      'exits',
      `console.error('native boom ${TOKEN.reveal()}'); process.exit(3)`,
      /exit code 3: native boom \[secret\]$/,
    ],
    ['says nothing', '', /exit code 0/],
    ['prints garbage', 'fs.writeSync(3, "hello\\n"); setInterval(() => {}, 1000)', /cannot be read/],
    ['prints JSON of another shape', 'fs.writeSync(3, "null\\n[]\\n")', /cannot be read/],
    ['floods', 'for (;;) fs.writeSync(3, "x".repeat(65536))', /too long/],
  ];
  it.each(cases)('%s is reported', async (_, program, text) => {
    const probePath = join(probe.folder, `fake-${Math.random()}.mjs`);
    writeFileSync(probePath, `import fs from 'node:fs';\n${program}`);
    const report = await run(local({ options: { motherduck_token: TOKEN.reveal() } }), ask('SELECT 1'), { probePath });
    expect([...report.keys()]).toEqual(['connect']);
    expect(report.get('connect')?.failure).toMatchObject({ kind: 'crashed', text: expect.stringMatching(text) });
    expect(JSON.stringify([...report])).not.toContain(MARKER);
  });

  it('reports a missing program', async () => {
    const report = await run(local(), ask(), { probePath: join(probe.folder, 'missing.mjs') });
    expect(report.get('connect')?.failure?.kind).toBe('crashed');
  });
});

it.skipIf(isWindows)('a child that cannot be started, as there are too many open files, is reported', async () => {
  const path = await program(`
    import { openSync } from 'node:fs';
    import { runProbe } from './src/motherduck/probe-process.ts';
    import { SqlSession } from './src/motherduck/sql-session.ts';
    const target = ${JSON.stringify(local())};
    const none = { env: process.env, probePath: 'none' };
    const session = new SqlSession({ target: async () => target, seconds: 60, secrets: [], ...none });
    try { for (;;) openSync('/dev/null'); } catch {}
    const report = await runProbe(target, { steps: [], shutdown: false }, { timeoutMs: 60_000, ...none });
    const refused = await session.run('SELECT 1').catch((error) => error);
    process.stdout.write(JSON.stringify([report.get('connect')?.failure, refused.failure ?? String(refused)]));
  `);
  const { stdout, stderr } = await runProgram(['sh', '-c', 'ulimit -n 64; exec "$0" "$1"', process.execPath, path])
    .ended;
  const failure = { kind: 'crashed', text: expect.stringContaining('EMFILE') };
  expect(JSON.parse(stdout || JSON.stringify(stderr))).toEqual([failure, failure]);
});

it.skipIf(isWindows)('the child outlives Ctrl-C, which is for the parent to answer, and not its parent', async () => {
  const child = spawn(process.execPath, [probe.path], { stdio: ['pipe', 'ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  child.stdin?.write(`${JSON.stringify({ target: local(), request: ask(ENDLESS) })}\n`);
  await once(child.stdio[3] as Readable, 'data'); // connected
  child.kill('SIGINT');
  child.stdin?.end(); // as when the parent has exited
  expect(await ended).toEqual([null, 'SIGKILL']);
});

describe('motherduckConnector', () => {
  const connector = motherduckConnector({ userAgent: 'motherduck-accounts/1.2.3' });

  it('has the token in the options and not in the path', async () => {
    const target = await connector.target(TOKEN, 'sales', 45);
    const parameters = 'session_name=mdacc&dbinstance_inactivity_ttl=0s&connection_timeout=45s';
    expect(target.path).toBe(`md:sales?${parameters}`);
    expect(target.options).toEqual({
      motherduck_token: TOKEN.reveal(),
      custom_user_agent: 'motherduck-accounts/1.2.3',
    });
    expect(target.shutdown).toBe('SHUTDOWN');
    expect((await connector.target(TOKEN, undefined)).path).toBe(`md:?${parameters.replace('45s', '60s')}`);
  });

  it('rejects a database name that would add parameters', async () => {
    await expect(connector.target(TOKEN, 'sales?motherduck_token=x')).rejects.toThrow(/database name/);
  });

  it('fails without hanging if the extension cannot be downloaded', async () => {
    // An unreachable proxy simulates a machine without internet, and an empty HOME one without the extension.
    const env = { ...process.env, HOME: probe.folder, HTTP_PROXY: 'http://127.0.0.1:1' };
    const report = await run(await connector.target(TOKEN, undefined), ask('SELECT md_user()'), { env });
    expect([...report.keys()]).toEqual(['connect']);
    expect(report.get('connect')?.failure).toMatchObject({
      kind: 'sql',
      text: expect.stringContaining('Failed to download extension "motherduck"'),
      duckdb: {
        version: expect.stringMatching(/^v1\.\d+\.\d+$/),
        platform: expect.stringMatching(/^\w+$/),
        folder: expect.stringContaining(join(probe.folder, '.duckdb', 'extensions', 'v1.')),
      },
    });
  });
});

describe('the environment of the child', () => {
  it('has no token under any name, no display and no debugger', () => {
    const env = { PATH: '/bin', MOTHERDUCK_ADMIN_TOKEN: 'a', motherduck_token: 'b', MOTHERDUCK_TOKEN_ETL_X: 'c' };
    const more = { DISPLAY: ':0', NODE_OPTIONS: '--inspect-brk', HTTP_PROXY: 'http://proxy' };
    expect(childEnvironment({ ...env, ...more })).toEqual({
      PATH: '/bin',
      HTTP_PROXY: 'http://proxy',
      http_proxy: 'http://proxy',
      BROWSER: 'false',
    });
  });

  it('holds only what a connection needs', () => {
    const token = 'a-token-of-the-admin';
    const needed = {
      HOME: '/home/a',
      LC_ALL: 'C',
      no_proxy: 'localhost',
      SSL_CERT_FILE: '/ca.pem',
      SystemRoot: 'C:',
      MOTHERDUCK_EXT_VERSION: 'v1.5.6',
    };
    const env = {
      ...needed,
      MOTHERDUCK_ADMIN_TOKEN: token,
      MY_COPY: token,
      TMPDIR: `/tmp/${token}`,
      MOTHERDUCK_HOST: 'evil.example',
      motherduck_host: 'evil.example',
      MOTHERDUCK_API_URL: 'https://evil.example',
      AWS_SECRET_ACCESS_KEY: 'other',
      VAULT_TOKEN: 'other',
      LD_PRELOAD: '/evil.so',
    };
    expect(childEnvironment(env)).toEqual({ ...needed, NO_PROXY: 'localhost', BROWSER: 'false' });
  });

  it.each(['MOTHERDUCK_HOST', 'motherduck_host'])(
    'is without %s, which the extension would connect to',
    async (name) => {
      const program = join(probe.folder, 'environment.cjs');
      const event = "JSON.stringify({ step: 'connect', ms: 0, answer: { rows: 1, row: process.env } })";
      writeFileSync(program, `require('node:fs').writeSync(3, ${event} + '\\n');`);
      const env = { ...process.env, [name]: 'pg.evil.example', MOTHERDUCK_EXT_VERSION: 'v1.5.6' };
      const row = (await run(local(), ask(), { probePath: program, env })).get('connect')?.answer?.row;
      expect(row).toMatchObject({ MOTHERDUCK_EXT_VERSION: 'v1.5.6' });
      expect(JSON.stringify(row)).not.toMatch(/evil|_host/i);
    },
  );
});

/** The process ids of this process's children that run the program. */
function childrenRunning(program: string) {
  return () =>
    readdirSync('/proc').filter((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      try {
        const parent = /\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
        return parent === String(process.pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(program);
      } catch {
        return false; // it has exited meanwhile
      }
    });
}

async function eventually(look: () => string[]): Promise<string[]> {
  for (;;) {
    const found = look();
    if (found.length > 0) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
