import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkReplaceable } from '../../src/files/replaceable.ts';
import { newFolder } from './processes.ts';

/** A list of mounts as Linux writes it, with one at the path. */
const mountedAt = (path: string) => async () =>
  `22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n23 22 8:1 /a ${path.replaceAll(' ', '\\040')} rw,relatime - ext4 /dev/sda1 rw\n`;

it('a file that is mounted by itself is busy, also behind a link and with blanks in its name', async () => {
  const folder = join(await newFolder(), 'a folder');
  await mkdir(folder);
  const file = join(folder, 'secrets.env');
  await writeFile(file, '');
  await symlink(file, join(folder, 'link'));
  for (const path of [file, join(folder, 'link')]) {
    await expect(checkReplaceable(path, mountedAt(file))).rejects.toMatchObject({ code: 'EBUSY' });
  }
  await checkReplaceable(file, mountedAt(folder));
  await checkReplaceable(file, mountedAt(`${file}.old`));
  await checkReplaceable(file, async () => undefined);
});

it('a file that does not exist is in nobody’s way', async () => {
  const file = join(await newFolder(), 'a');
  await checkReplaceable(file, mountedAt(file));
});
