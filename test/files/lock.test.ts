import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { acquireLock, breakLock, LOCKABLE_NAME_BYTES, LockedError, readLock } from '../../src/files/lock.ts';
import { processStatus, thisProcess } from '../../src/files/process.ts';
import { deadPid, newFolder, program, run } from './processes.ts';

// The tests start processes, on machines that may be busy.
vi.setConfig({ testTimeout: 30_000 });

const newPath = async () => join(await newFolder(), 'state.lock');
const about = { command: 'mdacc apply' };
const now = { waitMs: 0 };
const holder = (facts: object) =>
  `${JSON.stringify({ pid: deadPid(), host: hostname(), command: 'mdacc apply', since: '2026-01-01T00:00:00.000Z', ...facts })}\n`;

describe('acquireLock', () => {
  it('names its holder, and excludes others until it is released', async () => {
    const path = await newPath();
    const lock = await acquireLock(path, about, now);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
      pid: process.pid,
      host: hostname(),
      command: 'mdacc apply',
      since: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    await expect(acquireLock(path, about, now)).rejects.toMatchObject({
      name: 'LockedError',
      holder: { pid: process.pid, command: 'mdacc apply' },
    });
    await lock.release();
    await lock.release();
    expect(await readLock(path)).toBeUndefined();
    await (await acquireLock(path, about, now)).release();
    expect(await readdir(join(path, '..'))).toEqual([]);
  });

  it('waits for the holder', async () => {
    const path = await newPath();
    const first = await acquireLock(path, about, now);
    const second = acquireLock(path, about, { waitMs: 60_000, pollMs: 5 });
    await first.release();
    expect((await readLock(path)) ?? 'free').toSatisfy((found) => found === 'free' || typeof found === 'object');
    await (await second).release();
  });

  it('releases only its own lock', async () => {
    const path = await newPath();
    const first = await acquireLock(path, about, now);
    expect(await breakLock(path)).toMatchObject({ pid: process.pid });
    expect(await breakLock(path)).toBeUndefined();
    const second = await acquireLock(path, about, now);
    await first.release();
    expect(await readLock(path)).toMatchObject({ pid: process.pid });
    await second.release();
  });

  it('replaces the lock of an ended process, and reports it', async () => {
    const path = await newPath();
    await writeFile(path, holder({}));
    const stale: unknown[] = [];
    const lock = await acquireLock(path, about, { waitMs: 0, onStale: (left) => stale.push(left) });
    expect(stale).toEqual([expect.objectContaining({ host: hostname(), since: '2026-01-01T00:00:00.000Z' })]);
    expect(await readLock(path)).toMatchObject({ pid: process.pid });
    await lock.release();
    expect(await readdir(join(path, '..'))).toEqual([]);
  });

  it.each([
    ['', 'state'],
    [', also beside a file with the longest name', 'x'.repeat(LOCKABLE_NAME_BYTES)],
  ])('is acquired after any number of processes died while replacing it%s', async (_, name) => {
    const path = join(await newFolder(), `${name}.lock`);
    for (const dead of [[''], ['', '2'], ['', '2', '3'], ['', '2', '3', '4']]) {
      await writeFile(path, holder({}));
      for (const ending of dead) await writeFile(`${path}.takeover${ending}`, holder({}));
      await (await acquireLock(path, about, now)).release();
      expect(await readdir(join(path, '..'))).toEqual([]);
    }
  });

  it.skipIf(thisProcess().started === undefined)('is not fooled by a pid that someone else has now', async () => {
    const path = await newPath();
    const started = thisProcess().started?.replace(/\d+$/, '1');
    await writeFile(path, holder({ pid: process.pid, started }));
    await (await acquireLock(path, about, now)).release();
  });

  it('does not replace a lock of another host or container', async () => {
    const path = await newPath();
    await writeFile(path, holder({ host: 'elsewhere' }));
    await expect(acquireLock(path, about, now)).rejects.toMatchObject({ holder: { host: 'elsewhere' } });
    const [boot] = thisProcess().started?.split(' ') ?? [];
    if (boot !== undefined) {
      expect(processStatus({ pid: deadPid(), host: hostname(), started: `${boot} pid:[1] 5` })).toBe('unknown');
    }
  });

  it('treats a holder from an earlier boot as ended only on the same machine: hostnames are not unique', async () => {
    const { started, machine } = thisProcess();
    if (started === undefined) return;
    const before = { pid: process.pid, host: hostname(), started: started.replace(/^\S+/, 'last-boot') };
    expect(processStatus(before)).toBe('unknown');
    expect(processStatus({ ...before, machine: 'another' })).toBe('unknown');
    if (machine !== undefined) {
      expect(processStatus({ ...before, machine })).toBe('dead');
      expect(machine).not.toContain((await readFile('/etc/machine-id', 'utf8')).trim());
    }
    const path = await newPath();
    await writeFile(path, holder({ ...before, machine: 'another' }));
    await expect(acquireLock(path, about, now)).rejects.toMatchObject({ holder: { machine: 'another' } });
    await writeFile(path, holder({ ...before, machine }));
    const taken = acquireLock(path, about, now);
    if (machine === undefined) await expect(taken).rejects.toBeInstanceOf(LockedError);
    else await (await taken).release();
  });

  it.each(['', '{"pid": 12', '{"pid":-1,"host":"a","command":"b","since":"c"}'])(
    'takes a damaged file for one being written until it is old: %s',
    async (text) => {
      const path = await newPath();
      await writeFile(path, text);
      expect(await readLock(path)).toBe('damaged');
      const refused = await acquireLock(path, about, now).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(LockedError);
      expect(refused).toMatchObject({ holder: undefined });
      await utimes(path, new Date(0), new Date(0));
      await (await acquireLock(path, about, now)).release();
    },
  );

  it('keeps the code of an error', async () => {
    await expect(acquireLock(join(await newPath(), 'none'), about, now)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('between processes', () => {
  let contender = '';
  beforeAll(async () => {
    // Inside the lock, a file is made that must not be there yet: two inside at once are noticed by either.
    contender = await program(`
      import { writeFile, unlink } from 'node:fs/promises';
      import { acquireLock } from './src/files/lock.ts';
      const [path, rounds] = [process.argv[2], Number(process.argv[3])];
      let stale = 0;
      for (let round = 0; round < rounds; round++) {
        const lock = await acquireLock(path, { command: 'test' }, { waitMs: 60_000, pollMs: 1, onStale: () => stale++ });
        await writeFile(path + '.inside', '', { flag: 'wx' });
        await new Promise((done) => setTimeout(done, 2));
        await unlink(path + '.inside');
        await lock.release();
      }
      console.log('stale ' + stale);
    `);
  });

  it('never has two holders', async () => {
    const path = await newPath();
    const runs = Array.from({ length: 4 }, () => run([process.execPath, contender, path, '15']));
    for (const { ended } of runs) expect(await ended).toMatchObject({ code: 0, stderr: '' });
    expect(await readdir(join(path, '..'))).toEqual([]);
  });

  it('lets exactly one process replace the lock of an ended one', async () => {
    for (let round = 0; round < 2; round++) {
      const path = await newPath();
      await writeFile(path, holder({}));
      const runs = Array.from({ length: 4 }, () => run([process.execPath, contender, path, '3']));
      const ends = await Promise.all(runs.map(({ ended }) => ended));
      expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual(ends.map(() => ({ code: 0, stderr: '' })));
      expect(ends.map(({ stdout }) => stdout.trim()).sort()).toEqual(['stale 0', 'stale 0', 'stale 0', 'stale 1']);
    }
  });

  it('is replaced after kill -9', async () => {
    const path = await newPath();
    const forever = await program(`
      import { acquireLock } from './src/files/lock.ts';
      await acquireLock(process.argv[2], { command: 'test' }, { waitMs: 0 });
      console.log('held');
      setInterval(() => {}, 1000);
    `);
    const held = run([process.execPath, forever, path]);
    await held.printed('held');
    await expect(acquireLock(path, about, now)).rejects.toMatchObject({ holder: { pid: held.child.pid } });
    held.child.kill('SIGKILL');
    await held.ended;
    const stale: unknown[] = [];
    await (await acquireLock(path, about, { waitMs: 0, onStale: (left) => stale.push(left) })).release();
    expect(stale).toHaveLength(1);
  });
});

it('replaces stale locks many times in one process without losing the lock', async () => {
  const path = await newPath();
  let inside = 0;
  let most = 0;
  await writeFile(path, holder({}));
  const takers = Array.from({ length: 10 }, async () => {
    const lock = await acquireLock(path, about, { waitMs: 60_000, pollMs: 1 });
    most = Math.max(most, ++inside);
    await new Promise((done) => setImmediate(done));
    inside--;
    await lock.release();
  });
  await Promise.all(takers);
  expect(most).toBe(1);
});
