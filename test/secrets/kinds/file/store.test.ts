import { chmod, mkdir, open, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { acquireLock } from '../../../../src/files/lock.ts';
import { Secret } from '../../../../src/model/secret.ts';
import { fileStore } from '../../../../src/secrets/kinds/file/store.ts';
import { openStores } from '../../../../src/secrets/stores.ts';
import { canMount, newFolder, program, run } from '../../../files/processes.ts';
import { isWindows } from '../../../platform.ts';
import { address, fileConfig, marker, refusal, secret } from '../../example.ts';

// The tests start processes, on machines that may be busy.
vi.setConfig({ testTimeout: 30_000 });

afterEach(() => vi.restoreAllMocks());

const newPath = async () => join(await newFolder(), '.motherduck/secrets.env');
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe('a dotenv file', () => {
  it.skipIf(isWindows)('is created with its folder, for the owner only', async () => {
    const path = await newPath();
    const store = fileStore(fileConfig(path));
    await store.check();
    expect(await readdir(join(path, '../..'))).toEqual([]);
    await store.put(address(), secret);
    expect(await readFile(path, 'utf8')).toBe(`MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW=${marker}\n`);
    expect([await modeOf(path), await modeOf(join(path, '..'))]).toEqual(['600', '700']);
    expect(await readdir(join(path, '..'))).toEqual(['secrets.env']);
    await store.check();
  });

  it('keeps everything else', async () => {
    const path = await newPath();
    await mkdir(join(path, '..'));
    await writeFile(path, '# mine\nexport MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW="old"\nOTHER=1 # one\n', { mode: 0o600 });
    await fileStore(fileConfig(path)).put(address(), secret);
    const text = `# mine\nexport MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW="${marker}"\nOTHER=1 # one\n`;
    expect(await readFile(path, 'utf8')).toBe(text);
    expect(await modeOf(path)).toBe('600');
  });

  it('refuses a secret that its readers would treat differently, and does not show it', async () => {
    const path = await newPath();
    const error = await refusal(fileStore(fileConfig(path)).put(address(), new Secret(`${marker} $(x)`)));
    expect(error).toMatchObject({ code: 'STORE_FAILED', hint: { text: expect.stringContaining('format: json') } });
  });

  it('refuses to overwrite the secret of another token with the same variable', async () => {
    const path = await newPath();
    const store = fileStore(fileConfig(path));
    await store.put(address({ token: 'bi-old' }), new Secret('first'));
    const error = await refusal(store.put(address({ token: 'bi_old' }), secret));
    expect(error).toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('etl_prod/bi-old'),
    });
    expect(await readFile(path, 'utf8')).toBe('MOTHERDUCK_TOKEN_ETL_PROD_BI_OLD=first\n');
    await store.put(address({ token: 'bi-old', generation: 3 }), secret);
  });

  it('has one secret path for every generation', () => {
    const store = fileStore(fileConfig('/x/secrets.env'));
    expect(store.secretPath(address())).toBe('.motherduck/secrets.env#MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW');
    const json = fileStore(fileConfig('/x/secrets.json', { format: 'json', shownPath: 'secrets.json' }));
    expect(json.secretPath({ account: 'ETL', token: 'bi-old' })).toBe('secrets.json#ETL.bi-old');
  });
});

