import { readFile, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { updateAccount } from '../../src/apply/state-writer.ts';
import { breakLock, readLock } from '../../src/files/lock.ts';
import type { LockHolder } from '../../src/files/lock-file.ts';
import type { UserError } from '../../src/model/user-error.ts';
import { fileBackend } from '../../src/state/kinds/file/backend.ts';
import { lockFileOf } from '../../src/state/kinds/file/lock.ts';
import { waitUnlocked } from '../../src/state/state-lock.ts';
import { deadPid, newFolder } from '../files/processes.ts';
import { expectGolden, expectGoldenError } from '../golden/golden.ts';
import { isWindows } from '../platform.ts';
import { bareAccount } from './example.ts';
import { lockFile, openFile, WHO } from './open.ts';

/** What differs from run to run. */
const VALUES = { pid: process.pid, host: hostname() };
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

describe('a lock that is broken during a run', () => {
  const run = async (path: string) => {
    const lock = await lockFile(path, 'mdacc apply', 0, quiet);
    const file = await openFile(path, 'acme');
    return { file, add: (name: string) => updateAccount(file, name, () => bareAccount(name)), lock };
  };

  it('lets no run write over the state of the run that took it', async () => {
    const path = await newPath();
    const slow = await run(path);
    await slow.add('before');
    await breakLock(`${path}.lock`);
    const quick = await run(path);
    await quick.add('quick');
    await expect(slow.add('slow')).rejects.toMatchObject({ code: 'STATE_LOST' });
    await quick.file.close();
    await quick.lock.release();
    const error: unknown = await slow.file.close().catch((reason) => reason);
    expectGoldenError('a lock that was broken during a run', error, VALUES);
    await slow.lock.release();
    expect([...(await openFile(path, 'acme')).state.accounts.keys()]).toEqual(['before', 'quick']);
  });

  it('ends the writing of a run even when no other took it', async () => {
    const path = await newPath();
    const { file, add } = await run(path);
    await breakLock(`${path}.lock`);
    await expect(add('late')).rejects.toMatchObject({ code: 'STATE_LOST' });
    expect(file.durable.serial).toBe(0);
  });
});

it('creates its file beside the state, and names the holder, the time, and what to do', async () => {
  const path = await newPath();
  const lock = await lockFile(path, 'mdacc apply', 0, quiet);
  const held = await readLock(`${path}.lock`);
  expect(held).toMatchObject({ pid: process.pid, who: WHO, since: expect.any(String) });
  const error: unknown = await lockFile(path, 'mdacc rotate', 0, quiet).catch((reason) => reason);
  expect(error).toMatchObject({
    code: 'STATE_LOCKED',
    hint: { text: expect.stringContaining('--lock-timeout 5m'), command: ['state', 'unlock'] },
  });
  const { message } = error as UserError;
  for (const fact of [path, '"mdacc apply"', process.pid, hostname(), (held as LockHolder).since])
    expect(message).toContain(String(fact));
  expectGoldenError('a lock that another process holds', error, VALUES);
  await lock.release();
});

it('says that the holder is on another host', async () => {
  const path = await newPath();
  await writeFile(await lockFileOf(path), holder({ host: 'ci-7' }));
  await expect(lockFile(path, 'mdacc apply', 0, quiet)).rejects.toMatchObject({
    code: 'STATE_LOCKED',
    hint: { text: expect.stringMatching(/another host.*ci-7/) },
  });
});

it('replaces the lock of an ended process with a warning', async () => {
  const path = await newPath();
  await writeFile(await lockFileOf(path), holder({}));
  const warnings: string[] = [];
  const say = { warn: (message: string) => void warnings.push(message) };
  await (await lockFile(path, 'mdacc apply', 0, say)).release();
  expect(warnings).toEqual([expect.stringContaining('"mdacc apply"')]);
  expectGolden('warnings', 'replaces the lock of an ended process', warnings.join('\n'), {
    ...VALUES,
    pid: /(?<=process )\d+/g,
  });
});

it('has no holder when its file is damaged', async () => {
  const path = await newPath();
  await writeFile(await lockFileOf(path), '');
  await expect(lockFile(path, 'mdacc apply', 0, quiet)).rejects.toMatchObject({
    code: 'STATE_LOCKED',
    hint: { command: ['state', 'unlock'] },
  });
});

it('says what to do when its file cannot be created', async () => {
  const path = join(await newFolder(), 'none/state.json');
  await expect(lockFile(path, 'mdacc apply', 0, quiet)).rejects.toMatchObject({
    code: 'STATE_UNWRITABLE',
    message: expect.stringContaining('ENOENT'),
    hint: { text: expect.stringContaining(`Create the folder ${dirname(path)}`) },
  });
});

it.skipIf(isWindows)('locks a state once, by whatever path it is reached', async () => {
  const path = await newPath();
  const links = [join(await newFolder(), 'one.json'), join(await newFolder(), 'two.json')] as const;
  for (const link of links) await symlink(path, link);
  const lock = await lockFile(links[0], 'mdacc apply', 0, quiet);
  for (const way of [...links, path]) {
    await expect(lockFile(way, 'mdacc rotate', 0, quiet)).rejects.toMatchObject({ code: 'STATE_LOCKED' });
    await expect(waitUnlocked(fileBackend(way), { waitMs: 0 })).rejects.toMatchObject({ code: 'STATE_LOCKED' });
  }
  await lock.release();
  await writeFile(`${path}.lock`, holder({}));
  expect(await fileBackend(links[1]).unlock(async () => expect.unreachable())).toMatch(/^Removed /);
  await waitUnlocked(fileBackend(links[0]), { waitMs: 0 });
});

it('is waited for by a run that only reads, which says so once and can be interrupted', async () => {
  const path = await newPath();
  const lock = await lockFile(path, 'mdacc apply', 0, quiet);
  const interruption = new AbortController();
  const notes: string[] = [];
  const note = (text: string) => {
    notes.push(text);
    setTimeout(() => interruption.abort(), 2.5 * fileBackend(path).pollMs);
  };
  const waiting = waitUnlocked(fileBackend(path), { waitMs: 60_000, note, signal: interruption.signal });
  await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(notes).toEqual([expect.stringMatching(/state\.json: waiting for another run, "mdacc apply"/)]);
  await lock.release();
});

it('explains a lock of this hostname from another boot', async () => {
  const path = await newPath();
  await writeFile(await lockFileOf(path), holder({ started: 'last-boot pid:[4026531836] 5' }));
  const error: unknown = await lockFile(path, 'mdacc apply', 0, quiet).catch((reason) => reason);
  expect(error).toMatchObject({ code: 'STATE_LOCKED' });
  expectGoldenError('what may be behind a lock of this host that is from another boot', error, {
    ...VALUES,
    pid: /(?<=process )\d+/g,
  });
});

it.skipIf(isWindows)('reports a cycle of symbolic links', async () => {
  const path = await newPath();
  await symlink(path, path);
  await expect(lockFile(path, 'mdacc apply', 0, quiet)).rejects.toMatchObject({
    code: 'STATE_UNWRITABLE',
    message: expect.stringContaining('ELOOP'),
  });
});

it('is not removed while its process runs, which may be another program with its pid', async () => {
  const path = await newPath();
  const unlock = () =>
    fileBackend(path)
      .unlock(async () => expect.unreachable())
      .catch((error: unknown) => error);
  const lock = await lockFile(path, 'mdacc apply', 0, quiet);
  const running = await unlock();
  expect(running).toMatchObject({ code: 'STATE_LOCKED' });
  expectGoldenError('unlock, of a process that runs', running, VALUES);
  await lock.release();
  // As where the system does not tell when a process began.
  await writeFile(`${path}.lock`, holder({ pid: process.pid }));
  const unsure = await unlock();
  expect(unsure).toMatchObject({ code: 'STATE_LOCKED', hint: { text: expect.stringMatching(/\bkill\b/) } });
  expectGoldenError('unlock, of a process that may be another one by now', unsure, VALUES);
});

it('is not removed when another run has acquired it since the question', async () => {
  const path = await newPath();
  await writeFile(`${path}.lock`, holder({ host: 'ci-7' }));
  const other = holder({ pid: process.pid });
  const unlocked = fileBackend(path).unlock(() => writeFile(`${path}.lock`, other));
  await expect(unlocked).rejects.toMatchObject({ code: 'STATE_LOCKED' });
  expect(await readFile(`${path}.lock`, 'utf8')).toBe(other);
});
