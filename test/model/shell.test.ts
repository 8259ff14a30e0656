import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readLock } from '../../src/files/lock.ts';
import { moveAwayCommand, shellPath, shellWord } from '../../src/model/shell.ts';
import { UserError } from '../../src/model/user-error.ts';
import { underShortLock } from '../../src/sandbox/short-lock.ts';
import { newFolder } from '../files/processes.ts';
import { isWindows } from '../platform.ts';

const run = promisify(execFile);

describe('a word of a command', () => {
  it.each([
    ['a/b.yaml', 'a/b.yaml', 'a/b.yaml'],
    ['my config.yaml', "'my config.yaml'", '"my config.yaml"'],
    ["it's", `'it'\\''s'`, `"it's"`],
    ['say "a"', `'say "a"'`, '"say \\"a\\""'],
    ['C:\\a', "'C:\\a'", 'C:\\a'],
    ['', "''", '""'],
  ])('%s is quoted for the shell of each platform', (word, posix, windows) => {
    expect([shellWord(word, 'linux'), shellWord(word, 'win32')]).toEqual([posix, windows]);
  });

  it('is no option where it is a path', () => {
    expect([shellPath('-x.yaml', 'linux'), shellPath('-my x', 'win32')]).toEqual(['./-x.yaml', '"./-my x"']);
  });
});

describe.skipIf(isWindows).each(['my config', '-rf', "it's $HOME; `a`"])('with %s in its path', (name) => {
  it('a command does what it says', async () => {
    const cwd = await newFolder();
    await writeFile(path.join(cwd, name), 'a');
    await run('sh', ['-c', moveAwayCommand(name)], { cwd });
    expect(await readdir(cwd)).toEqual([`${name}.old`]);
  });

  it.each([
    ['the lock of a state', (lock: string) => readLock(lock)],
    ['the lock of a sandbox', (lock: string) => underShortLock(lock, () => {})],
  ])('so does that of a hint: %s', async (_, take) => {
    const lock = path.join(await newFolder(), name);
    await mkdir(lock);
    const error = await take(lock).catch((thrown: unknown) => thrown);
    if (!(error instanceof UserError)) throw error;
    await run('sh', ['-c', error.hint.text.slice(error.hint.text.indexOf('mv '))]);
    expect(await readdir(path.dirname(lock))).toEqual([`${name}.old`]);
  });
});
