import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { secretAsFile } from '../../../../src/secrets/kinds/exec/secret-as-file.ts';
import { marker, secret } from '../../example.ts';

it.skipIf(process.platform !== 'linux')('passes the secret in an unlinked file', async () => {
  const before = await readdir('/dev/shm');
  const file = await secretAsFile(secret);
  expect((await readdir('/dev/shm')).filter((name) => name.startsWith('mdacc-') && !before.includes(name))).toEqual([]);
  expect(await file?.readFile('utf8')).toBe(marker);
  expect(((await file?.stat())?.mode ?? 0) & 0o777).toBe(0o600);
  expect((await file?.stat())?.nlink).toBe(0);
  await expect(file?.write('x')).rejects.toMatchObject({ code: 'EBADF' });
  await file?.close();
});
