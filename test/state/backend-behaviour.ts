/** What every kind of shared state and every storage service must do, as tests that each runs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { updateAccount } from '../../src/apply/state-writer.ts';
import type { LockRequest, StateBackend } from '../../src/state/backend.ts';
import { objectBackend } from '../../src/state/object-backend.ts';
import type { ObjectStore } from '../../src/state/object-store.ts';
import { type OpenedState, openState } from '../../src/state/opened-state.ts';
import { bareAccount } from './example.ts';
import type { Fate } from './memory-store.ts';

export const LOCK_REQUEST: LockRequest = {
  command: 'apply',
  who: 'ann',
  waitMs: 0,
  warn: (message) => expect.unreachable(message),
};

/** Adds an account to a state. */
export const add = (file: OpenedState, name: string) => updateAccount(file, name, () => bareAccount(name));

/** A place for one state, which is empty at first. */
export interface TestedPlace {
  /** The state there, as one run opens it. */
  backend(): Promise<StateBackend>;
  /** Decides what becomes of each request that takes a serial, where the service can lose some. */
  loses?(fate: () => Fate): void;
}

/** A place for objects, which is empty at first. */
export interface TestedFolder extends Omit<TestedPlace, 'backend'> {
  /** The objects there, as one run opens them. */
  store(): Promise<ObjectStore>;
}

/** A server, or what stands for one. */
export interface TestedService<Place> {
  /** A place of its own for one test. */
  place(): Promise<Place>;
  /** Ends the server. */
  end?(): Promise<void>;
}

export interface BehaviourOptions {
  /** How often a race takes place. */
  readonly rounds?: number;
  /** How many objects are listed: more than one answer holds, where a service gives them in parts. */
  readonly listed?: number;
}

/** The tests of a kind of state. */
export function testBackend(
  name: string,
  start: () => Promise<TestedService<TestedPlace>>,
  { rounds = 50 }: BehaviourOptions = {},
): void {
  describe(`a state in ${name}`, () => {
    let service: TestedService<TestedPlace>;
    beforeAll(async () => {
      service = await start();
    });
    afterAll(async () => service.end?.());

    const open = async (place: TestedPlace) => openState(await place.backend(), 'acme');
    const names = async (place: TestedPlace) => [...(await open(place)).state.accounts.keys()].sort();

    it('is empty at first, and is read as it was written', async () => {
      const place = await service.place();
      const file = await open(place);
      expect(file.state.serial).toBe(0);
      await add(file, 'a_b');
      await Promise.all(['c_d', 'e_f', 'g_h'].map((each) => add(file, each)));
      await file.close();
      expect((await open(place)).state).toEqual(file.state);
    });

    it('is read as it was written by many runs with long logs', async () => {
      const place = await service.place();
      for (let run = 0; run < 5; run++) {
        const file = await open(place);
        for (let n = 0; n < 25; n++) await add(file, `account_${run}_${n}`);
        await file.close();
      }
      expect(await names(place)).toHaveLength(125);
    });

    it('stops a run whose serial another run has taken, however late it comes back', async () => {
      const place = await service.place();
      const zombie = await open(place);
      await add(zombie, 'before');
      const other = await open(place);
      for (let n = 0; n < 60; n++) await add(other, `other_${n}`);
      await other.close();
      await expect(add(zombie, 'late')).rejects.toMatchObject({ code: 'STATE_LOST' });
      await expect(add(zombie, 'later')).rejects.toMatchObject({ code: 'STATE_LOST' });
      await expect(zombie.close()).rejects.toMatchObject({ code: 'STATE_LOST' });
      expect(await names(place)).toHaveLength(61);
    });

    it('lets exactly one of many runs take a serial', async () => {
      for (let round = 0; round < rounds; round++) {
        const place = await service.place();
        await add(await open(place), 'begin');
        const files = await Promise.all(Array.from({ length: 8 }, () => open(place)));
        const results = await Promise.allSettled(files.map((file, n) => add(file, `run_${n}`)));
        const won = results.flatMap(({ status }, n) => (status === 'fulfilled' ? [`run_${n}`] : []));
        expect(won).toHaveLength(1);
        expect(await names(place)).toEqual(['begin', ...won]);
      }
    });

    it.for(['never_arrives', 'answer_lost'] as const)(
      'takes each serial once, also when a request %s',
      async (fate, { skip }) => {
        const place = await service.place();
        if (place.loses === undefined) return skip('it loses nothing');
        const file = await open(place);
        let n = 0;
        place.loses(() => (n++ % 2 === 0 ? fate : 'answered'));
        for (const each of ['a_b', 'c_d', 'e_f']) await add(file, each);
        expect(n).toBeGreaterThan(3);
        const again = await open(place);
        expect([...again.state.accounts.keys()].sort()).toEqual(['a_b', 'c_d', 'e_f']);
        expect(again.state.serial).toBe(3);
      },
    );

    it('is locked by one run, which is named to the others', async () => {
      const place = await service.place();
      const lock = await (await place.backend()).lock(LOCK_REQUEST);
      const refused: unknown = await (await place.backend()).lock(LOCK_REQUEST).catch((error) => error);
      expect(refused).toMatchObject({ code: 'STATE_LOCKED', message: expect.stringContaining('ann') });
      expect(await (await place.backend()).holder()).toMatchObject({ pid: process.pid, who: 'ann' });
      // Its process is running.
      const ask = () => expect.unreachable('there is nothing to ask');
      await expect((await place.backend()).unlock(ask)).rejects.toMatchObject({ code: 'STATE_LOCKED' });
      await lock.release();
      await lock.release();
      expect(await (await place.backend()).holder()).toBeUndefined();
      expect(await (await place.backend()).unlock(ask)).toMatch(/ is not locked\.$/);
      await (await (await place.backend()).lock(LOCK_REQUEST)).release();
    });

    it('gives its lock to one of many runs', async () => {
      for (let round = 0; round < Math.ceil(rounds / 5); round++) {
        const place = await service.place();
        const backends = await Promise.all(Array.from({ length: 8 }, () => place.backend()));
        const locks = await Promise.allSettled(backends.map((each) => each.lock(LOCK_REQUEST)));
        const held = locks.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
        expect(held).toHaveLength(1);
        await held[0]?.release();
      }
    });

    it('has a lock that is waited for', async () => {
      const place = await service.place();
      const first = await (await place.backend()).lock(LOCK_REQUEST);
      let waits = () => {};
      const isWaiting = new Promise<void>((resolve) => {
        waits = resolve;
      });
      const second = (await place.backend()).lock({ ...LOCK_REQUEST, waitMs: 20_000, note: () => waits() });
      await isWaiting;
      await first.release();
      await (await second).release();
    });
  });
}

