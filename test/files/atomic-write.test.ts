import { createHash } from 'node:crypto';
import fs, { chmod, lstat, mkdir, open, readdir, readFile, realpath, stat, symlink, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { writeFileAtomic } from '../../src/files/atomic-write.ts';
import { targetOf } from '../../src/files/paths.ts';
import { isWindows } from '../platform.ts';
import { canMount, deadPid, newFolder, onSmallDisk } from './processes.ts';

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

afterEach(() => vi.restoreAllMocks());

/** Makes a function of the file system fail, until the end of the test. */
function failing(name: 'link' | 'unlink', code: string): void {
  vi.spyOn(fs, name).mockRejectedValue(Object.assign(new Error(code), { code }));
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
}

describe('writeFileAtomic', () => {
  it.skipIf(isWindows)('writes a new file with its mode and leaves nothing else', async () => {
    const folder = await newFolder();
    await writeFileAtomic(join(folder, 'a'), 'text\n', { mode: 0o600 });
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('text\n');
    expect(await modeOf(join(folder, 'a'))).toBe('600');
    expect(await readdir(folder)).toEqual(['a']);
  });

  it.skipIf(isWindows)('gives an existing file the mode, or keeps its own when asked to', async () => {
    const file = join(await newFolder(), 'a');
    await writeFile(file, 'old');
    await chmod(file, 0o664);
    await writeFileAtomic(file, 'new', { mode: 0o600, keepMode: true });
    expect([await readFile(file, 'utf8'), await modeOf(file)]).toEqual(['new', '664']);
    await writeFileAtomic(file, 'newer', { mode: 0o600 });
    expect(await modeOf(file)).toBe('600');
  });

  it.skipIf(isWindows).each(['existing', 'dangling'])('follows a link: %s', async (kind) => {
    const folder = await newFolder();
    await mkdir(join(folder, 'far'));
    if (kind === 'existing') await writeFile(join(folder, 'far/target'), 'old');
    await symlink('far/target', join(folder, 'link'));
    await writeFileAtomic(join(folder, 'link'), 'new', { mode: 0o600 });
    expect((await lstat(join(folder, 'link'))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(folder, 'far/target'), 'utf8')).toBe('new');
    expect(await readdir(join(folder, 'far'))).toEqual(['target']);
  });

  it('keeps the code of an error: no folder, a folder in its place', async () => {
    const folder = await newFolder();
    await mkdir(join(folder, 'sub'));
    const options = { mode: 0o600 };
    await expect(writeFileAtomic(join(folder, 'none/a'), '', options)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(writeFileAtomic(join(folder, 'sub'), '', options)).rejects.toMatchObject({ code: 'EISDIR' });
    expect(await readdir(folder)).toEqual(['sub']);
  });

  it('leaves the old file and nothing else when the disk is full while syncing', async () => {
    const folder = await newFolder();
    const file = join(folder, 'a');
    await writeFile(file, 'old');
    const handle = await open(file);
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    vi.spyOn(Object.getPrototypeOf(handle), 'sync').mockRejectedValueOnce(full);
    await handle.close();
    await expect(writeFileAtomic(file, 'new', { mode: 0o600 })).rejects.toBe(full);
    expect(await readdir(folder)).toEqual(['a']);
    expect(await readFile(file, 'utf8')).toBe('old');
  });

  it.skipIf(!canMount)('does the same on a disk that is really full', async () => {
    await onSmallDisk(async (folder) => {
      const file = join(folder, 'a');
      await writeFileAtomic(file, 'old', { mode: 0o600 });
      const big = 'x'.repeat(200_000);
      await expect(writeFileAtomic(file, big, { mode: 0o600 })).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(await readdir(folder)).toEqual(['a']);
      expect(await readFile(file, 'utf8')).toBe('old');
    });
  });

  it('has written a new file even when another program keeps the temporary one open', async () => {
    const file = join(await newFolder(), 'a');
    failing('unlink', 'EPERM');
    await writeFileAtomic(file, 'new', { mode: 0o600, isNew: true });
    expect(await readFile(file, 'utf8')).toBe('new');
  });

  it.each(['EPERM', 'ENOSYS'])('replaces nothing by a new file without links (%s)', async (code) => {
    const file = join(await newFolder(), 'a');
    failing('link', code);
    await writeFileAtomic(file, 'new', { mode: 0o600, isNew: true });
    const again = writeFileAtomic(file, 'newer', { mode: 0o600, isNew: true });
    await expect(again).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(file, 'utf8')).toBe('new');
  });

  it('removes the temporary files of crashed runs for the same file, and no others', async () => {
    const folder = await newFolder();
    const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
    const left = (name: string, host: string, pid: number) => `${name}.mdacc-${host}-${pid}-0123456789abcdef.tmp`;
    const dead = left('a', host, deadPid());
    const stays = [
      left('a', host, process.pid),
      left('b', host, deadPid()),
      left('a', 'ffffffff', deadPid()),
      'a.tmp',
      'a.mdacc-notes.tmp',
    ];
    for (const name of [dead, ...stays]) await writeFile(join(folder, name), '');
    await writeFileAtomic(join(folder, 'a'), '', { mode: 0o600 });
    expect(await readdir(folder)).toEqual(['a', ...stays].sort());
  });
});

it.skipIf(isWindows)('finds the same target of a file by each path, whether it exists or not', async () => {
  const folder = await realpath(await newFolder());
  await mkdir(join(folder, 'real'));
  await symlink('real', join(folder, 'linked'));
  await symlink('real/a', join(folder, 'a-link'));
  const ways = [join(folder, 'real/a'), join(folder, 'linked/a'), join(folder, 'a-link')];
  for (const way of ways) expect(await targetOf(way)).toBe(join(folder, 'real/a'));
  expect(await targetOf(join(folder, 'linked/x/y/a'))).toBe(join(folder, 'real/x/y/a'));
  await writeFile(join(folder, 'real/a'), '');
  for (const way of ways) expect(await targetOf(way)).toBe(join(folder, 'real/a'));
});
