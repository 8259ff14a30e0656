/**
 * A state in a storage service: `log/<serial>.json` for each change, each created only if it does not exist yet, so that a
 * serial is taken once; `snapshots/<serial>.json` from time to time; `lock.json` during a run.
 *
 * Objects of the log are never removed. A run that was suspended and goes on finds its next serial taken, however late it is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AFTER_OTHER_RUNS } from '../model/hints.ts';
import { STATE_LIMITS } from '../model/state.ts';
import { type Hint, UserError } from '../model/user-error.ts';
import type { AppendedChange, LockRequest, StateBackend, StateLock, StoredState } from './backend.ts';
import { OBJECT_LOCK_POLL_MS, ObjectLock } from './object-lock.ts';
import { createOnce, type ObjectStore, sure, UnsureError } from './object-store.ts';
import { piecesWithin } from './state-size.ts';

/** A log that is longer is followed by a snapshot when the run ends. */
const LOG_CHANGES = 20;
/** A run that makes more changes than this writes a snapshot on its way, once they are longer than the last one. */
const LOG_LARGE = 1000;
const SNAPSHOTS_KEPT = 3;
/** How long a state that was seen to be the newest is taken for that. */
const CONFIRMED_MS = 30_000;
/** How many objects of the log are read at the same time. */
const READ_AHEAD = 16;
/** How often objects are read again where one is not found that must be there. */
const REREADS = 3;
const DIGITS = 13;

/** The state in a folder of a storage service. One object serves one run. @param mostBytes The largest size of an object. */
export function objectBackend(store: ObjectStore, mostBytes: number = STATE_LIMITS.bytes): StateBackend {
  return new ObjectBackend(store, mostBytes);
}

class ObjectBackend implements StateBackend {
  readonly name: string;
  readonly pollMs = OBJECT_LOCK_POLL_MS;
  readonly #store: ObjectStore;
  readonly #mostBytes: number;
  readonly #lock: ObjectLock;
  /** The changes since the newest snapshot: how many, and their length. */
  #log = { changes: 0, length: 0 };
  #snapshotLength = 0;
  /** The last change that was kept. */
  #last: AppendedChange | undefined;
  /** The change that was sent last, and when at first: it may have been kept without an answer. */
  #sent: { readonly text: string; readonly serial: number; readonly began: number } | undefined;
  /** Why nothing more is written. */
  #lost: UserError | undefined;
  /** The serial of the state as this run knows it, and when it was seen to be the newest, on the clock of this machine. */
  #newest = { serial: 0, seenAt: 0 };
  /** The append in flight; never rejects. */
  #appending: Promise<void> | undefined;

  constructor(store: ObjectStore, mostBytes: number) {
    this.#mostBytes = mostBytes;
    this.name = store.name;
    this.#store = store;
    this.#lock = new ObjectLock(store);
  }