describe('a json file', () => {
  const json = async (text?: string) => {
    const path = join(await newFolder(), 'secrets.json');
    if (text !== undefined) await writeFile(path, text, { mode: 0o600 });
    return { path, store: fileStore(fileConfig(path, { format: 'json' })) };
  };

  const laidOut = `{\n  "etl_prod": {\n    "airflow": "${marker}"\n  }\n}\n`;
  it.each([
    [undefined, laidOut],
    ['', laidOut],
    ['\uFEFF\n', `\uFEFF${laidOut}`],
    ['{}', laidOut.trimEnd()],
    [
      '\uFEFF{"z":1,"etl_prod":{"b":"2","airflow":"old","a":3}}',
      `\uFEFF{"z":1,"etl_prod":{"b":"2","airflow":"${marker}","a":3}}`,
    ],
    // What JSON.parse and JSON.stringify would change: large integers, 1.0, escapes, the indentation.
    [
      '{\n    "id": 12345678901234567890,\n    "v" : 1.0,\n\t"s": "\\u00e9\\/"\n}',
      `{\n    "id": 12345678901234567890,\n    "v" : 1.0,\n\t"s": "\\u00e9\\/",\n\t"etl_prod": {\n        "airflow": "${marker}"\n    }\n}`,
    ],
    [
      '{\r\n\t"etl_prod": {\r\n\t\t"b": 1e2\r\n\t}\r\n}\r\n',
      `{\r\n\t"etl_prod": {\r\n\t\t"b": 1e2,\r\n\t\t"airflow": "${marker}"\r\n\t}\r\n}\r\n`,
    ],
    ['{\n  "etl_prod": {}\n}\n', laidOut],
    ['{ "etl_prod": {"b": -0} }', `{ "etl_prod": {"b": -0, "airflow": "${marker}"} }`],
    ['{"a":{},"b":[ ]}\n', `{"a":{},"b":[ ],"etl_prod":{"airflow":"${marker}"}}\n`],
    // Readers use the last one.
    ['{"etl_prod":1,"etl_prod":{}}', `{"etl_prod":1,"etl_prod":{"airflow":"${marker}"}}`],
  ])('gets the secret and keeps every other byte: %j', async (before, after) => {
    const { path, store } = await json(before);
    await store.check();
    await store.put(address(), secret);
    expect(await readFile(path, 'utf8')).toBe(after);
    expect(await modeOf(path)).toBe('600');
  });

  it('takes several secrets at once, each at its own path', async () => {
    const { path, store } = await json('{"a": {"x": "old", "n": 1.0}, "b": {}}');
    const tokens = [
      { account: 'a', token: 'x' },
      { account: 'a', token: 'y' },
      { account: 'b', token: 'x' },
      { account: 'c', token: 'x' },
      { account: 'c', token: 'y' },
    ];
    for (const { account, token } of tokens) {
      await store.put(address({ account, token }), new Secret(`${account}-${token}`));
    }
    const text = await readFile(path, 'utf8');
    expect(text).toBe('{"a": {"x": "a-x", "n": 1.0, "y": "a-y"}, "b": {"x": "b-x"}, "c": {"x": "c-x", "y": "c-y"}}');
    const { path: other, store: together } = await json('{"a": {"x": "old", "n": 1.0}, "b": {}}');
    await Promise.all(
      tokens.map((token) => together.put(address(token), new Secret(`${token.account}-${token.token}`))),
    );
    const parsed = JSON.parse(await readFile(other, 'utf8'));
    expect(parsed).toEqual(JSON.parse(text));
  });

  it.each([['['.repeat(200_000) + ']'.repeat(200_000)], [`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`]])(
    'refuses what is nested too deeply to be read',
    async (text) => {
      const { path, store } = await json(text);
      expect(await refusal(store.put(address(), secret))).toMatchObject({ code: 'STORE_FAILED' });
      expect(await readFile(path, 'utf8')).toBe(text);
    },
  );

  it('treats every name as a plain name', async () => {
    const { path, store } = await json();
    for (const name of ['__proto__', 'constructor', 'toString']) {
      await store.put(address({ account: name, token: name }), secret);
    }
    const entry = (name: string) => `  "${name}": {\n    "${name}": "${marker}"\n  }`;
    const text = await readFile(path, 'utf8');
    expect(text).toBe(`{\n${['__proto__', 'constructor', 'toString'].map(entry).join(',\n')}\n}\n`);
  });

  it.each([`{"etl_prod": {"airflow": "${marker}"`, `${marker}`, `["${marker}"]`, `"${marker}"`])(
    'refuses what it cannot add to, without quoting it: %s',
    async (text) => {
      const { path, store } = await json(text);
      expect(await refusal(store.check())).toMatchObject({
        code: 'STORE_UNUSABLE',
        hint: { text: expect.stringContaining('backup') },
      });
      expect(await refusal(store.put(address(), secret))).toMatchObject({ code: 'STORE_FAILED' });
      expect(await readFile(path, 'utf8')).toBe(text);
    },
  );

  it('refuses an account that is not an object', async () => {
    const { store } = await json(`{"etl_prod": "${marker}"}`);
    const error = await refusal(store.put(address(), secret));
    expect(error).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('"etl_prod"') });
    expect(error.message).not.toContain(marker);
  });

  it.each(['{"token": "x"}', '["x"]', '7', 'true'])('does not replace a value that is no text: %s', async (value) => {
    const text = `{"etl_prod": {"airflow": ${value}}}`;
    const { path, store } = await json(text);
    expect(await refusal(store.check([address()]))).toMatchObject({ code: 'STORE_UNUSABLE' });
    expect(await refusal(store.put(address(), secret))).toMatchObject({ code: 'STORE_FAILED' });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('replaces null', async () => {
    const { path, store } = await json('{"etl_prod": {"airflow": null}}');
    await store.put(address(), secret);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ etl_prod: { airflow: marker } });
  });
});