/** The tests of a storage service. */
export function testObjectStore(
  name: string,
  start: () => Promise<TestedService<TestedFolder>>,
  options: BehaviourOptions = {},
): void {
  describe(`objects in ${name}`, () => {
    let service: TestedService<TestedFolder>;
    beforeAll(async () => {
      service = await start();
    });
    afterAll(async () => service.end?.());

    it('are created once, read, replaced, listed and removed', async () => {
      const folder = await service.place();
      const store = await folder.store();
      const text = '{"name":"Zoë 鴨 \u{1f986}"}\n';
      expect(await store.get('log/1.json')).toBeUndefined();
      expect(await store.create('log/1.json', text)).toBe('created');
      expect(await store.create('log/1.json', 'other')).toBe('exists');
      const found = await store.get('log/1.json');
      expect(found?.text).toBe(text);
      // Services give whole seconds.
      expect(Math.abs(store.now() - (found?.modified ?? 0))).toBeLessThan(30_000);
      await store.put('lock-1.json', 'first');
      await store.put('lock-1.json', 'second');
      expect((await (await folder.store()).get('lock-1.json'))?.text).toBe('second');
      expect(await store.list('log/')).toEqual(['log/1.json']);
      expect((await store.list('')).sort()).toEqual(['lock-1.json', 'log/1.json']);
      await store.remove('log/1.json');
      await store.remove('log/1.json');
      expect(await store.get('log/1.json')).toBeUndefined();
      expect(await store.create('log/1.json', 'again')).toBe('created');
      await store.close();
    });

    it('of another folder are not seen', async () => {
      const [one, other] = [await service.place(), await service.place()];
      await (await one.store()).put('log/1.json', 'one');
      expect(await (await other.store()).get('log/1.json')).toBeUndefined();
      expect(await (await other.store()).list('')).toEqual([]);
    });

    it('are all listed, also more than one answer holds', async () => {
      const { listed = 1005 } = options;
      const store = await (await service.place()).store();
      const keys = Array.from({ length: listed }, (_, n) => `log/${String(n).padStart(4, '0')}.json`);
      for (let at = 0; at < keys.length; at += 50) {
        await Promise.all(keys.slice(at, at + 50).map((key) => store.put(key, '{}')));
      }
      expect((await store.list('log/')).sort()).toEqual(keys);
    });

    it('are created by one of many', async () => {
      const folder = await service.place();
      const stores = await Promise.all(Array.from({ length: 8 }, () => folder.store()));
      for (let round = 0; round < 10; round++) {
        const key = `log/${round}.json`;
        const answers = await Promise.all(stores.map((store, n) => store.create(key, `${n}`)));
        expect(answers.filter((answer) => answer === 'created')).toHaveLength(1);
        expect((await stores[0]?.get(key))?.text).toBe(`${answers.indexOf('created')}`);
      }
    });
  });

  const asBackend = async (): Promise<TestedService<TestedPlace>> => {
    const service = await start();
    return {
      place: async () => {
        const folder = await service.place();
        const { loses } = folder;
        return {
          backend: async () => objectBackend(await folder.store()),
          ...(loses ? { loses: loses.bind(folder) } : {}),
        };
      },
      ...(service.end ? { end: () => service.end?.() ?? Promise.resolve() } : {}),
    };
  };
  testBackend(name, asBackend, options);
}
