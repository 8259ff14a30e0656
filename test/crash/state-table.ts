/** A state in a table of the folder's sandbox. The program's hook sees the statements that change it. */
import type { StateBackend } from '../../src/state/backend.ts';
import { objectBackend } from '../../src/state/object-backend.ts';
import { MemoryService } from '../state/memory-store.ts';
import { sandboxTable } from '../state/sandbox-table.ts';

export class StateTable {
  readonly block = 'state: { kind: motherduck, database: ops }\n';
  readonly env: Readonly<Record<string, string>> = {};
  readonly #sandbox: string;

  constructor(sandbox: string) {
    this.#sandbox = sandbox;
  }

  /** Nothing here is asked: the program is killed by its hook. */
  atChanges(): void {}

  has(): boolean {
    return false;
  }

  async backend(): Promise<StateBackend> {
    return objectBackend((await this.#copy()).store());
  }

  async isLocked(): Promise<boolean> {
    return (await this.locks()).includes('lock.json');
  }

  /** The keys of all objects of locks. */
  async locks(): Promise<string[]> {
    return [...(await this.#copy()).objects.keys()].filter((key) => key.startsWith('lock'));
  }

  async close(): Promise<void> {}

  /** What is in the table at this moment. */
  async #copy(): Promise<MemoryService> {
    const store = sandboxTable(this.#sandbox, { database: 'ops' });
    try {
      const service = new MemoryService();
      const keys = await store.list('');
      for (const [index, object] of (await Promise.all(keys.map((key) => store.get(key)))).entries()) {
        if (object !== undefined) service.objects.set(keys[index] ?? '', object);
      }
      return service;
    } finally {
      await store.close();
    }
  }
}
