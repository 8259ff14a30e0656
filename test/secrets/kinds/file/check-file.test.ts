import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { tempBeside } from '../../../../src/files/atomic-write.ts';
import { shellPath } from '../../../../src/model/shell.ts';
import { type FileStoreConfig, ignoreCommand } from '../../../../src/secrets/kinds/file/check-file.ts';
import { fileStore } from '../../../../src/secrets/kinds/file/store.ts';
import { asNobody, newFolder, program, run } from '../../../files/processes.ts';
import { expectGoldenError } from '../../../golden/golden.ts';
import { isWindows } from '../../../platform.ts';
import { fileConfig, git, marker, refusal } from '../../example.ts';

// The tests start processes, on machines that may be busy.
vi.setConfig({ testTimeout: 30_000 });

afterEach(() => vi.unstubAllEnvs());

const check = (path: string, facts: Partial<FileStoreConfig> = {}) => fileStore(fileConfig(path, facts)).check();

describe('check refuses', () => {
  it.skipIf(isWindows)('a file that others can read', async () => {
    const path = join(await newFolder(), 'secrets.env');
    await writeFile(path, '');
    await chmod(path, 0o640);
    expect(await refusal(check(path))).toMatchObject({
      code: 'STORE_UNUSABLE',
      message: expect.stringContaining('(mode 640)'),
      hint: { text: `chmod 600 ${path}` },
      location: { line: 4 },
    });
    await chmod(path, 0o600);
    await check(path);
  });

  it.skipIf(isWindows)('a file outside of the configuration, and says nothing that changes it', async () => {
    const [path, folder] = [join(await newFolder(), 'passwd'), await newFolder()];
    for (const [format, text] of [
      ['dotenv', 'root:x:0:0'],
      ['json', 'root:x:0:0'],
      ['json', '[]'],
    ] as const) {
      await writeFile(path, text, { mode: 0o644 });
      const { hint } = await refusal(check(path, { folder, format }));
      expect(hint.text).toMatch(/another `path`/);
      expect(hint.text).not.toMatch(/chmod|mv /);
    }
  });

  it.skipIf(isWindows)('a folder instead of the file, a file instead of its folder, a device', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'file'), '');
    expectGoldenError('a secrets file > a folder in its place', await refusal(check(folder)));
    expect((await refusal(check(join(folder, 'file/secrets.env')))).code).toBe('STORE_UNUSABLE');
    expectGoldenError('a secrets file > a device', await refusal(check('/dev/null')));
  });

  it('a variable that no shell could read', async () => {
    const path = join(await newFolder(), 'secrets.env');
    for (const variable of ['1{TOKEN}', '{TOKEN}-x', '{token}', '']) {
      expect((await refusal(check(path, { variable }))).hint.text).toContain('MOTHERDUCK_TOKEN_{ACCOUNT}_{TOKEN}');
    }
    await check(path, { variable: 'TOKEN' });
  });

  it.skipIf(asNobody === undefined)('what the user may not read or write', async () => {
    const folder = await newFolder();
    await chmod(folder, 0o755);
    await writeFile(join(folder, 'foreign.env'), '', { mode: 0o600 });
    const checker = await program(`
      import { checkFile } from './src/secrets/kinds/file/check-file.ts';
      for (const path of process.argv.slice(2)) {
        const config = { name: 's', path, shownPath: path, format: 'json', variable: 'T', allowUnignored: true };
        await checkFile(config).then(() => console.log('fine'), (error) => console.log(error.code, error.message));
      }
    `);
    await chmod(join(checker, '..'), 0o755);
    const paths = [join(folder, 'new.env'), join(folder, 'a/b/new.env'), join(folder, 'foreign.env')];
    const { stdout } = await run([...(asNobody ?? []), process.execPath, checker, ...paths]).ended;
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^STORE_UNUSABLE .*not writable \(EACCES\)/),
      expect.stringMatching(/^STORE_UNUSABLE .*not writable \(EACCES\)/),
      expect.stringMatching(/^STORE_UNUSABLE .*cannot be accessed: EACCES/),
    ]);
  });
});

