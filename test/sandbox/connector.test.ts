import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import type { TokenType } from '../../src/model/tokens.ts';
import type { ConnectionTarget } from '../../src/motherduck/connector.ts';
import { sandboxConnector } from '../../src/sandbox/connector.ts';
import { openSandbox } from '../../src/sandbox/open.ts';
import type { Organization } from '../../src/sandbox/organization.ts';
import type { Settings } from '../../src/sandbox/settings.ts';
import { isWindows } from '../platform.ts';
import { memorySandbox } from './memory.ts';
import { ADMIN, accounts, ask, folder, organization } from './support.ts';

/** Opens a target as the smoke test's child process does: setup in order, then the query; then closes it. */
async function query(target: ConnectionTarget, sql: string) {
  const instance = await DuckDBInstance.create(target.path, { ...target.options });
  try {
    const connection = await instance.connect();
    try {
      for (const statement of target.setup) await connection.run(statement);
      return (await connection.runAndReadAll(sql)).getRowObjectsJson();
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

async function setUp(username = 'etl_prod', kind: 'folder' | 'memory' = 'folder') {
  const dir = folder();
  const adminToken = new Secret(ADMIN);
  const sandbox = kind === 'folder' ? await openSandbox(dir, { adminToken }) : memorySandbox({ adminToken });
  onTestFinished(() => sandbox.close());
  await accounts(sandbox, username);
  const mint = (type: TokenType) => sandbox.mint({ username, type });
  return { dir, sandbox, connector: sandboxConnector(sandbox), mint };
}

const active = async (sandbox: Organization) => (await ask(sandbox, 'GET /v1/active_accounts')).body.accounts;

describe('a connection', () => {
  test.each(['folder', 'memory'] as const)('connects as the account (%s)', async (kind) => {
    const { sandbox, connector, mint } = await setUp('Etl_Prod', kind);
    const config = {
      read_write: { instance_size: 'jumbo' },
      read_scaling: { instance_size: 'pulse', flock_size: 1 },
    };
    await ask(sandbox, 'PUT /v1/users/etl_prod/instances', { json: { config } });
    const target = await connector.target(await mint('read_write'), undefined);
    expect(await query(target, 'SELECT md_user() AS name')).toEqual([{ name: 'Etl_Prod' }]);
    expect(await query(target, 'FROM md_live_duckling_size()')).toEqual([{ type: 'Jumbo' }]);
    expect(await query(target, 'FROM __md_duckling_id()')).toEqual([{ id: expect.stringMatching(/\.rw$/) }]);
    const info = await query(target, 'FROM md_user_info()');
    expect(info).toEqual([
      {
        user_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        username: 'Etl_Prod',
        org_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        org_name: 'sandbox',
        org_type: 'business',
        region: 'sandbox',
      },
    ]);
    expect(await query(target, 'SELECT current_database() AS name')).toEqual([{ name: 'my_db' }]);
    expect(await query(target, target.shutdown)).toHaveLength(1);
    const scaling = await connector.target(await mint('read_scaling'), undefined);
    expect(await query(scaling, 'FROM md_live_duckling_size()')).toEqual([{ type: 'Pulse' }]);
    expect(await query(scaling, 'FROM __md_duckling_id()')).toEqual([{ id: expect.stringMatching(/\.rs\.\d+$/) }]);
    expect((await query(scaling, 'FROM md_user_info()'))[0]).toEqual(info[0]);
  });

  test('is stored under a file name that is valid on every system', async () => {
    const { connector, mint } = await setUp('con');
    const { path } = await connector.target(await mint('read_write'), undefined);
    expect(path).toMatch(/[\\/]databases[\\/]con-[0-9a-f]{16}[\\/]my_db\.duckdb$/);
  });

  test('wakes the Duckling until it is shut down', async () => {
    const { sandbox, connector, mint } = await setUp();
    await connector.target(await mint('read_write'), undefined);
    expect(await active(sandbox)).toMatchObject([{ username: 'etl_prod', ducklings: [{ id: 'rw' }] }]);
    await connector.noteShutdown('etl_prod', 'read_write');
    expect(await active(sandbox)).toEqual([]);
  });

  test('keeps what was written, which another process can open at once, and read scaling is read-only', async () => {
    const { dir, connector, mint } = await setUp();
    const target = await connector.target(await mint('read_write'), undefined);
    expect(target.path).toBe(resolve(dir, 'databases/etl_prod/my_db.duckdb'));
    const child = `
      import { DuckDBInstance } from '@duckdb/node-api';
      const instance = await DuckDBInstance.create(process.argv[1]);
      const connection = await instance.connect();
      await connection.run('CREATE TABLE numbers AS SELECT 42 AS number');
      connection.closeSync();
      instance.closeSync();
    `;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', child, target.path], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(await query(target, 'FROM numbers')).toEqual([{ number: 42 }]);
    const scaling = await connector.target(await mint('read_scaling'), 'my_db');
    expect(await query(scaling, 'FROM my_db.numbers')).toEqual([{ number: 42 }]);
    await expect(query(scaling, 'CREATE TABLE more (a INTEGER)')).rejects.toThrow(/is attached in read-only mode/);
    const other = join(dir, 'other.duckdb');
    await expect(query(scaling, `ATTACH '${other}' AS other`)).rejects.toThrow(/disabled by configuration/);
    await expect(query(scaling, "ATTACH 'md:_share/sales/1' AS sales")).rejects.toThrow(/disabled/);
    expect(await query(target, `ATTACH '${other}' AS other`)).toEqual([]);
  });

  test.skipIf(isWindows)('finds the other databases of the account, whatever their names', async () => {
    const { dir, connector, mint } = await setUp();
    const home = join(dir, 'databases', 'etl_prod');
    mkdirSync(home, { recursive: true });
    for (const name of ['sales', `it's "odd"`]) {
      const path = join(home, `${name}.duckdb`);
      await query(
        { path, options: {}, setup: [], confine: [], shutdown: '' },
        `CREATE TABLE orders AS SELECT 'x' AS id`,
      );
    }
    const sales = await connector.target(await mint('read_write'), 'sales');
    expect(await query(sales, 'SELECT current_database() AS here, count(*) AS n FROM orders')).toEqual([
      { here: 'sales', n: '1' },
    ]);
    expect(await query(sales, 'SELECT md_user() AS name')).toEqual([{ name: 'etl_prod' }]);
    const odd = await connector.target(await mint('read_scaling'), `it's "odd"`);
    expect(await query(odd, 'FROM orders')).toEqual([{ id: 'x' }]);
    const missing = await connector.target(await mint('read_write'), 'missing');
    await expect(query(missing, 'SELECT 1')).rejects.toThrow("no database/share named 'missing' found");
  });

  test('finds nothing of an account of the same name that was deleted', async () => {
    const { dir, sandbox, connector, mint } = await setUp();
    const before = await connector.target(await mint('read_write'), undefined);
    await query(before, 'CREATE TABLE numbers AS SELECT 42 AS number');
    await ask(sandbox, 'DELETE /v1/users/ETL_prod');
    expect(readdirSync(join(dir, 'databases'))).toEqual([]);
    await accounts(sandbox, 'etl_prod');
    const after = await connector.target(await mint('read_write'), undefined);
    await expect(query(after, 'FROM numbers')).rejects.toThrow(/does not exist/);
  });

  test.each(['Müller_1', `a${'b'.repeat(254)}`])('works for the name %s', async (username) => {
    const { dir, connector, mint } = await setUp(username);
    const target = await connector.target(await mint('read_write'), undefined);
    expect(await query(target, 'SELECT md_user() AS name')).toEqual([{ name: username }]);
    expect(readdirSync(join(dir, 'databases'))).toEqual([expect.stringMatching(/^[a-z0-9_-]{1,100}$/)]);
  });

  test('can be opened from a folder alone', async () => {
    const { dir, mint } = await setUp();
    const target = await sandboxConnector(dir).target(await mint('read_write'), undefined);
    expect(await query(target, 'SELECT md_user() AS name')).toEqual([{ name: 'etl_prod' }]);
  });
});

describe('where connections differ', () => {
  const served = async (settings: Partial<Settings>) => {
    const sandbox = organization(settings);
    await accounts(sandbox, 'etl_prod');
    const token = await sandbox.mint({ username: 'etl_prod' });
    const connector = sandboxConnector(sandbox);
    return { sandbox, target: (secret = token) => connector.target(secret, undefined) };
  };

  test.each(['mega', 'giga'])('%s takes as long to start as is set, unless it is awake', async (instance_size) => {
    const { sandbox, target } = await served({ slow_starts: 30 });
    expect((await target()).startsInMs).toBe(0);
    const config = { read_write: { instance_size }, read_scaling: { instance_size: 'pulse', flock_size: 1 } };
    await sandbox.advance(3600);
    await ask(sandbox, 'PUT /v1/users/etl_prod/instances', { json: { config } });
    expect((await target()).startsInMs).toBe(30_000);
    expect((await target()).startsInMs).toBe(0);
    const scaling = await sandbox.mint({ username: 'etl_prod', type: 'read_scaling' });
    expect((await target(scaling)).startsInMs).toBe(0);
    await sandbox.sleep('etl_prod', 'read_write');
    expect((await target()).startsInMs).toBe(30_000);
  });

  test.each([
    ['unavailable', /Could not connect to MotherDuck. Please try again later/],
    ['compute_limit', /You've reached the daily compute limit for this plan/],
    ['newer_duckdb', /is not yet supported by MotherDuck. The latest supported version is v/],
  ] as const)('none works: %s', async (connections, words) => {
    const { sandbox, target } = await served({ connections });
    for (const _ of [1, 2]) await expect(query(await target(), 'SELECT 1')).rejects.toThrow(words);
    expect(await active(sandbox)).toEqual([]);
  });

  test("a token's first one fails for a moment", async () => {
    const { sandbox, target } = await served({ connections: 'momentary' });
    await expect(query(await target(), 'SELECT 1')).rejects.toThrow(/UNAVAILABLE/);
    expect(await query(await target(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const other = await sandbox.mint({ username: 'etl_prod' });
    await expect(query(await target(other), 'SELECT 1')).rejects.toThrow(/UNAVAILABLE/);
  });
});

describe('a refused connection', () => {
  const WORDS = 'Request failed: Your request is not authenticated. Please check your MotherDuck token.';
  const REVOKED = "Invalid MotherDuck token (PERMISSION_DENIED, RPC 'CREATE_SLT')";

  test('with a token that is malformed, foreign, expired, revoked or deleted with its account', async () => {
    const { sandbox, connector } = await setUp();
    const refused = async (token: Secret) => query(await connector.target(token, undefined), 'SELECT 1');
    for (const malformed of ['nobody', 'a.b', 'a..b', '']) {
      await expect(refused(new Secret(malformed))).rejects.toThrow(`${WORDS} (Jwt is not in the form of`);
    }
    await expect(refused(new Secret('eyJhbGciOiJIUzI1NiJ9.e30.x'))).rejects.toThrow(WORDS);
    await expect(refused(new Secret('a.b.c'))).rejects.toThrow(WORDS);
    const expiring = await sandbox.mint({ username: 'etl_prod', ttl: 300 });
    await expect(refused(expiring)).resolves.toHaveLength(1);
    await sandbox.advance(300);
    await expect(refused(expiring)).rejects.toThrow(`${WORDS} (Jwt is expired)`);
    const lasting = await sandbox.mint({ username: 'etl_prod', name: 'lasting' });
    const { tokens } = (await ask(sandbox, 'GET /v1/users/etl_prod/tokens')).body;
    const { id } = tokens.find((each: { name: string }) => each.name === 'lasting');
    await ask(sandbox, `DELETE /v1/users/etl_prod/tokens/${id}`);
    await expect(refused(lasting)).rejects.toThrow(REVOKED);
    const other = await sandbox.mint({ username: 'etl_prod' });
    await ask(sandbox, 'DELETE /v1/users/etl_prod');
    await expect(refused(other)).rejects.toThrow(REVOKED);
    expect(await active(sandbox)).toEqual([]);
  });

  test('with read scaling before the first read/write connection', async () => {
    const { connector, mint } = await setUp();
    const scaling = await mint('read_scaling');
    await expect(query(await connector.target(scaling, undefined), 'SELECT 1')).rejects.toThrow(
      /read\/write token once/,
    );
    await connector.target(await mint('read_write'), undefined);
    // It connected, but opened no database: there is no file to read yet.
    const target = await connector.target(scaling, undefined);
    expect(await query(target, 'SELECT md_user() AS name')).toEqual([{ name: 'etl_prod' }]);
    await expect(query(target, 'CREATE TABLE t (a INTEGER)')).rejects.toThrow(/is attached in read-only mode/);
  });
});
