import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import fs, {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { openSandbox, resetSandbox } from '../../src/sandbox/open.ts';
import { createShare } from '../../src/sandbox/shares.ts';
import { isWindows } from '../platform.ts';
import { ADMIN, accounts, ask, folder, script, token } from './support.ts';

const open = (dir: string) => openSandbox(dir, { adminToken: new Secret(ADMIN) });
const logOf = (dir: string) => join(dir, 'organization.jsonl');

/** From now on counts the tries to make a link, until the test ends. Gives a function that waits for so many. */
function triesToLink(): (count: number) => Promise<void> {
  const { symlinkSync: link } = fs;
  const tries = new EventEmitter();
  let tried = 0;
  const replace = (by: typeof link) => {
    fs.symlinkSync = by;
    syncBuiltinESMExports();
  };
  replace((...given) => {
    tried += 1;
    tries.emit(`${tried}`);
    return link(...given);
  });
  onTestFinished(() => replace(link));
  return async (count) => {
    if (tried < count) await once(tries, `${count}`);
  };
}

describe('what is stored', () => {
  test('accounts, tokens, Ducklings, connections and the clock', async () => {
    const dir = join(folder(), 'not', 'there', 'yet');
    const first = await open(dir);
    await accounts(first, 'etl_prod', 'gone');
    const made = await token(first, 'etl_prod', { description: 'kept' });
    const config = {
      read_write: { instance_size: 'pulse' },
      read_scaling: { instance_size: 'jumbo', flock_size: 3, cooldown_seconds: 120 },
    };
    await ask(first, 'PUT /v1/users/etl_prod/instances', { json: { config } });
    await first.connect(new Secret(made.token));
    await ask(first, 'DELETE /v1/users/gone');
    await first.advance(30);
    const before = first.inspect();
    first.close();

    const second = await open(dir);
    expect(second.inspect()).toEqual(before);
    expect((await ask(second, 'GET /v1/users/etl_prod/instances')).body).toEqual(config);
    expect((await ask(second, 'GET /v1/users/gone/tokens')).status).toBe(404);
    expect(second.now() - Date.now()).toBeGreaterThan(29_000);
    expect(await second.connect(new Secret(made.token))).toMatchObject({ account: { username: 'etl_prod' } });
    second.close();
  });

  test('a clock that nobody advances past the year 9000, where dates end for programs', async () => {
    const dir = folder();
    const first = await open(dir);
    await expect(first.advance(7000 * 365 * 86_400)).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
    await first.advance(60);
    first.close();
    const second = await open(dir);
    expect(second.now() - Date.now()).toBeLessThan(61_000);
    second.close();
  });

  test('the folder excludes itself from git', async () => {
    const dir = join(folder(), 'sandbox');
    (await open(dir)).close();
    expect(readFileSync(join(dir, '.gitignore'), 'utf8')).toBe('*\n');
  });

  test('a folder with other files is no sandbox, and a reset removes nothing from it', async () => {
    const project = folder();
    mkdirSync(join(project, 'databases'));
    writeFileSync(join(project, 'databases', 'important.duckdb'), 'precious');
    await expect(open(project)).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
    await expect(resetSandbox(project)).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
    expect(readdirSync(project)).toEqual(['databases']);
    expect(readFileSync(join(project, 'databases', 'important.duckdb'), 'utf8')).toBe('precious');
  });

  test('a reset removes the shares that accounts created, and none that was put there', async () => {
    const dir = folder();
    (await open(dir)).close();
    const database = join(dir, 'copied.duckdb');
    writeFileSync(database, '');
    await createShare(dir, join(dir, 'databases', 'etl_prod'), { share: 'made', access: 'RESTRICTED', database });
    writeFileSync(join(dir, 'shares', 'put.duckdb'), '');
    await resetSandbox(dir);
    expect(readdirSync(join(dir, 'shares'))).toEqual(['put.duckdb']);
  });

  test('a folder whose creation was interrupted is completed', async () => {
    const dir = folder();
    writeFileSync(join(dir, '.gitignore'), '*\n');
    (await open(dir)).close();
    expect(existsSync(join(dir, 'organization.jsonl'))).toBe(true);
  });

  test('no secret in any file', async () => {
    const dir = folder();
    const sandbox = await open(dir);
    await accounts(sandbox, 'etl_prod');
    const minted = await sandbox.mint();
    const secrets = [ADMIN, minted.reveal(), (await token(sandbox, 'etl_prod')).token];
    await sandbox.connect(minted);
    for (const file of readdirSync(dir)) {
      const text = readFileSync(join(dir, file), 'utf8');
      for (const secret of secrets) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(secret.split('.').at(-1));
      }
    }
    sandbox.close();
  });

  test('ten thousand accounts with twenty thousand tokens', async () => {
    const dir = folder();
    const first = await open(dir);
    expect(await first.seed(10_000)).toBe(10_000);
    expect(await first.seed(10_001)).toBe(1);
    first.close();
    const sandbox = await open(dir);
    const names = new Set<string>();
    let page = '';
    do {
      const { body } = await ask(sandbox, `GET /v1/users?is_service_account=true&limit=1000${page}`);
      for (const user of body.users) names.add(user.username);
      page = body.next_page_token === null ? '' : `&page_token=${body.next_page_token}`;
      expect(body.total_count).toBe(10_001);
    } while (page !== '');
    expect(names.size).toBe(10_001);
    expect(names).toContain('tenant_00001');
    const { body } = await ask(sandbox, 'GET /v1/users/tenant_10000/tokens');
    expect(body.tokens).toMatchObject([
      { name: 'etl', token_type: 'read_write' },
      { name: 'app', token_type: 'read_scaling' },
    ]);
    sandbox.close();
  });
});

