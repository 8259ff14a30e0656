import { chmod, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { updateAccount } from '../../src/apply/state-writer.ts';
import type { State } from '../../src/model/state.ts';
import { HOUR_MS } from '../../src/model/time.ts';
import type { OpenedState } from '../../src/state/opened-state.ts';
import { serializeState } from '../../src/state/state-document.ts';
import { canMount, newFolder, onSmallDisk, program, run } from '../files/processes.ts';
import { isWindows } from '../platform.ts';
import { bareAccount, example } from './example.ts';
import { openFile } from './open.ts';

// The tests start processes, on machines that may be busy.
vi.setConfig({ testTimeout: 30_000 });

afterEach(() => vi.restoreAllMocks());

const newPath = async () => join(await newFolder(), 'state.json');
const add = (file: OpenedState, name: string) => updateAccount(file, name, () => bareAccount(name));
/** The state as the next run reads it, as a document. */
const onDisk = async (path: string) => JSON.parse(serializeState((await openFile(path)).state));

/** Makes every fsync until the next call fail as on a full disk. */
async function fillDisk(): Promise<{ free(): void }> {
  const handle = await open(import.meta.filename);
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  const spies = (['sync', 'datasync'] as const).map((name) =>
    vi.spyOn(Object.getPrototypeOf(handle), name).mockRejectedValue(full),
  );
  await handle.close();
  return {
    free: () => {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

describe('OpenedState', () => {
  it('changes in memory at once, and on disk when the update resolves', async () => {
    const path = await newPath();
    const file = await openFile(path);
    const before = file.state;
    const written = add(file, 'a_b');
    expect([...file.state.accounts.keys()]).toEqual(['a_b']);
    expect(before.accounts.size).toBe(0);
    await written;
    expect(file.state.serial).toBe(1);
    expect(await readFile(path, 'utf8')).toBe(serializeState(file.state));
    await updateAccount(file, 'a_b', () => undefined);
    expect(await onDisk(path)).toMatchObject({ serial: 2, accounts: {}, lineage: before.lineage });
  });

  it('writes nothing for a change that changes nothing', async () => {
    const path = await newPath();
    const file = await openFile(path);
    await file.update((state) => state);
    await updateAccount(file, 'none', (account) => account);
    expect(file.state.serial).toBe(0);
    expect(await readdir(join(path, '..'))).toEqual([]);
  });

  it('batches updates during a write', async () => {
    const path = await newPath();
    const file = await openFile(path);
    const all = Array.from({ length: 50 }, (_, n) => add(file, `account_${n}`));
    await all[0];
    const more = Array.from({ length: 50 }, (_, n) => add(file, `more_${n}`));
    await Promise.all([...all, ...more]);
    expect(Object.keys((await onDisk(path)).accounts)).toHaveLength(100);
    expect(file.state.serial).toBeLessThanOrEqual(3);
    expect((await onDisk(path)).serial).toBe(file.state.serial);
  });

  it('waits for a write that includes the changes of others', async () => {
    const path = await newPath();
    const file = await openFile(path);
    void add(file, 'a_b');
    await file.update((state) => state);
    expect(Object.keys((await onDisk(path)).accounts)).toEqual(['a_b']);
    void add(file, 'c_d');
    await file.close();
    expect(Object.keys((await onDisk(path)).accounts)).toEqual(['a_b', 'c_d']);
  });

  it('rethrows the error of a change and keeps the state', async () => {
    const file = await openFile(await newPath(), 'acme');
    const failing = file.update(() => {
      throw new Error('mine');
    });
    await expect(failing).rejects.toThrow('mine');
    expect(file.state.serial).toBe(0);
  });

  it('rejects all pending updates when the disk is full, keeps the changes, and writes them later', async () => {
    const path = await newPath();
    const file = await openFile(path);
    await add(file, 'first');
    const disk = await fillDisk();
    const results = await Promise.allSettled([add(file, 'second'), add(file, 'third')]);
    expect(results).toEqual([
      {
        status: 'rejected',
        reason: expect.objectContaining({
          code: 'STATE_UNWRITABLE',
          hint: { text: expect.stringMatching(/^Free space/) },
        }),
      },
      { status: 'rejected', reason: expect.objectContaining({ code: 'STATE_UNWRITABLE' }) },
    ]);
    expect(await onDisk(path)).toMatchObject({ serial: 1 });
    expect(await readdir(join(path, '..'))).toEqual(['state.json']);
    await expect(file.close()).rejects.toMatchObject({ code: 'STATE_UNWRITABLE' });
    disk.free();
    await add(file, 'fourth');
    expect(await onDisk(path)).toMatchObject({ serial: 2, accounts: { second: {}, third: {}, fourth: {} } });
  });

  it.skipIf(!canMount)('says to mount the folder where the file is mounted by itself', async () => {
    const path = await newPath();
    const other = `${path}.other`;
    for (const file of [path, other]) await writeFile(file, serializeState(example));
    expect(await run(['mount', '--bind', other, path]).ended).toMatchObject({ code: 0 });
    try {
      const file = await openFile(path);
      await expect(add(file, 'a_b')).rejects.toMatchObject({
        code: 'STATE_UNWRITABLE',
        hint: { text: expect.stringMatching(/^Mount the folder/) },
      });
      await file.close().catch(() => undefined);
    } finally {
      await run(['umount', path]).ended;
    }
  });

  it('writes on close what could not be written before', async () => {
    const path = await newPath();
    const file = await openFile(path);
    const disk = await fillDisk();
    await expect(add(file, 'a_b')).rejects.toMatchObject({ code: 'STATE_UNWRITABLE' });
    disk.free();
    await file.close();
    expect(await onDisk(path)).toMatchObject({ serial: 1, accounts: { a_b: {} } });
  });

  it.skipIf(!canMount)('does the same on a disk that is really full', async () => {
    await onSmallDisk(async (folder) => {
      const path = join(folder, 'state.json');
      const file = await openFile(path);
      await add(file, 'a_b');
      await writeFile(join(folder, 'ballast'), Buffer.alloc(200_000)).catch(() => undefined);
      const many = Array.from({ length: 100 }, (_, n) => add(file, `account_${n}`));
      for (const result of await Promise.allSettled(many)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'STATE_UNWRITABLE' } });
      }
      expect((await readdir(folder)).sort()).toEqual(['ballast', 'state.json']);
      await rm(join(folder, 'ballast'));
      await file.close();
      expect(Object.keys((await onDisk(path)).accounts)).toHaveLength(101);
    });
  });

  it('says what to do when the folder is missing', async () => {
    const file = await openFile(join(await newFolder(), 'none/state.json'), 'acme');
    await expect(add(file, 'a_b')).rejects.toMatchObject({
      code: 'STATE_UNWRITABLE',
      message: expect.stringContaining('ENOENT'),
      hint: { text: expect.stringContaining('folder') },
    });
  });

  it.skipIf(isWindows)('keeps the mode of an existing file', async () => {
    const path = await newPath();
    await writeFile(path, serializeState(example));
    await chmod(path, 0o664);
    await add(await openFile(path), 'a_b');
    expect((await stat(path)).mode & 0o777).toBe(0o664);
  });
});

describe('a file that was changed after it had been read', () => {
  const changes: [string, State | undefined, string, string][] = [
    ['another serial', { ...example, serial: 8 }, 'STATE_INVALID', 'changed'],
    ['edited by hand', { ...example, accounts: new Map() }, 'STATE_INVALID', 'changed'],
    [
      'another lineage',
      { ...example, lineage: example.lineage.replace(/.$/, '2') },
      'STATE_FOREIGN',
      'another lineage',
    ],
    ['removed', undefined, 'STATE_INVALID', 'removed'],
  ];

  it.each(changes)('is not overwritten: %s', async (_, now, code, message) => {
    const path = await newPath();
    await writeFile(path, serializeState(example));
    const file = await openFile(path);
    if (now === undefined) await rm(path);
    else await writeFile(path, serializeState(now));
    await expect(add(file, 'a_b')).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    if (now !== undefined) expect(await readFile(path, 'utf8')).toBe(serializeState(now));
  });

  it.each([0, HOUR_MS])('is not overwritten: edited in place, with its times set back, %d ms later', async (later) => {
    const path = await newPath();
    await writeFile(path, serializeState(example));
    const { atime, mtime } = await stat(path);
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + later);
    const file = await openFile(path);
    const edited = serializeState({ ...example, serial: example.serial + 1 });
    expect(edited).toHaveLength(serializeState(example).length);
    await writeFile(path, edited);
    await utimes(path, atime, mtime);
    await expect(add(file, 'a_b')).rejects.toMatchObject({ code: 'STATE_INVALID' });
    expect(await readFile(path, 'utf8')).toBe(edited);
  });

  it('is not overwritten: created meanwhile', async () => {
    const path = await newPath();
    const file = await openFile(path);
    await writeFile(path, serializeState(example));
    await expect(add(file, 'a_b')).rejects.toMatchObject({ code: 'STATE_FOREIGN' });
  });
});

