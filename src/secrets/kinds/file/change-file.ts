/** Changes to a secrets file: under its lock, as one write, and those that come during a write together. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type AtomicOptions, identityAt, NotSyncedError, writeFileAtomic } from '../../../files/atomic-write.ts';
import { acquireLock, heldLock, type Lock, LockedError } from '../../../files/lock.ts';
import { readText } from '../../../files/read-text.ts';
import { checkReplaceable } from '../../../files/replaceable.ts';
import { WriteThrottle } from '../../../files/write-throttle.ts';
import { monotonicMs } from '../../../model/time.ts';
import type { FileStoreConfig } from './check-file.ts';
import { DotenvText } from './dotenv-text.ts';
import { refuseJson, type SecretsText } from './secrets-text.ts';

/** Puts a secret into the text of a file, or removes one. Returns whether the text changed. */
export type ContentChange = (content: SecretsText) => boolean;

interface QueuedChange {
  readonly change: ContentChange;
  done(): void;
  refuse(error: unknown): void;
}

/** The changes of one file, while earlier ones are written. */
interface Queue {
  readonly queued: QueuedChange[];
  readonly format: FileStoreConfig['format'];
  readonly throttle: WriteThrottle;
  isBusy: boolean;
  /** What was written last, so that a large file is not read and parsed again for the next change. */
  known?: KnownText | undefined;
}

interface KnownText {
  readonly content: SecretsText;
  /** The file's identity: another program may have changed it since. */
  readonly identity: string;
}

/** The secrets of a file are in memory this long after a write, or after they were looked at; milliseconds. */
export const FORGOTTEN_AFTER_MS = 250;

const queues = new Map<string, Queue>();

/**
 * Changes a file. Changes that arrive during a write are made together, in their order, so that a large file is not read
 * and written for each of them.
 */
export function enqueue(target: string, format: FileStoreConfig['format'], change: ContentChange): Promise<void> {
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
      queue.known = undefined;
      for (const { refuse } of changes) refuse(error);
    }
  }
  queue.isBusy = false;
  const forget = setTimeout(() => {
    if (!queue.isBusy) queue.known = undefined;
  }, FORGOTTEN_AFTER_MS);
  forget.unref();
}

/** Makes the changes while the file's lock is held. Returns those that were made; the others were refused. */
function changeAll(target: string, changes: readonly QueuedChange[], queue: Queue): Promise<readonly QueuedChange[]> {
  const { known } = queue;
  queue.known = undefined;
  const change: FileChange<readonly QueuedChange[]> = async (content, write) => {
    const started = monotonicMs();
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
    if (!isChanged) return made;
    const identity = await write();
    queue.throttle.wrote(started, (await stat(target)).size);
    // A dotenv file alone: what is removed from the text of a JSON file is there until it is parsed again.
    if (queue.format === 'dotenv' && made.length === changes.length && identity) queue.known = { content, identity };
    return made;
  };
  return changeFile(target, queue.format, change, known);
}

/** Writes the changed text. Gives the identity of the new file; undefined where its folder could not be synced. */
type Write = (options?: Pick<AtomicOptions, 'isRehearsal'>) => Promise<string | undefined>;

type FileChange<T> = (content: SecretsText, write: Write) => Promise<T>;

/**
 * Changes the file while its lock is held.
 *
 * @param known Its text as it was written last; read again when the file is another one by now.
 */
export async function changeFile<T>(
  target: string,
  format: FileStoreConfig['format'],
  change: FileChange<T>,
  known?: KnownText,
): Promise<T> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const lock = await lockFile(`${target}.lock`);
  try {
    const isKnown = known !== undefined && identityAt(target) === known.identity;
    const content = isKnown ? known.content : await parsed(format, (await readText(target)) ?? '');
    return await change(content, (options) =>
      writeFileAtomic(target, content.pieces(), { mode: 0o600, ...options }).catch(unlessReplaced),
    );
  } finally {
    // The secrets are stored; a lock that remains is replaced when this process has ended.
    await lock.release().catch(() => undefined);
  }
}

/** How long a write waits for the lock of another process, in milliseconds. */
const LOCK_WAIT_MS = 10_000;

async function lockFile(path: string): Promise<Lock> {
  try {
    return await acquireLock(path, { command: 'store a secret' }, { waitMs: LOCK_WAIT_MS, pollMs: 50 });
  } catch (error) {
    throw await lockErrorOf(path, error);
  }
}

/** Changes the text in memory alone, where the file could be locked. @throws LockPathError, LockedError */
export async function previewChange(
  target: string,
  format: FileStoreConfig['format'],
  change: (content: SecretsText) => void,
): Promise<void> {
  const path = `${target}.lock`;
  const holder = await heldLock(path).then(
    (held) => held?.holder,
    async (error: unknown) => {
      throw await lockErrorOf(path, error);
    },
  );
  // One that was held for longer than a write waits is not given up during the next one either.
  await checkReplaceable(target);
  if (holder && Date.now() - Date.parse(holder.since) > LOCK_WAIT_MS) throw new LockedError(path, holder);
  const content = await parsed(format, (await readText(target)) ?? '');
  change(content);
  content.pieces();
}

async function lockErrorOf(path: string, error: unknown): Promise<unknown> {
  const facts = await stat(path).catch(() => undefined);
  return facts === undefined || facts.isFile() ? error : new LockPathError(path);
}

/** Something that is not a file is where the lock must be. */
export class LockPathError extends Error {}

/** The file was replaced, so the secrets are stored: an error would revoke them, although the old ones are overwritten. */
function unlessReplaced(error: unknown): undefined {
  if (!(error instanceof NotSyncedError)) throw error;
  return undefined;
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
