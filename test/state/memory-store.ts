/** A storage service in memory, strict about conditions, which may also lose answers or ignore conditions. */
import { type ObjectStore, type StoredObject, UnsureError } from '../../src/state/object-store.ts';

/** What becomes of a request: it is answered, it never arrives, or it takes effect and its answer is lost. */
export type Fate = 'answered' | 'never_arrives' | 'answer_lost';

export class MemoryService {
  readonly objects = new Map<string, StoredObject>();
  /** Decides about each request, by its method and key. */
  fate: (method: string, key: string) => Fate = () => 'answered';
  /** Milliseconds that the service's clock is ahead of the process's. */
  ahead = 0;
  /** Whether it replaces objects that were to be created only. */
  ignoresConditions = false;
  /** Whether it finds no object of a key, which it may have: one that lags behind. */
  hides: (key: string) => boolean = () => false;
  readonly requests: string[] = [];

  /** What one machine sees of it. */
  store(): ObjectStore {
    const request = async <T>(method: string, key: string, act: () => T): Promise<T> => {
      await new Promise((done) => setImmediate(done));
      this.requests.push(`${method} ${key}`);
      const fate = this.fate(method, key);
      if (fate === 'never_arrives') throw new UnsureError('ECONNRESET');
      const answer = act();
      if (fate === 'answer_lost') throw new UnsureError('ETIMEDOUT');
      return answer;
    };
    const write = (key: string, text: string) => void this.objects.set(key, { text, modified: this.now() });
    return {
      name: 'memory://state',
      get: (key) => request('GET', key, () => (this.hides(key) ? undefined : this.objects.get(key))),
      create: (key, text) =>
        request('CREATE', key, () => {
          if (this.objects.has(key) && !this.ignoresConditions) return 'exists';
          write(key, text);
          return 'created';
        }),
      put: (key, text) => request('PUT', key, () => write(key, text)),
      remove: (key) => request('REMOVE', key, () => void this.objects.delete(key)),
      list: (prefix) => request('LIST', prefix, () => [...this.objects.keys()].filter((key) => key.startsWith(prefix))),
      now: () => this.now(),
      close: async () => {},
    };
  }

  now(): number {
    return Date.now() + this.ahead;
  }
}
