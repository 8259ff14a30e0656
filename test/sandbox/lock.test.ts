/** What a pull request or a mistake puts in the place of the sandbox's lock costs no time. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { underShortLock } from '../../src/sandbox/short-lock.ts';
import { deadPid, newFolder } from '../files/processes.ts';
import { isWindows } from '../platform.ts';
import { SANDBOX, Stage } from '../stage.ts';

const LOCK = `${SANDBOX}/organization.lock`;

async function planned(put: (path: string, stage: Stage) => void) {
  const stage = await Stage.applied();
  put(stage.file(LOCK), stage);
  const { code, document } = await stage.json('plan --sandbox');
  return { code, error: (document as { error?: { code: string; message: string } }).error };
}

function track(stage: Stage): void {
  for (const words of ['init -q', `add -f ${LOCK}`]) execFileSync('git', words.split(' '), { cwd: stage.path });
}

const refused = { code: 1, error: { code: 'SANDBOX_FAILED', message: expect.stringContaining('organization.lock') } };

it('a file with another text is replaced', async () => {
  expect(await planned((path) => writeFileSync(path, 'a note'))).toEqual({ code: 0, error: undefined });
});

it.skipIf(isWindows)('a link to somewhere is replaced', async () => {
  expect(await planned((path) => symlinkSync('../README.md', path))).toEqual({ code: 0, error: undefined });
});

it('a file that git tracks is said', async () => {
  const put = (path: string, stage: Stage) => {
    writeFileSync(path, '17 runner-1');
    track(stage);
  };
  expect(await planned(put)).toMatchObject(refused);
});

it.skipIf(isWindows)('a link that git tracks is said', async () => {
  const put = (path: string, stage: Stage) => {
    symlinkSync('17 runner-1', path);
    track(stage);
  };
  expect(await planned(put)).toMatchObject(refused);
});

it('a folder in the place of the lock is an error', async () => {
  expect(await planned((path) => mkdirSync(path))).toMatchObject(refused);
});

it.skipIf(isWindows)('lets this process go on while another one replaces a lock that was left', async () => {
  const path = join(await newFolder(), 'lock');
  const guard = `${path}.takeover`;
  symlinkSync(`${deadPid()} ${hostname()}`, path);
  symlinkSync(`${process.pid} ${hostname()}`, guard);
  const order: string[] = [];
  setTimeout(() => {
    order.push('replaced');
    rmSync(guard, { force: true });
  }, 20);
  await underShortLock(path, () => order.push('section'));
  expect(order).toEqual(['replaced', 'section']);
});