describe('writing', () => {
  it('leaves the old file when the disk is full, and no piece of the secret elsewhere', async () => {
    const path = await newPath();
    const store = fileStore(fileConfig(path));
    await store.put(address(), new Secret('old'));
    const handle = await open(path);
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    vi.spyOn(Object.getPrototypeOf(handle), 'sync').mockRejectedValueOnce(full);
    await handle.close();
    const error = await refusal(store.put(address(), secret));
    expect(error).toMatchObject({ code: 'STORE_FAILED', hint: { text: expect.stringMatching(/^Free space/) } });
    expect(await readdir(join(path, '..'))).toEqual(['secrets.env']);
    expect(await readFile(path, 'utf8')).toContain('=old\n');
    await store.put(address(), secret);
    expect(await readFile(path, 'utf8')).toContain(marker);
  });

  it('refuses bytes that are not text instead of changing them', async () => {
    const path = join(await newFolder(), 'secrets.env');
    await writeFile(path, Buffer.from([0x41, 0x3d, 0xff, 0x0a]), { mode: 0o600 });
    const store = fileStore(fileConfig(path));
    expect((await refusal(store.check())).message).toContain('not UTF-8');
    expect((await refusal(store.put(address(), secret))).message).toContain('not UTF-8');
  });

  it.skipIf(isWindows)('follows a link', async () => {
    const folder = await newFolder();
    await mkdir(join(folder, 'real'));
    await symlink('real/secrets.env', join(folder, 'link.env'));
    const store = fileStore(fileConfig(join(folder, 'link.env')));
    await store.check();
    await store.put(address(), secret);
    expect(await readFile(join(folder, 'real/secrets.env'), 'utf8')).toContain(marker);
  });

  it('loses nothing when many are put at once, through several stores of one file', async () => {
    const path = await newPath();
    const stores = [fileStore(fileConfig(path)), fileStore(fileConfig(path))];
    const tokens = Array.from({ length: 40 }, (_, n) => `token_${n}`);
    await Promise.all(tokens.map((token, n) => stores[n % 2]?.put(address({ token }), new Secret(`secret-${n}`))));
    const lines = (await readFile(path, 'utf8')).trim().split('\n');
    expect(lines.sort()).toEqual(tokens.map((_, n) => `MOTHERDUCK_TOKEN_ETL_PROD_TOKEN_${n}=secret-${n}`).sort());
  });

  it('refuses one of many that are put at once, and stores the others', async () => {
    const path = await newPath();
    const store = fileStore(fileConfig(path));
    const secrets = ['first', 'not bare', 'third', 'fourth'];
    const ends = await Promise.allSettled(
      secrets.map((text, n) => store.put(address({ token: `token_${n}` }), new Secret(text))),
    );
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    const lines = (await readFile(path, 'utf8')).trim().split('\n');
    // Queued in the order in which their files are resolved.
    expect(lines.sort()).toEqual([0, 2, 3].map((n) => `MOTHERDUCK_TOKEN_ETL_PROD_TOKEN_${n}=${secrets[n]}`));
  });

  it('treats a secret in its file as stored, although the folder could not be synced', async () => {
    const path = await newPath();
    await mkdir(join(path, '..'));
    const handle = await open(join(path, '..'));
    const sync = vi.spyOn(Object.getPrototypeOf(handle), 'sync');
    await handle.close();
    const broken = Object.assign(new Error('EIO'), { code: 'EIO' });
    sync.mockResolvedValueOnce(undefined).mockRejectedValueOnce(broken);
    await fileStore(fileConfig(path)).put(address(), secret);
    expect(sync).toHaveBeenCalledTimes(2);
    expect(await readFile(path, 'utf8')).toContain(marker);
  });

  it('treats none of many secrets as stored when the file cannot be written', async () => {
    const path = await newPath();
    await mkdir(path, { recursive: true });
    const store = fileStore(fileConfig(path));
    const puts = [0, 1, 2].map((n) => refusal(store.put(address({ token: `token_${n}` }), secret)));
    for (const error of await Promise.all(puts)) expect(error).toMatchObject({ code: 'STORE_FAILED' });
  });

  it.skipIf(isWindows)(
    'loses nothing through several ways to one file, a linked folder and a link to the file',
    async () => {
      const path = await newPath();
      const folder = await newFolder();
      await symlink(join(path, '..'), join(folder, 'linked'));
      await symlink(path, join(folder, 'link.env'));
      await mkdir(join(path, '..'));
      const ways = [path, join(folder, 'linked/secrets.env'), join(folder, 'link.env')];
      const stores = ways.map((way) => fileStore(fileConfig(way)));
      const tokens = Array.from({ length: 30 }, (_, n) => `token_${n}`);
      await Promise.all(tokens.map((token, n) => stores[n % 3]?.put(address({ token }), new Secret(`secret-${n}`))));
      const lines = (await readFile(path, 'utf8')).trim().split('\n');
      expect(lines.sort()).toEqual(tokens.map((_, n) => `MOTHERDUCK_TOKEN_ETL_PROD_TOKEN_${n}=secret-${n}`).sort());
    },
  );

  it.skipIf(isWindows)('locks the file that a link leads to', async () => {
    const path = await newPath();
    const link = join(await newFolder(), 'link.env');
    await symlink(path, link);
    await mkdir(join(path, '..'));
    const lock = await acquireLock(`${path}.lock`, { command: 'test' }, { waitMs: 0 });
    let isReleased = false;
    setTimeout(() => {
      isReleased = true;
      void lock.release();
    }, 300);
    await fileStore(fileConfig(link)).put(address(), secret);
    expect(isReleased).toBe(true);
  });

  it.skipIf(isWindows)(
    'refuses, across all stores of a configuration, to overwrite the secret of another token',
    async () => {
      const path = await newPath();
      const link = join(await newFolder(), 'link.env');
      await symlink(path, link);
      const stores = openStores(
        new Map([
          ['one', fileConfig(path, { name: 'one' })],
          ['two', fileConfig(link, { name: 'two' })],
        ]),
        process.env,
      );
      await stores.get('one')?.put(address({ token: 'bi-old' }), new Secret('first'));
      const error = await refusal(stores.get('two')?.put(address({ token: 'bi_old' }), secret) ?? Promise.resolve());
      expect(error.message).toContain('etl_prod/bi-old');
    },
  );

  it('loses nothing between processes, and none of it to a kill -9', async () => {
    const path = await newPath();
    const putter = await program(`
      import { fileStore } from './src/secrets/kinds/file/store.ts';
      import { Secret } from './src/model/secret.ts';
      const [path, token, many] = process.argv.slice(2);
      const store = fileStore({ kind: 'file', name: 's', path, shownPath: path, format: 'json', variable: '' });
      for (let n = 0; n < Number(many); n++) {
        await store.put({ account: 'a_b', token: token + n }, new Secret('s' + n));
        if (n === 2) console.log('putting');
      }
    `);
    const endless = run([process.execPath, putter, path, 'killed', '1000000']);
    await endless.printed('putting');
    endless.child.kill('SIGKILL');
    await endless.ended;
    const many = 10;
    const runs = ['x', 'y', 'z'].map((token) => run([process.execPath, putter, path, token, String(many)]));
    for (const { ended } of runs) expect(await ended).toMatchObject({ code: 0, stderr: '' });
    const tokens = Object.keys(JSON.parse(await readFile(path, 'utf8')).a_b);
    expect(tokens.filter((token) => /^[xyz]\d+$/.test(token))).toHaveLength(3 * many);
    expect(tokens).toEqual(expect.arrayContaining(['killed0', 'killed1', 'killed2']));
    expect(await readdir(join(path, '..'))).toEqual(['secrets.env']);
  });

  it.skipIf(isWindows)('restores the mode of a file that was opened to others meanwhile', async () => {
    const path = await newPath();
    const store = fileStore(fileConfig(path));
    await store.put(address(), secret);
    await chmod(path, 0o644);
    await store.put(address(), secret);
    expect(await modeOf(path)).toBe('600');
  });
});