it('is whole after kill -9 at any moment, and its serial only grows', async () => {
  const path = await newPath();
  const busy = await program(`
    import { updateAccount } from './src/apply/state-writer.ts';
    import { fileBackend } from './src/state/kinds/file/backend.ts';
    import { openState } from './src/state/opened-state.ts';
    const file = await openState(fileBackend(process.argv[2]), 'acme');
    console.log('opened');
    for (let n = 0; ; n++) {
      const since = '2026-11-01T08:00:00.000Z';
      const account = { username: 'a' + (n % 200), origin: 'created', since, deletion_protection: n % 2 === 0, tokens: new Map() };
      await updateAccount(file, account.username, () => account);
      if (n === 3) console.log('writing');
    }
  `);
  let serial = 0;
  for (let round = 0; round < 6; round++) {
    const child = run([process.execPath, busy, path]);
    await child.printed('writing');
    // Also read while it is being written.
    for (let look = 0; look < 5 + round * 3; look++) {
      const seen = (await openFile(path)).state.serial;
      expect(seen).toBeGreaterThanOrEqual(serial);
      serial = seen;
    }
    child.child.kill('SIGKILL');
    await child.ended;
  }
  await add(await openFile(path), 'after');
  expect(await readdir(join(path, '..'))).toEqual(['state.json']);
});

