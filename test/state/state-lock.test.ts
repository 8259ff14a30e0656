import { symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readLock } from '../../src/files/lock.ts';
import { lockState, stateLockPath, unlockState, waitUnlocked } from '../../src/state/state-lock.ts';
import { deadPid, newFolder } from '../files/processes.ts';
import { isWindows } from '../platform.ts';

const quiet = { warn: (message: string) => expect.unreachable(message) };
const newPath = async () => join(await newFolder(), 'state.json');
const holder = (facts: object) =>
  JSON.stringify({
    pid: deadPid(),
    host: hostname(),
    command: 'mdacc apply',
    since: '2026-01-01T00:00:00.000Z',
    ...facts,
  });

it('locks beside the state and says who holds it, since when, and what to do', async () => {
  const path = await newPath();
  const lock = await lockState(path, 'mdacc apply', 0, quiet);
  expect(await readLock(`${path}.lock`)).toMatchObject({ pid: process.pid });
  await expect(lockState(path, 'mdacc rotate', 0, quiet)).rejects.toMatchObject({
    code: 'STATE_LOCKED',
    message: `${path} is locked by "mdacc apply" (process ${process.pid} on ${hostname()}, since ${lock.holder.since}).`,
    hint: {
      text: 'Wait with --lock-timeout 5m. If that process has ended, remove the lock.',
      command: ['state', 'unlock'],
    },
  });
  await lock.release();
});

it('says when the holder is on another host', async () => {
  const path = await newPath();
  await writeFile(await stateLockPath(path), holder({ host: 'ci-7' }));
  await expect(lockState(path, 'mdacc apply', 0, quiet)).rejects.toMatchObject({
    code: 'STATE_LOCKED',
    hint: { text: expect.stringMatching(/another host.*ci-7/) },
  });
});

it('takes over from a dead process with a warning', async () => {
  const path = await newPath();
  await writeFile(await stateLockPath(path), holder({}));
  const warnings: string[] = [];
  const say = { warn: (message: string) => void warnings.push(message) };
  await (await lockState(path, 'mdacc apply', 0, say)).release();
  expect(warnings).toEqual([
    expect.stringMatching(/was left by "mdacc apply".*which has ended; the lock was replaced/),
  ]);
});

it('does not know the holder of a damaged lock', async () => {
  const path = await newPath();
  await writeFile(await stateLockPath(path), '');
  await expect(lockState(path, 'mdacc apply', 0, quiet)).rejects.toMatchObject({
    code: 'STATE_LOCKED',
    hint: { command: ['state', 'unlock'] },
  });
});

it('says so when the lock cannot be made', async () => {
  const path = join(await newFolder(), 'none/state.json');
  await expect(lockState(path, 'mdacc apply', 0, quiet)).rejects.toMatchObject({
    code: 'STATE_UNWRITABLE',
    message: expect.stringContaining('ENOENT'),
  });
});

it.skipIf(isWindows)('locks one state once, on whatever way it is reached', async () => {
  const path = await newPath();
  const links = [join(await newFolder(), 'one.json'), join(await newFolder(), 'two.json')] as const;
  for (const link of links) await symlink(path, link);
  const lock = await lockState(links[0], 'mdacc apply', 0, quiet);
  for (const way of [...links, path]) {
    await expect(lockState(way, 'mdacc rotate', 0, quiet)).rejects.toMatchObject({ code: 'STATE_LOCKED' });
    await expect(waitUnlocked(way, 0)).rejects.toMatchObject({ code: 'STATE_LOCKED' });
  }
  await lock.release();
  await writeFile(`${path}.lock`, holder({}));
  expect(await unlockState(links[1], async () => expect.unreachable())).toMatch(/^Removed the lock/);
  await waitUnlocked(links[0], 0);
});

it('says what may be behind a lock of this host that is from another boot', async () => {
  const path = await newPath();
  await writeFile(await stateLockPath(path), holder({ started: 'last-boot pid:[4026531836] 5' }));
  await expect(lockState(path, 'mdacc apply', 0, quiet)).rejects.toMatchObject({
    code: 'STATE_LOCKED',
    hint: { text: expect.stringMatching(/another machine of this name, .* check first/) },
  });
});

it.skipIf(isWindows)('says so when links lead round in a circle', async () => {
  const path = await newPath();
  await symlink(path, path);
  await expect(lockState(path, 'mdacc apply', 0, quiet)).rejects.toMatchObject({
    code: 'STATE_UNWRITABLE',
    message: expect.stringContaining('ELOOP'),
  });
});

it('leaves the lock of a process that runs, and tells what to do where that may be another one by now', async () => {
  const path = await newPath();
  const unlock = () => unlockState(path, async () => expect.unreachable()).catch((error: unknown) => error);
  const lock = await lockState(path, 'mdacc apply', 0, quiet);
  expect(await unlock()).toMatchObject({
    code: 'STATE_LOCKED',
    hint: { text: expect.stringMatching(/^Wait until it ends, or stop it/) },
  });
  await lock.release();
  // As where the system does not tell when a process began.
  await writeFile(`${path}.lock`, holder({ pid: process.pid }));
  expect(await unlock()).toMatchObject({
    code: 'STATE_LOCKED',
    hint: { text: expect.stringMatching(/kill.*\. If that is another program, remove the lock file yourself\.$/) },
  });
  expect(await readLock(`${path}.lock`)).toMatchObject({ pid: process.pid });
});
