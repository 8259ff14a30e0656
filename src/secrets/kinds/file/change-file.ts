/** Changes to a secrets file: under its lock, as one write, and those that come during a write together. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type AtomicOptions, NotSyncedError, writeFileAtomic } from '../../../files/atomic-write.ts';
import { acquireLock, type Lock } from '../../../files/lock.ts';
import { readText } from '../../../files/read-text.ts';
import { WriteThrottle } from '../../../files/write-throttle.ts';
import type { FileStoreConfig } from './check-file.ts';
import { DotenvText } from './dotenv-text.ts';
import { refuseJson, type SecretsText } from './secrets-text.ts';

/** Puts a secret into the text of a file, or removes one. Returns whether the text changed. */
export type Change = (content: SecretsText) => boolean;

interface QueuedChange {
  readonly change: Change;
  done(): void;
  refuse(error: unknown): void;
}

/** The changes of one file, while earlier ones are written. */
interface Queue {
  readonly queued: QueuedChange[];
  readonly format: FileStoreConfig['format'];
  readonly throttle: WriteThrottle;
  isBusy: boolean;
}

const queues = new Map<string, Queue>();

/**
 * Changes a file. Changes that arrive during a write are made together, in their order, so that a large file is not read
 * and written for each of them.
 */
export function enqueue(target: string, format: FileStoreConfig['format'], change: Change): Promise<void> {
  const key = `${format} ${target}`;
  const queue = queues.get(key) ?? { queued: [], format, throttle: new WriteThrottle(), isBusy: false };
  queues.set(key, queue);
  return new Promise((done, refuse) => {
    queue.queued.push({ change, done, refuse });
    if (!queue.isBusy) void changeQueued(queue, target);
  });
}

async function changeQueued(queue: Queue, target: string): Promise<void> {
  queue.isBusy = true;
  while (queue.queued.length > 0) {
    await queue.throttle.wait();
    const changes = queue.queued.splice(0);
    try {
      for (const { done } of await changeAll(target, changes, queue)) done();
    } catch (error) {
      for (const { refuse } of changes) refuse(error);
    }
  }
  queue.isBusy = false;
}

/** Makes the changes while the file's lock is held. Returns those that were made; the others were refused. */
function changeAll(
  target: string,
  changes: readonly QueuedChange[],
  { format, throttle }: Queue,
): Promise<readonly QueuedChange[]> {
  return changeFile(target, format, async (content, write) => {
    const started = performance.now();
    let isChanged = false;
    const made = changes.filter(({ change, refuse }) => {
      try {
        isChanged = change(content) || isChanged;
        return true;
      } catch (error) {
        refuse(error);
        return false;
      }
    });
    if (isChanged) throttle.wrote(started, await write());
    return made;
  });
}

/** Writes the changed text, and returns its length. */
type Write = (options?: Pick<AtomicOptions, 'isRehearsal'>) => Promise<number>;

/** Changes the file while its lock is held. */
export async function changeFile<T>(
  target: string,
  format: FileStoreConfig['format'],
  change: (content: SecretsText, write: Write) => Promise<T>,
): Promise<T> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const lock = await lockFile(`${target}.lock`);
  try {
    const content = await parsed(format, (await readText(target)) ?? '');
    return await change(content, async (options) => {
      const text = content.text();
      await writeFileAtomic(target, text, { mode: 0o600, ...options }).catch(unlessReplaced);
      return text.length;
    });
  } finally {
    // The secrets are stored; a lock that remains is replaced when this process has ended.
    await lock.release().catch(() => undefined);
  }
}

async function lockFile(path: string): Promise<Lock> {
  try {
    return await acquireLock(path, { command: 'store a secret' }, { waitMs: 10_000, pollMs: 50 });
  } catch (error) {
    const facts = await stat(path).catch(() => undefined);
    throw facts === undefined || facts.isFile() ? error : new LockPathError(path);
  }
}

/** Something that is not a file is where the lock must be. */
export class LockPathError extends Error {}

/** The file was replaced, so the secrets are stored: an error would revoke them, although the old ones are overwritten. */
function unlessReplaced(error: unknown): void {
  if (!(error instanceof NotSyncedError)) throw error;
}

/** The JSON parser is loaded only for a JSON file. */
export async function parsed(format: FileStoreConfig['format'], text: string): Promise<SecretsText> {
  if (format === 'dotenv') {
    refuseJson(text);
    return new DotenvText(text);
  }
  const { JsonText } = await import('./json-text.ts');
  return new JsonText(text);
}
