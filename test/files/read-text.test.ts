import { execFileSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLock } from '../../src/files/lock.ts';
import { readText } from '../../src/files/read-text.ts';
import { fileBackend } from '../../src/state/kinds/file/backend.ts';
import { newFolder } from './processes.ts';

describe('readText', () => {
  it('reads a file, also through a link, and nothing where there is none', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'a'), 'text');
    await symlink('a', join(folder, 'link'));
    expect(await readText(join(folder, 'link'))).toBe('text');
    expect(await readText(join(folder, 'none'))).toBeUndefined();
  });

  it('refuses what is not UTF-8', async () => {
    const path = join(await newFolder(), 'a');
    await writeFile(path, Buffer.from([0xff, 0xfe]));
    await expect(readText(path)).rejects.toMatchObject({ name: 'NotTextError' });
  });

  it.runIf(process.platform !== 'win32')('refuses folders, devices and pipes, which may never end', async () => {
    const folder = await newFolder();
    await mkdir(join(folder, 'folder'));
    await symlink('/dev/zero', join(folder, 'device'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(readText(join(folder, 'folder'))).rejects.toMatchObject({ code: 'EISDIR' });
    for (const name of ['device', 'pipe']) {
      await expect(readText(join(folder, name))).rejects.toMatchObject({ code: 'EINVAL' });
      await expect(readLock(join(folder, name))).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
      await expect(fileBackend(join(folder, name)).read()).rejects.toMatchObject({ code: 'STATE_INVALID' });
    }
  });

  it('refuses what is larger than asked, also where the system tells no size', async () => {
    const path = join(await newFolder(), 'a');
    await writeFile(path, 'x'.repeat(100_000));
    expect(await readText(path, { most: 100_000 })).toHaveLength(100_000);
    await expect(readText(path, { most: 99_999 })).rejects.toMatchObject({ code: 'EFBIG' });
    await truncate(path, 2 ** 40);
    await expect(readText(path)).rejects.toMatchObject({ code: 'EFBIG' });
    if (process.platform !== 'linux') return;
    expect(await readText('/proc/self/status')).toContain('Pid:');
    await expect(readText('/proc/self/status', { most: 10 })).rejects.toMatchObject({ code: 'EFBIG' });
  });
});
