import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { Secret } from '../../../../src/model/secret.ts';
import { runStoreCommand } from '../../../../src/secrets/kinds/exec/run-command.ts';
import { newFolder } from '../../../files/processes.ts';
import { isWindows } from '../../../platform.ts';
import { marker, secret } from '../../example.ts';

// The tests start processes, on machines that may be busy.
vi.setConfig({ testTimeout: 30_000 });

// As on systems where the secret goes through Node's pipe.
vi.mock('node:fs/promises', async (original) => ({
  ...(await original<typeof import('node:fs/promises')>()),
  open: () => Promise.reject(new Error('no file in memory')),
}));

const timeoutMs = 30_000;

it.skipIf(isWindows)('gives the secret through a pipe', async () => {
  const file = join(await newFolder(), 'out');
  const outcome = await runStoreCommand(['sh', '-c', 'cat > "$0"', file], {
    folder: '.',
    env: process.env,
    timeoutMs,
    stdin: secret,
  });
  expect(outcome).toEqual({ ended: 'exit', code: 0, output: '' });
  expect(await readFile(file, 'utf8')).toBe(marker);
});

it.skipIf(isWindows)(
  'does not take a command for done that closed its input before the secret was through',
  async () => {
    const long = new Secret(marker.repeat(20_000));
    expect(
      await runStoreCommand(['sh', '-c', 'exec <&-; exit 0'], {
        folder: '.',
        env: process.env,
        timeoutMs,
        stdin: long,
      }),
    ).toMatchObject({
      ended: 'unread',
    });
    expect(
      await runStoreCommand(['sh', '-c', 'exit 7'], { folder: '.', env: process.env, timeoutMs, stdin: long }),
    ).toMatchObject({
      ended: 'exit',
      code: 7,
    });
  },
);

it.skipIf(isWindows)('survives a command that ends at once, or does not exist', async () => {
  for (let round = 0; round < 20; round++) {
    expect(await runStoreCommand(['true'], { folder: '.', env: process.env, timeoutMs, stdin: secret })).toMatchObject({
      output: '',
    });
  }
  const none = await runStoreCommand(['no-such-vault'], { folder: '.', env: process.env, timeoutMs, stdin: secret });
  expect(none).toEqual({ ended: 'not_started', code: 'ENOENT' });
});
