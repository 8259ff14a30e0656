/** States that move between locations: services in memory and files. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { updateAccount } from '../../src/apply/state-writer.ts';
import type { StateBackend } from '../../src/state/backend.ts';
import { fileBackend } from '../../src/state/kinds/file/backend.ts';
import { moveState } from '../../src/state/move-state.ts';
import { objectBackend } from '../../src/state/object-backend.ts';
import type { ObjectStore } from '../../src/state/object-store.ts';
import { openState } from '../../src/state/opened-state.ts';
import { bareAccount } from './example.ts';
import { MemoryService } from './memory-store.ts';

const MOVER = { who: 'ann', at: '2026-11-29T12:00:00.000Z' };

/** Where a state is kept; each call opens it anew, as another run does. */
type Place = () => StateBackend;

function bucket(name: string): Place & { readonly service: MemoryService } {
  const service = new MemoryService();
  return Object.assign(() => objectBackend({ ...service.store(), name: `memory://${name}` }), { service });
}

function file(): Place & { readonly path: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-move-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const name = path.join(folder, 'motherduck.accounts.state.json');
  return Object.assign(() => fileBackend(name), { path: name });
}

const open = (place: Place) => {
  const backend = place();
  onTestFinished(() => backend.settle());
  return openState(backend, 'acme');
};
const move = async (from: Place, to: Place) => {
  const both = [from(), to()] as const;
  try {
    return await moveState(...both, MOVER);
  } finally {
    for (const each of both) await each.settle();
  }
};
const namesIn = async (place: Place) => [...(await open(place)).state.accounts.keys()].sort();

/** Adds accounts, one change each, as a run does. */
async function add(place: Place, ...names: readonly string[]): Promise<void> {
  const opened = await open(place);
  for (const name of names) await updateAccount(opened, name, () => bareAccount(name));
  await opened.close();
}

const PLACES = { file, bucket: () => bucket('one') };

describe.each([
  ['file', 'bucket'],
  ['bucket', 'file'],
  ['bucket', 'bucket'],
  ['file', 'file'],
] as const)('from a %s to a %s', (oldKind, newKind) => {
  it('moves, goes on there, and comes back', async () => {
    const [from, to] = [PLACES[oldKind](), newKind === 'file' ? file() : bucket('two')];
    await add(from, 'a_b', 'c_d', 'e_f');
    const before = (await open(from)).state;
    expect((await move(from, to)).isMoved).toBe(true);
    const after = (await open(to)).state;
    expect(after.accounts).toEqual(before.accounts);
    expect(after.lineage).toBe(before.lineage);
    await expect(open(from)).rejects.toMatchObject({ code: 'STATE_MOVED', message: expect.stringContaining('ann') });
    expect((await move(from, to)).isMoved).toBe(false);
    await add(to, ...Array.from({ length: 25 }, (_, n) => `more_${n}`));
    expect((await move(to, from)).isMoved).toBe(true);
    await expect(open(to)).rejects.toMatchObject({ code: 'STATE_MOVED' });
    expect(await namesIn(from)).toHaveLength(28);
    await add(from, 'at_home', 'once_more');
    expect((await move(to, from)).isMoved).toBe(false);
    await move(from, to);
    await add(to, 'again');
    expect(await namesIn(to)).toHaveLength(31);
    expect((await open(to)).state.serial).toBeGreaterThan(before.serial + 28);
  });

  it('refuses to overwrite the state of another lineage', async () => {
    const [from, to] = [PLACES[oldKind](), newKind === 'file' ? file() : bucket('two')];
    await add(from, 'a_b');
    await add(to, 'other');
    await expect(move(from, to)).rejects.toMatchObject({ code: 'STATE_FOREIGN' });
    expect(await namesIn(from)).toEqual(['a_b']);
    expect(await namesIn(to)).toEqual(['other']);
  });

  it('stops a run that opened the old location before', async () => {
    const [from, to] = [PLACES[oldKind](), newKind === 'file' ? file() : bucket('two')];
    await add(from, 'a_b');
    const zombie = await open(from);
    await updateAccount(zombie, 'before', () => bareAccount('before'));
    const lock = await from().lock({ command: 'state migrate', who: 'ann', waitMs: 0, warn: () => {} });
    await move(from, to);
    await lock.release();
    const late = updateAccount(zombie, 'late', () => bareAccount('late'));
    // A file that is gone is written again, unless the lock shows that another run was there.
    if (oldKind === 'bucket') await expect(late).rejects.toMatchObject({ code: 'STATE_LOST' });
    else await late.catch(() => undefined);
    expect(await namesIn(to)).toEqual(['a_b', 'before']);
  });
});

it('renames the file, and keeps its text', async () => {
  const [from, to] = [file(), bucket('one')];
  await add(from, 'a_b');
  const text = readFileSync(from.path, 'utf8');
  await move(from, to);
  expect(existsSync(from.path)).toBe(false);
  expect(readFileSync(`${from.path}.migrated`, 'utf8').startsWith(text)).toBe(true);
  expect((await open(to)).state.moved_from).toEqual({
    place: 'motherduck.accounts.state.json',
    serial: 1,
    at: MOVER.at,
  });
});

