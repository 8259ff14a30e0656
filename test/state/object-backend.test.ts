/** A state in a storage service, over a service in memory. */
import { describe, expect, it } from 'vitest';
import { updateAccount } from '../../src/apply/state-writer.ts';
import type { LockRequest, StateBackend } from '../../src/state/backend.ts';
import { objectBackend } from '../../src/state/object-backend.ts';
import { openState } from '../../src/state/opened-state.ts';
import { bareAccount } from './example.ts';
import { MemoryService } from './memory-store.ts';

const REQUEST: LockRequest = {
  command: 'apply',
  who: 'ann',
  waitMs: 0,
  warn: (message) => expect.unreachable(message),
};
const open = (service: MemoryService, backend: StateBackend = objectBackend(service.store())) =>
  openState(backend, 'acme');
const add = (file: Awaited<ReturnType<typeof open>>, name: string) =>
  updateAccount(file, name, () => bareAccount(name));
const names = async (service: MemoryService) => [...(await open(service)).state.accounts.keys()].sort();

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

  it.each(['never_arrives', 'answer_lost'] as const)('takes each serial once, also when a request %s', async (fate) => {
    const service = new MemoryService();
    const file = await open(service);
    let n = 0;
    service.fate = (method) => (method === 'CREATE' && n++ % 2 === 0 ? fate : 'answered');
    for (const name of ['a_b', 'c_d', 'e_f']) await add(file, name);
    expect(await names(service)).toEqual(['a_b', 'c_d', 'e_f']);
    expect(service.objects.size).toBe(3);
  });

  it('stops a run whose serial another run has taken, however late it comes back', async () => {
    const service = new MemoryService();
    const zombie = await open(service);
    await add(zombie, 'before');
    const other = await open(service);
    for (let n = 0; n < 60; n++) await add(other, `other_${n}`);
    await other.close();
    await expect(add(zombie, 'late')).rejects.toMatchObject({ code: 'STATE_LOST' });
    await expect(add(zombie, 'later')).rejects.toMatchObject({ code: 'STATE_LOST' });
    await expect(zombie.close()).rejects.toMatchObject({ code: 'STATE_LOST' });
    expect(await names(service)).toHaveLength(61);
  });

  it('lets exactly one of many runs take a serial', async () => {
    for (let round = 0; round < 50; round++) {
      const service = new MemoryService();
      await add(await open(service), 'begin');
      const files = await Promise.all(Array.from({ length: 8 }, () => open(service)));
      const results = await Promise.allSettled(files.map((file, n) => add(file, `run_${n}`)));
      const won = results.flatMap(({ status }, n) => (status === 'fulfilled' ? [`run_${n}`] : []));
      expect(won).toHaveLength(1);
      expect(await names(service)).toEqual(['begin', ...won]);
    }
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

describe('its lock', () => {
  it('is held by one run, named to the others, and freed', async () => {
    const service = new MemoryService();
    const lock = await objectBackend(service.store()).lock(REQUEST);
    const error: unknown = await objectBackend(service.store())
      .lock(REQUEST)
      .catch((reason) => reason);
    expect(error).toMatchObject({ code: 'STATE_LOCKED', message: expect.stringContaining('ann') });
    expect(await objectBackend(service.store()).holder()).toMatchObject({ pid: process.pid, who: 'ann' });
    await lock.release();
    await lock.release();
    expect(service.objects.size).toBe(0);
    await (await objectBackend(service.store()).lock(REQUEST)).release();
  });

  it('is waited for', async () => {
    const service = new MemoryService();
    const first = await objectBackend(service.store()).lock(REQUEST);
    const notes: string[] = [];
    const second = objectBackend(service.store()).lock({
      ...REQUEST,
      waitMs: 20_000,
      note: (text) => void notes.push(text),
    });
    await new Promise((done) => setTimeout(done, 50));
    await first.release();
    await (await second).release();
    expect(notes).toHaveLength(1);
  });

  it('is broken only when its holder was silent for ten minutes, and after a question', async () => {
    const service = new MemoryService();
    await objectBackend(service.store()).lock(REQUEST);
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
    await expect(backend.lock(REQUEST)).rejects.toMatchObject({ code: 'STATE_LOCKED' });
    expect(await backend.unlock(ask)).toMatch(/^Removed /);
    expect(asked).toHaveLength(1);
    expect(service.objects.size).toBe(0);
  });

  it('refuses a service that ignores conditions', async () => {
    const service = new MemoryService();
    service.ignoresConditions = true;
    await expect(objectBackend(service.store()).lock(REQUEST)).rejects.toMatchObject({ code: 'STATE_UNREACHABLE' });
    expect(service.objects.size).toBe(0);
  });
});