describe('several processes in one folder', () => {
  const WRITER = `
    import { openSandbox } from '../../src/sandbox/open.ts';
    const [dir = '', prefix = '', count = ''] = process.argv.slice(2);
    const sandbox = await openSandbox(dir);
    const authorization = 'Bearer ' + (await sandbox.mint()).reveal();
    const create = async (username: string) => {
      const body = JSON.stringify({ username });
      return (await sandbox.handle(new Request('http://x/v1/users', { method: 'POST', headers: { authorization }, body }))).status;
    };
    for (let number = 1; number <= Number(count); number += 1) {
      const own = await create(prefix + number);
      const shared = await create('shared_' + number);
      process.stdout.write(prefix + number + ' ' + own + ' ' + shared + '\\n');
    }
  `;

  const collect = (child: ChildProcess) => {
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += chunk;
    });
    return () =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split(' '));
  };

  test('writing at once, lose nothing and agree on the order', async () => {
    const dir = folder();
    const path = await script(WRITER);
    const writers = ['one_', 'two_', 'six_'].map((prefix) => spawn(process.execPath, [path, dir, prefix, '150']));
    const outputs = writers.map(collect);
    const codes = await Promise.all(writers.map(async (writer) => (await once(writer, 'close'))[0]));
    expect(codes).toEqual([0, 0, 0]);
    const lines = outputs.flatMap((output) => output());
    expect(lines).toHaveLength(450);
    expect(lines.filter(([, own]) => own === '200')).toHaveLength(450);
    expect(lines.filter(([, , shared]) => shared === '200')).toHaveLength(150);
    expect(lines.filter(([, , shared]) => shared === '409')).toHaveLength(300);
    const sandbox = await open(dir);
    expect(sandbox.inspect().accounts).toHaveLength(1 + 450 + 150);
    sandbox.close();
  });

  test('a killed writer loses no completed write', async () => {
    const dir = folder();
    const path = await script(WRITER);
    for (const prefix of ['one_', 'two_', 'six_']) {
      const writer = spawn(process.execPath, [path, dir, prefix, '100000']);
      const output = collect(writer);
      while (output().length < 50) await once(writer.stdout, 'data');
      writer.kill('SIGKILL');
      await once(writer, 'close');
      const sandbox = await open(dir);
      const known = new Set(sandbox.inspect().accounts.map((account) => account.username));
      for (const [username = ''] of output()) expect(known).toContain(username);
      await accounts(sandbox, `after_${prefix}`);
      sandbox.close();
    }
    const text = readFileSync(logOf(dir), 'utf8');
    expect(text.endsWith('\n')).toBe(true);
    for (const line of text.trimEnd().split('\n')) JSON.parse(line);
  });

  test("each sees the other's writes, including a reset", async () => {
    const dir = folder();
    const [one, two] = [await open(dir), await open(dir)];
    await accounts(one, 'etl_prod');
    expect((await ask(two, 'GET /v1/users/etl_prod/tokens')).status).toBe(200);
    await two.advance(1000);
    expect(one.now() - Date.now()).toBeGreaterThan(999_000);
    await resetSandbox(dir);
    expect((await ask(one, 'GET /v1/users')).body.total_count).toBe(1);
    expect(one.now() - Date.now()).toBeLessThan(999_000);
    await accounts(two, 'new_one', 'new_two', 'new_three');
    expect((await ask(one, 'GET /v1/users')).body.total_count).toBe(4);
    one.close();
    two.close();
  });

  test('a removed folder is created again', async () => {
    const dir = join(folder(), 'sandbox');
    const sandbox = await open(dir);
    await accounts(sandbox, 'etl_prod');
    rmSync(dir, { recursive: true });
    expect((await ask(sandbox, 'GET /v1/users')).body.total_count).toBe(1);
    rmSync(dir, { recursive: true });
    await accounts(sandbox, 'etl_prod');
    const other = await open(dir);
    expect((await ask(other, 'GET /v1/users')).body.total_count).toBe(2);
    sandbox.close();
    other.close();
  });

  test.skipIf(isWindows).each(['link', 'file'])(
    'the lock of a process that has exited is replaced (%s)',
    async (kind) => {
      const dir = folder();
      const holder = `${spawnSync(process.execPath, ['-e', '']).pid} ${hostname()}`;
      for (const name of ['organization.lock', 'organization.lock.takeover']) {
        if (kind === 'link') symlinkSync(holder, join(dir, name));
        else writeFileSync(join(dir, name), holder);
      }
      const sandbox = await open(dir);
      await accounts(sandbox, 'etl_prod');
      expect(readdirSync(dir)).toEqual(['organization.jsonl']);
      sandbox.close();
    },
  );

  test.skipIf(isWindows)("a living process's lock is waited for", async () => {
    const dir = folder();
    const sandbox = await open(dir);
    symlinkSync(`${process.pid} ${hostname()}`, join(dir, 'organization.lock'));
    const tries = triesToLink();
    const order: string[] = [];
    const waiting = accounts(sandbox, 'etl_prod').then(() => order.push('written'));
    await tries(5);
    order.push('released');
    rmSync(join(dir, 'organization.lock'));
    await waiting;
    expect(order).toEqual(['released', 'written']);
    sandbox.close();
  });
});

