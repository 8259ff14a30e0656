/** What a pull request or a mistake puts in the place of the sandbox's lock costs no time. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
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

it('a folder is said', async () => {
  expect(await planned((path) => mkdirSync(path))).toMatchObject(refused);
});