describe('a secret that is removed', () => {
  const [A, B] = [marker, `${marker}B`];
  const removed = async (text: string, format: 'json' | 'dotenv', ...entries: readonly string[]) => {
    const path = join(await newFolder(), 'secrets');
    await writeFile(path, text, { mode: 0o600 });
    const store = fileStore(fileConfig(path, { format, shownPath: 'secrets' }));
    const names = entries.map((entry) => ({ account: entry.split('.')[0] ?? '', token: entry.split('.')[1] ?? '' }));
    await Promise.all(names.map((name) => store.remove?.({ ...name, secretPath: store.secretPath(name) })));
    return readFile(path, 'utf8');
  };

  it.each([
    [`{"a":{"x":"${A}","y":"${B}","z":1.0}}`, ['a.x'], `{"a":{"y":"${B}","z":1.0}}`],
    [`{"a":{"x":"${A}","y":"${B}","z":1.0}}`, ['a.y'], `{"a":{"x":"${A}","z":1.0}}`],
    [`{"a":{"x":"${A}","y":"${B}","z":1.0}}`, ['a.x', 'a.y'], '{"a":{"z":1.0}}'],
    [`{"a":{"w":1.0,"x":"${A}","y":"${B}"}}`, ['a.x', 'a.y'], '{"a":{"w":1.0}}'],
    [`{"a":{"x":"${A}","w":1.0,"y":"${B}"}, "b" : {}}`, ['a.x', 'a.y'], '{"a":{"w":1.0}, "b" : {}}'],
    [
      `{\n  "a": {\n    "x": "${A}"\n  },\n  "b": {\n    "x": "${B}"\n  }\n}\n`,
      ['a.x'],
      `{\n  "b": {\n    "x": "${B}"\n  }\n}\n`,
    ],
    [
      `{\n  "a": {\n    "x": "${A}"\n  },\n  "b": {\n    "x": "${B}"\n  }\n}\n`,
      ['b.x'],
      `{\n  "a": {\n    "x": "${A}"\n  }\n}\n`,
    ],
    [`\uFEFF{"a":{"x":"${A}","x":"${B}"}}`, ['a.x'], '\uFEFF{}'],
    [`{"a":{"x":"by hand"},"b":"x"}`, ['a.x', 'b.x', 'c.x'], `{"a":{"x":"by hand"},"b":"x"}`],
  ])('leaves every other byte of a JSON file: %j without %j', async (text, names, left) => {
    expect(await removed(text, 'json', ...names)).toBe(left);
  });

  it('leaves every other line of a dotenv file', async () => {
    const name = 'MOTHERDUCK_TOKEN_A_X';
    const text = `# mine\nexport ${name}="${A}" # old\r\nO=1\n${name}=${B}\n${name}_2=${A}`;
    expect(await removed(text, 'dotenv', 'a.x')).toBe(`# mine\nO=1\n${name}_2=${A}`);
    expect(await removed(`${name}=by-hand\n`, 'dotenv', 'a.x')).toBe(`${name}=by-hand\n`);
  });

  it('is never in a file outside the folder of the configuration', async () => {
    const folder = await newFolder();
    const outside = join(await newFolder(), 'x.env');
    await writeFile(outside, `X=${A}\n`, { mode: 0o600 });
    const store = fileStore(fileConfig(join(folder, 'secrets.env'), { folder }));
    await store.remove?.({ account: 'a', token: 'x', secretPath: `${outside}#X` });
    expect(await readFile(outside, 'utf8')).toBe(`X=${A}\n`);
  });
});