  async read(): Promise<StoredState | undefined> {
    const began = Date.now();
    const newest = await sure(() => this.#newestSnapshot(), this.name);
    const changes = await sure(() => this.#changesAfter(newest?.serial ?? 0), this.name);
    if (newest === undefined && changes.length === 0) return undefined;
    this.#log = { changes: changes.length, length: changes.reduce((sum, { length }) => sum + length, 0) };
    this.#snapshotLength = newest?.text.length ?? 0;
    this.#saw(serialIn(changes.at(-1) ?? '') || (newest?.serial ?? 0), began);
    return { ...(newest ? { snapshot: newest.text } : {}), changes };
  }

  append(change: AppendedChange): Promise<void> {
    const appending = this.#append(change);
    this.#appending = appending.catch(() => undefined);
    return appending;
  }

  async #append(change: AppendedChange): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost;
    const text = this.#within([change.text]);
    const next = (change.after ?? change.serial - 1) + 1;
    // A change that is sent again was perhaps kept the first time, and another run may have written since then.
    const { began } = this.#sent?.text === change.text ? this.#sent : { began: Date.now() };
    this.#sent = { text: change.text, serial: change.serial, began };
    if (!(await createOnce(this.#store, logKey(next), text))) {
      this.#lost = takenByOther(this.name, change.serial);
      throw this.#lost;
    }
    this.#last = change;
    this.#saw(change.serial, began);
    this.#log = { changes: this.#log.changes + 1, length: this.#log.length + change.text.length };
    if (this.#log.changes > LOG_LARGE && this.#log.length > this.#snapshotLength) await this.#writeSnapshot(change);
  }

  leave(change: AppendedChange): Promise<void> {
    return this.append(change);
  }

  async confirm(): Promise<void> {
    // Again where the run was suspended while it waited for the answer.
    for (;;) {
      const { serial, seenAt } = this.#newest;
      if (this.#lost !== undefined) throw this.#lost;
      const began = Date.now();
      // Not the monotonic clock, which stops while the machine sleeps.
      if (Math.abs(began - seenAt) < CONFIRMED_MS) return;
      const next = await sure(() => this.#store.get(logKey(serial + 1)), this.name);
      // It may be this run's, whose answer is on its way.
      await this.#appending;
      if (this.#newest.serial !== serial) continue;
      if (next === undefined) this.#saw(serial, began);
      else if (next.text === this.#sent?.text) this.#saw(this.#sent.serial, this.#sent.began);
      else this.#lost ??= takenByOther(this.name, serial + 1);
    }
  }

  /** @param began When the request began: what was the newest then may be old when its answer is read. */
  #saw(serial: number, began: number): void {
    this.#newest = { serial, seenAt: began };
  }

  async settle(): Promise<void> {
    const last = this.#last;
    if (last !== undefined && this.#lost === undefined && this.#log.changes > LOG_CHANGES)
      await this.#writeSnapshot(last);
  }

  async lock(request: LockRequest): Promise<StateLock> {
    await this.#lock.acquire(request);
    return {
      release: async () => {
        await this.settle();
        await this.#lock.release();
        await this.#store.close();
      },
    };
  }

  holder() {
    return this.#lock.holder();
  }

  refusal() {
    return this.#lock.refusal();
  }

  locked(holder: Parameters<StateBackend['locked']>[0]): UserError {
    return this.#lock.locked(holder);
  }

  unlock(ask: (question: string) => Promise<void>): Promise<string> {
    return this.#lock.unlock(ask);
  }

  async restoreHint(): Promise<Hint> {
    return {
      text: `Someone changed objects below ${this.name}. Restore them from ${versionsOf(this.#store)}, or look at them and remove what is wrong.`,
    };
  }

  async #newestSnapshot(): Promise<{ readonly serial: number; readonly text: string } | undefined> {
    for (let attempt = 1; ; attempt++) {
      const serials = serialsOf(await this.#store.list('snapshots/'));
      const serial = Math.max(...serials);
      if (serials.length === 0) return undefined;
      const found = await this.#store.get(snapshotKey(serial));
      if (found !== undefined) return { serial, text: found.text };
      // Usually a run has removed it meanwhile, since there are newer ones.
      if (attempt > REREADS) throw missing(this.#store, snapshotKey(serial));
      await sleep(100);
    }
  }

  /** The changes after a serial. Several objects are read at a time, up to the first that does not exist. */
  async #changesAfter(serial: number): Promise<string[]> {
    const changes: string[] = [];
    let gaps = 0;
    for (let next = serial + 1; ; ) {
      const keys = Array.from({ length: changes.length === 0 ? 2 : READ_AHEAD }, (_, n) => logKey(next + n));
      const found = await Promise.all(keys.map((key) => this.#store.get(key)));
      const end = found.indexOf(undefined);
      const texts = (end === -1 ? found : found.slice(0, end)).flatMap((each) => (each ? [each.text] : []));
      // A whole state may have a higher serial than its place in the log, and what follows it has higher ones too.
      const jump = texts.findIndex((text, n) => serialIn(text) > next + n);
      if (jump !== -1) {
        changes.push(...texts.slice(0, jump + 1));
        next = serialIn(texts[jump] ?? '') + 1;
        continue;
      }
      if (end === keys.length - 1) found.push(await this.#store.get(logKey(next + keys.length)));
      // Another run may be writing them at this moment.
      if (end !== -1 && found.slice(end).some((each) => each !== undefined)) {
        if (++gaps > REREADS) throw missing(this.#store, logKey(next + end));
        await sleep(100);
        continue;
      }
      gaps = 0;
      changes.push(...texts);
      if (end !== -1) return changes;
      next += texts.length;
    }
  }

  /** @throws UserError STATE_UNWRITABLE */
  #within(pieces: Iterable<string>): string {
    return [...piecesWithin(pieces, this.#mostBytes, this.name)].join('');
  }

  /** Best effort: the log has it all. */
  async #writeSnapshot(change: AppendedChange): Promise<void> {
    try {
      const text = this.#within(change.snapshot());
      await createOnce(this.#store, snapshotKey(change.serial), text);
      this.#log = { changes: 0, length: 0 };
      this.#snapshotLength = text.length;
      const old = serialsOf(await this.#store.list('snapshots/')).sort((a, b) => a - b);
      for (const serial of old.slice(0, -SNAPSHOTS_KEPT)) await this.#store.remove(snapshotKey(serial));
    } catch (error) {
      if (!(error instanceof UnsureError || error instanceof UserError)) throw error;
    }
  }
}

const logKey = (serial: number) => `log/${String(serial).padStart(DIGITS, '0')}.json`;
const snapshotKey = (serial: number) => `snapshots/${String(serial).padStart(DIGITS, '0')}.json`;

function serialsOf(keys: readonly string[]): number[] {
  return keys.flatMap((key) => {
    const digits = /\/(\d{13})\.json$/.exec(key)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}

function serialIn(text: string): number {
  return Number(/^\{"serial":(\d+),/.exec(text)?.[1] ?? 0);
}

/** @param key of an object that must be there: it is listed, or later changes are there */
function missing(store: ObjectStore, key: string): UserError {
  return new UserError(
    'STATE_INVALID',
    `${store.name} has lost ${key}, which later changes need`,
    `Restore it from ${versionsOf(store)}.`,
  );
}

function versionsOf({ versions = 'the versions of the bucket' }: ObjectStore): string {
  return versions;
}

function takenByOther(name: string, serial: number): UserError {
  return new UserError(
    'STATE_LOST',
    `another run has written the state ${name} (serial ${serial}) since this run began, so nothing more was done`,
    AFTER_OTHER_RUNS,
  );
}
