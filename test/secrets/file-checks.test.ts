import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { FileStoreConfig } from '../../src/model/desired.ts';
import { fileStore } from '../../src/secrets/file-store.ts';
import { asNobody, newFolder, program, run } from '../files/processes.ts';
import { fileConfig, git, refusal } from './example.ts';

// Processes are started, on machines that may be busy.
vi.setConfig({ testTimeout: 30_000 });

afterEach(() => vi.unstubAllEnvs());

const check = (path: string, facts: Partial<FileStoreConfig> = {}) => fileStore(fileConfig(path, facts)).check();

describe('check refuses', () => {
  it('a file that others can read', async () => {
    const path = join(await newFolder(), 'secrets.env');
    await writeFile(path, '');
    await chmod(path, 0o640);
    expect(await refusal(check(path))).toMatchObject({
      code: 'STORE_UNUSABLE',
      message: expect.stringContaining('(mode 640)'),
      hint: `chmod 600 ${path}`,
      where: { line: 4 },
    });
    await chmod(path, 0o600);
    await check(path);
  });

  it('a folder in its place, a file in place of its folder, a device', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'file'), '');
    expect((await refusal(check(folder))).message).toContain('is a folder');
    expect((await refusal(check(join(folder, 'file/secrets.env')))).code).toBe('STORE_UNUSABLE');
    expect((await refusal(check('/dev/null'))).message).toContain('not a regular file');
  });

  it('a variable that no shell could read', async () => {
    const path = join(await newFolder(), 'secrets.env');
    for (const variable of ['1{TOKEN}', '{TOKEN}-x', '{token}', '']) {
      expect((await refusal(check(path, { variable }))).hint).toContain('MOTHERDUCK_TOKEN_{ACCOUNT}_{TOKEN}');
    }
    await check(path, { variable: 'TOKEN' });
  });

  it.skipIf(asNobody === undefined)('what the user may not read or write', async () => {
    const folder = await newFolder();
    await chmod(folder, 0o755);
    await writeFile(join(folder, 'foreign.env'), '', { mode: 0o600 });
    const checker = await program(`
      import { checkFile } from './src/secrets/file-checks.ts';
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
      expect.stringMatching(/^STORE_UNUSABLE .*cannot be reached: EACCES/),
    ]);
  });
});

describe('check in a git work tree', () => {
  const newTree = async () => {
    const tree = await newFolder();
    git(tree, 'init');
    return tree;
  };

  it('refuses what is not ignored, whether it exists or not, and says how to ignore it', async () => {
    const tree = await newTree();
    const path = join(tree, '.motherduck/secrets.env');
    expect(await refusal(check(path))).toMatchObject({
      code: 'STORE_UNUSABLE',
      hint: expect.stringMatching(`^echo .motherduck/ >> ${tree}/.gitignore, or set .allow_unignored: true`),
    });
    await mkdir(join(tree, '.motherduck'));
    await writeFile(path, '', { mode: 0o600 });
    expect((await refusal(check(path))).message).toContain('not ignored');
    await check(path, { allowUnignored: true });
    await writeFile(join(tree, '.gitignore'), '.motherduck/\n');
    await check(path);
    expect((await readdir(tree)).sort()).toEqual(['.git', '.gitignore', '.motherduck']);
  });

  it('refuses what is tracked although it is ignored', async () => {
    const tree = await newTree();
    const path = join(tree, 'secrets.env');
    await writeFile(path, '', { mode: 0o600 });
    await writeFile(join(tree, '.gitignore'), 'secrets.env\n');
    await check(path);
    git(tree, 'add', '-f', 'secrets.env');
    expect(await refusal(check(path))).toMatchObject({
      message: expect.stringContaining('tracked by git'),
      hint: expect.stringContaining('rm --cached'),
    });
  });

  it('looks at the tree it is in, also from a linked one, and whatever a git hook has set', async () => {
    const tree = await newTree();
    git(tree, 'commit', '--allow-empty', '-m', 'x');
    const linked = join(await newFolder(), 'linked');
    git(tree, 'worktree', 'add', linked);
    vi.stubEnv('GIT_DIR', join(await newTree(), '.git'));
    expect((await refusal(check(join(linked, 'secrets.env')))).message).toContain(linked);
    await writeFile(join(linked, '.gitignore'), '*.env\n');
    await check(join(linked, 'secrets.env'));
  });

  it('refuses when git is not there to ask, or cannot tell', async () => {
    const tree = await newTree();
    const path = join(tree, 'secrets.env');
    await writeFile(join(tree, '.git/config'), 'broken [');
    expect((await refusal(check(path))).message).toContain('git cannot tell');
    vi.stubEnv('PATH', tree);
    expect((await refusal(check(path))).message).toContain('git is not installed');
    await check(path, { allowUnignored: true });
  });

  it('has nothing against a folder that only looks like a work tree', async () => {
    const folder = await newFolder();
    await mkdir(join(folder, '.git'));
    await check(join(folder, 'secrets.env'));
  });
});
