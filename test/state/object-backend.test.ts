/** A state in a storage service, over a service in memory. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { UserError } from '../../src/model/user-error.ts';
import type { LockRequest, StateBackend } from '../../src/state/backend.ts';
import { fileBackend } from '../../src/state/kinds/file/backend.ts';
import { objectBackend } from '../../src/state/object-backend.ts';
import type { ObjectStore } from '../../src/state/object-store.ts';
import { openState } from '../../src/state/opened-state.ts';
import { waitUnlocked } from '../../src/state/state-lock.ts';
import { add, LOCK_REQUEST, testObjectStore } from './backend-behaviour.ts';
import { type Fate, MemoryService } from './memory-store.ts';

const open = (service: MemoryService, backend: StateBackend = objectBackend(service.store())) =>
  openState(backend, 'acme');
const names = async (service: MemoryService) => [...(await open(service)).state.accounts.keys()].sort();

testObjectStore('a service in memory', async () => ({
  place: async () => {
    const service = new MemoryService();
    return {
      store: async () => service.store(),
      loses: (fate) => {
        service.fate = (method) => (method === 'CREATE' ? fate() : 'answered');
      },
    };
  },
}));

describe('a state in a storage service', () => {
  it('is empty at first, and has one object for each gathered change', async () => {
    const service = new MemoryService();
    const file = await open(service);
    expect(file.state.serial).toBe(0);
    await add(file, 'a_b');
    await Promise.all(['c_d', 'e_f', 'g_h'].map((name) => add(file, name)));
    await file.close();
    expect([...service.objects.keys()]).toEqual(['log/0000000000001.json', 'log/0000000000002.json']);
    const again = await open(service);
    expect(again.state).toEqual(file.state);
  });

  it('has a snapshot after a long log, and keeps the newest three', async () => {
    const service = new MemoryService();
    for (let run = 0; run < 5; run++) {
      const file = await open(service);
      for (let n = 0; n < 25; n++) await add(file, `account_${run}_${n}`);
      await file.close();
    }
    const kept = [...service.objects.keys()].filter((key) => key.startsWith('snapshots/'));
    expect(kept.map((key) => Number(key.slice(10, 23)))).toEqual([75, 100, 125]);
    service.requests.length = 0;
    expect(await names(service)).toHaveLength(125);
    expect(service.requests.filter((request) => request.startsWith('GET'))).toHaveLength(3);
  });

  it('refuses a log of which an object is missing or damaged', async () => {
    const service = new MemoryService();
    const file = await open(service);
    for (const name of ['a_b', 'c_d', 'e_f']) await add(file, name);
    service.objects.set('log/0000000000002.json', { text: '{"serial":2', modified: 0 });
    await expect(open(service)).rejects.toMatchObject({ code: 'STATE_INVALID' });
    service.objects.delete('log/0000000000002.json');
    await expect(open(service)).rejects.toMatchObject({ code: 'STATE_INVALID' });
  });
});

describe('a service that has an object and does not find it', () => {
  const request = async (service: MemoryService, more: Partial<LockRequest>) => {
    const notes: string[] = [];
    service.requests.length = 0;
    const lock = objectBackend(service.store()).lock({ ...LOCK_REQUEST, note: (note) => notes.push(note), ...more });
    await expect(lock).rejects.toMatchObject({ code: more.signal === undefined ? 'STATE_LOCKED' : 'INTERRUPTED' });
    return { notes, requests: service.requests.length };
  };
  const withHiddenLock = async () => {
    const service = new MemoryService();
    await objectBackend(service.store()).lock(LOCK_REQUEST);
    service.hides = (key) => key === 'lock.json';
    return service;
  };

  it('is waited for no longer than was allowed, and asked rarely', async () => {
    const service = await withHiddenLock();
    expect((await request(service, { waitMs: 0 })).notes).toEqual([]);
    const { notes, requests } = await request(service, { waitMs: 300 });
    expect(notes).toHaveLength(1);
    expect(requests).toBeLessThan(20);
  });

  it('can be interrupted meanwhile', async () => {
    const interruption = new AbortController();
    const note = () => interruption.abort();
    await request(await withHiddenLock(), { waitMs: 60_000, signal: interruption.signal, note });
  });

  it('gives up a snapshot that is listed', async () => {
    const service = new MemoryService();
    service.objects.set('snapshots/0000000000007.json', { text: '{}', modified: 0 });
    service.hides = () => true;
    await expect(open(service)).rejects.toMatchObject({
      code: 'STATE_INVALID',
      message: expect.stringContaining('snapshots/0000000000007.json'),
    });
  });
});

describe('its lock', () => {
  it('is broken only when its holder was silent for ten minutes, and after a question', async () => {
    const service = new MemoryService();
    await objectBackend(service.store()).lock(LOCK_REQUEST);
    const text = service.objects.get('lock.json')?.text ?? '';
    service.objects.set('lock.json', {
      text: text.replace(/"host":"[^"]*"/, '"host":"ci-7"'),
      modified: service.now(),
    });
    const backend = objectBackend(service.store());
    const asked: string[] = [];
    const ask = async (question: string) => void asked.push(question);
    await expect(backend.unlock(ask)).rejects.toMatchObject({ code: 'STATE_LOCKED' });
    expect(asked).toEqual([]);
    service.ahead = 11 * 60_000;
    await expect(backend.lock(LOCK_REQUEST)).rejects.toMatchObject({ code: 'STATE_LOCKED' });
    expect(await backend.unlock(ask)).toMatch(/^Removed /);
    expect(asked).toHaveLength(1);
    expect(service.objects.size).toBe(0);
  });

  it('is taken at once when it is freed between two requests', async () => {
    const service = new MemoryService();
    const { release } = await objectBackend(service.store()).lock(LOCK_REQUEST);
    const held = service.store();
    const frees = { ...held, get: (key: string) => release().then(() => held.get(key)) };
    await (await objectBackend(frees).lock(LOCK_REQUEST)).release();
    expect(service.objects.size).toBe(0);
  });

  it('is asked for less often than one in a file while a run that only reads waits for it', async () => {
    const service = new MemoryService();
    const backend = objectBackend(service.store());
    await backend.lock(LOCK_REQUEST);
    expect(backend.pollMs).toBeGreaterThan(fileBackend('a.state.json').pollMs);
    await expect(waitUnlocked(backend, { waitMs: 0 })).rejects.toMatchObject({ code: 'STATE_LOCKED' });
  });

  it('refuses a service that ignores conditions', async () => {
    const service = new MemoryService();
    service.ignoresConditions = true;
    await expect(objectBackend(service.store()).lock(LOCK_REQUEST)).rejects.toMatchObject({
      code: 'STATE_UNREACHABLE',
    });
    expect(service.objects.size).toBe(0);
  });

  it.each([
    ['whose answer was lost', 1],
    ['after which conditions could not be checked', 2],
  ])('is not left behind by a request %s', async (_, failing) => {
    const service = new MemoryService();
    await expect(objectBackend(failingStore(service, failing)).lock(LOCK_REQUEST)).rejects.toMatchObject({
      code: 'STATE_UNREACHABLE',
    });
    expect([...service.objects.keys()]).toEqual([]);
    await (await objectBackend(service.store()).lock(LOCK_REQUEST)).release();
  });

  it('of another run stays after such a request', async () => {
    const service = new MemoryService();
    await objectBackend(service.store()).lock(LOCK_REQUEST);
    const before = [...service.objects];
    await expect(objectBackend(failingStore(service, 1)).lock(LOCK_REQUEST)).rejects.toMatchObject({
      code: 'STATE_UNREACHABLE',
    });
    await expect(objectBackend(service.store()).lock(LOCK_REQUEST)).rejects.toMatchObject({ code: 'STATE_LOCKED' });
    expect([...service.objects]).toEqual(before);
  });
});

describe('a change whose answer was lost, after which the service refused', () => {
  it('is known to be its own by the next write and the next check', async () => {
    const service = new MemoryService();
    const file = await open(service, objectBackend(failingStore(service, 2)));
    await add(file, 'before');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    onTestFinished(() => void vi.useRealTimers());
    await expect(add(file, 'unsure')).rejects.toMatchObject({ code: 'STATE_UNREACHABLE' });
    expect(await names(service)).toEqual(['before', 'unsure']);
    vi.setSystemTime(Date.now() + 60_000);
    await file.confirm();
    await add(file, 'next');
    expect(await names(service)).toEqual(['before', 'next', 'unsure']);
    expect(file.state.serial).toBe(3);
  });

  it('is written by the next write where it did not arrive', async () => {
    const service = new MemoryService();
    const file = await open(service, objectBackend(failingStore(service, 1, 'never_arrives')));
    await expect(add(file, 'unsure')).rejects.toMatchObject({ code: 'STATE_UNREACHABLE' });
    expect(service.objects.size).toBe(0);
    await file.close();
    expect(await names(service)).toEqual(['unsure']);
  });

  it.each([['never_arrives'], ['answer_lost']] as const)(
    'is no excuse to write over another run, when it %s',
    async (fate) => {
      const service = new MemoryService();
      const file = await open(service, objectBackend(failingStore(service, 1, fate)));
      await expect(add(file, 'unsure')).rejects.toMatchObject({ code: 'STATE_UNREACHABLE' });
      await add(await open(service), 'other');
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
      onTestFinished(() => void vi.useRealTimers());
      await expect(file.confirm()).rejects.toMatchObject({ code: 'STATE_LOST' });
      await expect(add(file, 'late')).rejects.toMatchObject({ code: 'STATE_LOST' });
      expect(await names(service)).toEqual(fate === 'answer_lost' ? ['other', 'unsure'] : ['other']);
    },
  );
});

/** A service that leaves the nth creation without an answer, and refuses it when it is repeated. */
function failingStore(service: MemoryService, nth: number, fate: Fate = 'answer_lost'): ObjectStore {
  const store = service.store();
  let creations = 0;
  return {
    ...store,
    async create(key, text) {
      creations++;
      if (creations === nth + 1) throw new UserError('STATE_UNREACHABLE', 'the service refuses', 'Log in again.');
      service.fate = (method) => (creations === nth && method === 'CREATE' ? fate : 'answered');
      return store.create(key, text);
    },
  };
}

describe('a run that was suspended', () => {
  it('finds out before its next call that another run has written the state, and not about its own change', async () => {
    const service = new MemoryService();
    const file = await openState(objectBackend(service.store()), 'acme');
    await add(file, 'before');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    onTestFinished(() => void vi.useRealTimers());
    await Promise.all([add(file, 'own'), file.confirm()]);
    vi.setSystemTime(Date.now() + 60_000);
    await file.confirm();
    const other = await openState(objectBackend(service.store()), 'acme');
    await add(other, 'other');
    await file.confirm();
    vi.setSystemTime(Date.now() + 60_000);
    await expect(file.confirm()).rejects.toMatchObject({ code: 'STATE_LOST' });
    await expect(add(file, 'late')).rejects.toMatchObject({ code: 'STATE_LOST' });
  });
});
