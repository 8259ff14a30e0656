/** Loses requests to a service, or their answers, before they are sent or after they were answered. */
import { type ObjectStore, UnsureError } from '../../src/state/object-store.ts';
import type { TestedFolder } from '../state/backend-behaviour.ts';
import type { Fate } from '../state/memory-store.ts';

/** A folder whose creations may be lost. */
export function lossyFolder(open: () => Promise<ObjectStore>): TestedFolder {
  let fate: () => Fate = () => 'answered';
  return {
    store: async () => lossy(await open(), () => fate()),
    loses: (given) => {
      fate = given;
    },
  };
}

function lossy(store: ObjectStore, fate: () => Fate): ObjectStore {
  return {
    name: store.name,
    get: (key) => store.get(key),
    put: (key, text) => store.put(key, text),
    remove: (key) => store.remove(key),
    list: (prefix) => store.list(prefix),
    now: () => store.now(),
    close: () => store.close(),
    create: async (key, text) => {
      const what = fate();
      if (what === 'never_arrives') throw new UnsureError('ECONNRESET');
      const answer = await store.create(key, text);
      if (what === 'answer_lost') throw new UnsureError('ETIMEDOUT');
      return answer;
    },
  };
}