describe('the end of a file', () => {
  /** The text of a file with two changes after its snapshot, and where each of its parts begins. */
  async function written() {
    const path = await newPath();
    const file = await openFile(path);
    for (const name of ['a', 'b', 'c']) await add(file, name);
    const text = await readFile(path, 'utf8');
    const [second, third] = [...text.matchAll(/^\{"serial":/gm)].map(({ index }) => index);
    if (second === undefined || third === undefined) throw new Error('its log has fewer changes');
    return { text, second, third };
  }
  async function read(text: string | Buffer) {
    const path = await newPath();
    await writeFile(path, text);
    return (await openFile(path)).state;
  }

  it('may be any byte of a change: what was acknowledged before is read', async () => {
    const { text, second, third } = await written();
    for (let length = second; length <= text.length; length++) {
      const { accounts } = await read(text.slice(0, length));
      // The end of a line is no part of what it says.
      const count = length >= text.length - 1 ? 3 : length >= third - 1 ? 2 : 1;
      expect([length, [...accounts.keys()]]).toEqual([length, ['a', 'b', 'c'].slice(0, count)]);
    }
    const torn = `${text.slice(0, third + 20)}${'\0'.repeat(100)}`;
    expect([...(await read(torn)).accounts.keys()]).toEqual(['a', 'b']);
  });

  it('is refused where this program cannot have written it', async () => {
    const { text } = await written();
    for (const tail of ['x', '{"accounts":{}', '}', '<<<<<<< HEAD', '{"serial":9}', '{"serial":4}']) {
      const refused = { code: 'STATE_INVALID', message: expect.stringMatching(/line \d+/) };
      await expect(read(text + tail), tail).rejects.toMatchObject(refused);
    }
  });
});

describe('a file that another run wrote between two writes', () => {
  const other = { ...example, serial: 40 };

  it.each([
    [
      'by a rename',
      async (path: string) => writeFile(`${path}.new`, serializeState(other)).then(() => rename(`${path}.new`, path)),
    ],
    ['in place', (path: string) => writeFile(path, serializeState(other))],
  ])('is not overwritten, and nothing more is written: %s', async (_, change) => {
    const path = await newPath();
    const file = await openFile(path);
    await add(file, 'first');
    const own = await readFile(path, 'utf8');
    await change(path);
    const now = await readFile(path, 'utf8').catch(() => undefined);
    await expect(add(file, 'second')).rejects.toMatchObject({
      code: 'STATE_LOST',
      message: expect.stringContaining('during this run'),
    });
    expect(await readFile(path, 'utf8').catch(() => undefined)).toBe(now);
    await writeFile(path, own);
    await expect(file.close()).rejects.toMatchObject({ code: 'STATE_LOST' });
    await expect(file.confirm()).rejects.toMatchObject({ code: 'STATE_LOST' });
  });

  it('is written again when it was removed, since nothing is lost by that', async () => {
    const path = await newPath();
    const file = await openFile(path);
    await add(file, 'first');
    await rm(path);
    await add(file, 'second');
    expect(await onDisk(path)).toMatchObject({ serial: 2, accounts: { first: {}, second: {} } });
  });

  it('is still its own when its text was put back', async () => {
    const path = await newPath();
    const file = await openFile(path);
    await add(file, 'first');
    await writeFile(path, await readFile(path, 'utf8'));
    await add(file, 'second');
    await file.close();
    await writeFile(path, await readFile(path, 'utf8'));
    await add(file, 'third');
    expect(await onDisk(path)).toMatchObject({ serial: 3, accounts: { first: {}, second: {}, third: {} } });
  });
});
