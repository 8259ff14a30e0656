/** What the stores of all storage services do, over the servers of `servers/`. */
import { expect } from 'vitest';
import type { ObjectStore } from '../../src/state/object-store.ts';

interface Server {
  /** Milliseconds by which its clock is ahead of this machine's. */
  ahead: number;
  readonly requests: readonly unknown[];
}

/** Each request is sent once, and that it had no effect is not concluded from its answer. */
export async function expectUndecided(store: ObjectStore, { requests }: Server): Promise<void> {
  const acts = [() => store.create('a', ''), () => store.get('a'), () => store.list(''), () => store.remove('a')];
  for (const act of acts) await expect(act()).rejects.toMatchObject({ name: 'UnsureError' });
  expect(requests).toHaveLength(acts.length);
}

/** The store knows the time of the service, and when it wrote an object. */
export async function expectServiceTime(store: ObjectStore, server: Server): Promise<void> {
  const near = (time = 0) => expect(Math.abs(time - Date.now() - server.ahead)).toBeLessThan(60_000);
  server.ahead = 3_600_000;
  await store.put('a', 'text');
  const found = await store.get('a');
  near(store.now());
  near(found?.modified);
  server.ahead = -3_600_000;
  await store.get('missing');
  near(store.now());
}