it('says so when there is nothing to move', async () => {
  await expect(move(file(), bucket('one'))).rejects.toMatchObject({ code: 'STATE_INVALID' });
  const here = file();
  await expect(move(here, here)).rejects.toMatchObject({ code: 'STATE_INVALID' });
  await add(here, 'a_b');
  expect((await move(here, here)).isMoved).toBe(false);
  expect(await namesIn(here)).toEqual(['a_b']);
});

it('knows the new location of a state that went on to a third one', async () => {
  const [first, second, third] = [bucket('one'), bucket('two'), bucket('three')];
  await add(first, 'a_b');
  await move(first, second);
  await add(second, 'c_d');
  await move(second, third);
  await expect(move(first, second)).rejects.toMatchObject({ code: 'STATE_MOVED', message: /three/ });
  expect((await move(first, third)).isMoved).toBe(false);
  expect((await move(third, first)).isMoved).toBe(true);
  expect(await namesIn(first)).toEqual(['a_b', 'c_d']);
});

it('refuses a location that went on by itself, or is newer', async () => {
  const [from, to, other] = [file(), bucket('one'), bucket('two')];
  await add(from, 'a_b');
  const old = readFileSync(from.path, 'utf8');
  await move(from, to);
  await add(to, 'c_d');
  // A clone that went on with the old file.
  writeFileSync(from.path, old);
  await add(from, 'e_f');
  await expect(move(from, to)).rejects.toMatchObject({ code: 'STATE_FOREIGN' });
  // A clone that has the old file: the new location has all of it.
  writeFileSync(from.path, old);
  expect((await move(from, to)).isMoved).toBe(true);
  expect(await namesIn(to)).toEqual(['a_b', 'c_d']);
  await move(to, other);
  writeFileSync(from.path, old);
  await expect(move(from, to)).rejects.toMatchObject({ code: 'STATE_MOVED' });
});

class Killed extends Error {}

/** A service whose client ends at its n-th request, before or after the request takes effect. */
function killedAt(store: ObjectStore, count: { left: number }, isAfter: boolean): ObjectStore {
  const counted =
    <A extends unknown[], T>(act: (...given: A) => Promise<T>) =>
    async (...given: A): Promise<T> => {
      if (count.left-- > 0) return act(...given);
      if (isAfter && count.left === -1) await act(...given);
      throw new Killed();
    };
  return {
    ...store,
    get: counted(store.get),
    create: counted(store.create),
    put: counted(store.put),
    remove: counted(store.remove),
    list: counted(store.list),
  };
}

describe.each([false, true])('killed at any request, after it took effect: %s', (isAfter) => {
  it.each(['there', 'there and back'])('it is finished by the next one: %s', async (way) => {
    let points = 0;
    for (let isKilled = true; isKilled; points++) {
      const [one, two] = [bucket('one'), bucket('two')];
      await add(one, 'a_b', 'c_d');
      if (way === 'there and back') {
        await move(two, one).catch(() => undefined);
        await move(one, two);
        await add(two, 'e_f');
        await move(two, one);
        await add(one, 'g_h');
      }
      const before = (await open(one)).state;
      const count = { left: points };
      const mortal =
        ({ service }: { service: MemoryService }, name: string) =>
        () =>
          objectBackend(killedAt({ ...service.store(), name: `memory://${name}` }, count, isAfter));
      isKilled = await move(mortal(one, 'one'), mortal(two, 'two')).then(
        () => false,
        (error: unknown) => {
          expect(error).toBeInstanceOf(Killed);
          return true;
        },
      );
      await move(one, two);
      expect((await open(two)).state.accounts).toEqual(before.accounts);
      await expect(open(one)).rejects.toMatchObject({ code: 'STATE_MOVED' });
      await add(two, 'after');
      expect((await move(one, two)).isMoved).toBe(false);
    }
    expect(points).toBeGreaterThan(6);
  });
});

/** Moves the state of a file as a run that is killed between the two writes. */
async function moveKilled(from: ReturnType<typeof file>, to: Place): Promise<void> {
  const old = readFileSync(from.path, 'utf8');
  await move(from, to);
  rmSync(`${from.path}.migrated`);
  writeFileSync(from.path, old);
}

it('is finished after a kill although the new location, or the old one, went on', async () => {
  for (const went of ['new', 'old'] as const) {
    const [from, to] = [file(), bucket('one')];
    await add(from, 'a_b');
    await moveKilled(from, to);
    await add(went === 'new' ? to : from, 'c_d');
    expect((await move(from, to)).isMoved).toBe(true);
    expect(await namesIn(to)).toEqual(['a_b', 'c_d']);
    expect(existsSync(from.path)).toBe(false);
  }
});

it('is turned back after a kill', async () => {
  const [from, to] = [file(), bucket('one')];
  await add(from, 'a_b');
  await moveKilled(from, to);
  await add(to, 'c_d');
  expect((await move(to, from)).isMoved).toBe(true);
  expect(await namesIn(from)).toEqual(['a_b', 'c_d']);
});