describe('a damaged log', () => {
  test('an incomplete last line is removed by the next writer', async () => {
    const dir = folder();
    const first = await open(dir);
    await accounts(first, 'etl_prod');
    const whole = readFileSync(logOf(dir), 'utf8');
    appendFileSync(logOf(dir), '{"at":1,"event":"account_cre');
    expect((await ask(first, 'GET /v1/users')).body.total_count).toBe(2);
    const second = await open(dir);
    expect(readFileSync(logOf(dir), 'utf8')).toBe(whole);
    await accounts(first, 'tenant_acme');
    expect((await ask(second, 'GET /v1/users')).body.total_count).toBe(3);
    first.close();
    second.close();
  });

  test.each(['not json', '{"at":1,"event":"unheard_of"}', '{"at":1,"event":"token_created","account":"a"}', ''])(
    'a damaged line %j is an error with a hint, and reset fixes it',
    async (line) => {
      const dir = folder();
      const sandbox = await open(dir);
      await accounts(sandbox, 'etl_prod');
      appendFileSync(logOf(dir), `${line}\n`);
      const error = {
        code: 'SANDBOX_FAILED',
        message: expect.stringContaining('line 3'),
        hint: { command: ['sandbox', 'reset', '--sandbox-dir', expect.any(String)] },
      };
      await expect(open(dir)).rejects.toMatchObject(error);
      await expect(ask(sandbox, 'GET /v1/users')).rejects.toMatchObject(error);
      await expect(ask(sandbox, 'GET /v1/users')).rejects.toMatchObject(error);
      mkdirSync(join(dir, 'databases', 'etl_prod'), { recursive: true });
      await resetSandbox(dir);
      expect(existsSync(join(dir, 'databases'))).toBe(false);
      expect((await ask(sandbox, 'GET /v1/users')).body.total_count).toBe(1);
      sandbox.close();
    },
  );

  test('a file that is no log, and an unusable folder', async () => {
    const dir = folder();
    writeFileSync(logOf(dir), '{"something":"else"}\n');
    await expect(open(dir)).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
    writeFileSync(join(dir, 'file'), '');
    const error = { code: 'SANDBOX_FAILED', hint: { text: expect.stringContaining('--sandbox-dir DIR') } };
    await expect(open(join(dir, 'file', 'sandbox'))).rejects.toMatchObject(error);
  });
});
