import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { runStoreCommand } from '../../../../src/secrets/kinds/exec/run-command.ts';
import { secretAsFile } from '../../../../src/secrets/kinds/exec/secret-as-file.ts';
import { marker, secret } from '../../example.ts';

describe.skipIf(process.platform !== 'linux')('the secret as a file', () => {
  it('is unlinked, and the command alone can read it', async () => {
    const before = await readdir('/dev/shm');
    const file = await secretAsFile(secret);
    const after = await readdir('/dev/shm');
    expect(after.filter((name) => name.startsWith('mdacc-') && !before.includes(name))).toEqual([]);
    expect(await file?.isRead()).toBe(false);
    const words = ['-c', 'stat -L -c "%a %h" /proc/self/fd/0; cat; echo x >&0 && echo written'];
    const { stdout } = spawnSync('sh', words, { stdio: [file?.fd, 'pipe', 'pipe'], encoding: 'utf8' });
    expect(stdout).toBe(`600 0\n${marker}`);
    expect(await file?.isRead()).toBe(true);
    await file?.close();
  });

  const run = (script: string) =>
    runStoreCommand(['sh', '-c', script], { folder: '.', env: process.env, timeoutMs: 30_000, stdin: secret });

  it.each([
    ['cat > /dev/null'],
    ['read -r secret || true'],
    ['head -c 1 > /dev/null'],
    ['cat /dev/stdin > /dev/null'],
    ['cp /dev/stdin /dev/null'],
    ['grep -q . /proc/self/fd/0'],
    [`'${process.execPath}' -e 'require("fs").readFileSync("/dev/stdin")'`],
  ])('%s reads it', async (script) => {
    expect(await run(script)).toEqual({ ended: 'exit', code: 0, output: '' });
  });

  it('takes no command for done that read nothing of it', async () => {
    expect(await run('echo stored')).toEqual({ ended: 'unread', output: 'stored\n' });
    expect(await run('test -r /dev/stdin')).toMatchObject({ ended: 'unread' });
    expect(await run('exit 7')).toMatchObject({ ended: 'exit', code: 7 });
  });
});