describe.skipIf(isWindows)('check in a git work tree', () => {
  const newTree = async () => {
    const tree = await newFolder();
    git(tree, 'init');
    return tree;
  };

  it('refuses a file that is not ignored, whether it exists or not, and says how to ignore it', async () => {
    const tree = await newTree();
    const path = join(tree, '.motherduck/secrets.env');
    const absent = await refusal(check(path));
    expect(absent).toMatchObject({
      code: 'STORE_UNUSABLE',
      hint: { text: expect.stringMatching(`\\ballow_unignored: true.*: echo .motherduck/ >> ${tree}/.gitignore$`) },
    });
    await mkdir(join(tree, '.motherduck'));
    await writeFile(path, '', { mode: 0o600 });
    const present = await refusal(check(path));
    expect([present.message, present.hint]).toEqual([absent.message, absent.hint]);
    expectGoldenError('a secrets file > refuses what is not ignored', present);
    await check(path, { allowUnignored: true });
    await writeFile(join(tree, '.gitignore'), '.motherduck/\n');
    await check(path);
    expect((await readdir(tree)).sort()).toEqual(['.git', '.gitignore', '.motherduck']);
  });

  it('refuses a tracked file although it is ignored', async () => {
    const tree = await newTree();
    const path = join(tree, 'secrets.env');
    await writeFile(path, '', { mode: 0o600 });
    await writeFile(join(tree, '.gitignore'), 'secrets.env*\n');
    await check(path);
    git(tree, 'add', '-f', 'secrets.env');
    const tracked = await refusal(check(path));
    expect(tracked).toMatchObject({ code: 'STORE_UNUSABLE', hint: { text: expect.stringContaining('rm --cached') } });
    expectGoldenError('a secrets file > refuses what is tracked', tracked);
  });

  it('refuses a file that is ignored when its temporary files are not, with the command that fixes it', async () => {
    for (const name of ['secrets.env', 'conf/secrets.env', `${'long'.repeat(20)}.env`]) {
      const tree = await newTree();
      const path = join(tree, name);
      await writeFile(join(tree, '.gitignore'), `${name}\n`);
      const error = await refusal(check(path));
      expect(error).toMatchObject({ code: 'STORE_UNUSABLE' });
      expectGoldenError(
        `a secrets file > is ignored when its temporary files are not > ${name.length > 30 ? 'long' : name}`,
        error,
      );
      const [command = ''] = /echo .*$/.exec(error.hint.text) ?? [];
      expect(command).toMatch(/^echo '.*\*' >> .*\.gitignore$/);
      execFileSync('sh', ['-c', command]);
      await check(path);
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(tempBeside(path), '');
      expect(execFileSync('git', ['-C', tree, 'status', '--porcelain', '-uall'], { encoding: 'utf8' })).toBe(
        '?? .gitignore\n',
      );
    }
  });

  it('passes git no token, and runs no monitor of the repository', async () => {
    const tree = await newTree();
    const ran = join(await newFolder(), 'ran');
    const monitor = join(await newFolder(), 'monitor');
    await writeFile(monitor, `#!/bin/sh\nenv > ${ran}\nexit 1\n`, { mode: 0o755 });
    git(tree, 'config', 'core.fsmonitor', monitor);
    await refusal(check(join(tree, 'secrets.env')));
    await expect(stat(ran)).rejects.toMatchObject({ code: 'ENOENT' });

    const bin = await newFolder();
    await writeFile(join(bin, 'git'), `#!/bin/sh\nenv > ${ran}\nexit 0\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
    const names = [
      'MOTHERDUCK_ADMIN_TOKEN',
      'MOTHERDUCK_TOKEN',
      'motherduck_token',
      'MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW',
    ];
    for (const name of names) vi.stubEnv(name, marker);
    await check(join(tree, 'secrets.env'));
    const seen = await readFile(ran, 'utf8');
    expect(seen).toContain('PATH=');
    expect(seen).not.toMatch(/motherduck_.*token/i);
    expect(seen).not.toContain(marker);
  });

  it('checks the work tree of the file, also a linked one, and whatever a git hook has set', async () => {
    const tree = await newTree();
    git(tree, 'commit', '--allow-empty', '-m', 'x');
    const linked = join(await newFolder(), 'linked');
    git(tree, 'worktree', 'add', linked);
    vi.stubEnv('GIT_DIR', join(await newTree(), '.git'));
    expect((await refusal(check(join(linked, 'secrets.env')))).message).toContain(linked);
    await writeFile(join(linked, '.gitignore'), '*.env*\n');
    await check(join(linked, 'secrets.env'));
  });

  it('refuses when git is not installed, or fails', async () => {
    const tree = await newTree();
    const path = join(tree, 'secrets.env');
    await writeFile(join(tree, '.git/config'), 'broken [');
    expectGoldenError('a secrets file > git is not there to ask, or cannot tell', await refusal(check(path)), {
      said: /fatal: .*$/gm,
    });
    vi.stubEnv('PATH', tree);
    expectGoldenError('a secrets file > git is not there to ask', await refusal(check(path)));
    await check(path, { allowUnignored: true });
  });

  it('accepts a folder that only looks like a work tree', async () => {
    const folder = await newFolder();
    await mkdir(join(folder, '.git'));
    await check(join(folder, 'secrets.env'));
  });
});

it('names commands that the shells of Windows accept', () => {
  const file = 'C:\\my accounts\\.gitignore';
  expect(ignoreCommand('.motherduck/', file, 'win32')).toMatch(/ \.motherduck\/ .*C:\\my accounts\\\.gitignore$/);
  expect(ignoreCommand('.motherduck/', '/a b/.gitignore', 'linux')).toBe("echo .motherduck/ >> '/a b/.gitignore'");
  expect(shellPath('C:\\accounts\\secrets.env', 'win32')).toBe('C:\\accounts\\secrets.env');
  expect(shellPath(file, 'win32')).toBe(`"${file}"`);
});