/** Takes a file's place away, as root can: what undoes it. */
const IN_THE_WAY: Readonly<Record<string, (path: string, other: string) => readonly (readonly string[])[]>> = {
  'mounted by itself': (path, other) => [
    ['mount', '--bind', other, path],
    ['umount', path],
  ],
  immutable: (path) => [
    ['chattr', '+i', path],
    ['chattr', '-i', path],
  ],
};

describe('a file that no other file can replace', () => {
  it.skipIf(!canMount).each(Object.entries(IN_THE_WAY))('as it is %s, passes no check', async (_what, commands) => {
    const folder = await newFolder();
    const [path, other] = [join(folder, 'secrets.env'), join(folder, 'other')];
    for (const file of [path, other]) await writeFile(file, '', { mode: 0o600 });
    const [take = [], giveBack = []] = commands(path, other);
    const store = fileStore(fileConfig(path));
    if ((await run(take).ended).code !== 0) return;
    try {
      expect(await refusal(store.put(address(), secret))).toMatchObject({ code: 'STORE_FAILED' });
      for (const readOnly of [false, true]) {
        const check = store.check([address()], { readOnly });
        expect(await refusal(check)).toMatchObject({ code: 'STORE_UNUSABLE' });
      }
    } finally {
      await run(giveBack).ended;
    }
    await store.check([address()]);
    expect((await readdir(folder)).sort()).toEqual(['other', 'secrets.env']);
  });
});
