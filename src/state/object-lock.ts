/**
 * The lock of a state in a storage service: `lock.json`, created only if it does not exist. The holder renews
 * `lock-<id>.json` meanwhile, an object of its own, so that renewing needs no condition and cannot replace another's lock.
 */
import { randomUUID } from 'node:crypto';
import { holderFrom, type LockHolder } from '../files/lock-file.ts';
import { processStatus, thisProcess } from '../files/process.ts';
import { describeSpan, MINUTE_MS, monotonicMs } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import type { LockRequest } from './backend.ts';
import { createOnce, type ObjectStore, sure } from './object-store.ts';
import { describeHolder, sleepLocked, waitingFor } from './state-lock.ts';

const KEY = 'lock.json';
/** How often a held lock is looked at again, in milliseconds. */
export const OBJECT_LOCK_POLL_MS = 1000;
const RENEW_MS = MINUTE_MS;
const RELEASE_ATTEMPTS = 4;
/** A holder that has not renewed its lock for this long has ended, or can no longer reach the service. */
const SILENT_MS = 10 * MINUTE_MS;

/** The lock as it was read. */
interface Found {
  readonly text: string;
  readonly id: string;
  /** undefined: it is damaged. */
  readonly holder: LockHolder | undefined;
  /** How long ago it was renewed, in milliseconds by the service's clock. */
  readonly silentMs: number;
}

/** A lock that is an object of a storage service: who creates it holds the lock. */
export class ObjectLock {
  readonly #store: ObjectStore;
  #held: { readonly text: string; readonly id: string; readonly renewing: NodeJS.Timeout } | undefined;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** @throws UserError STATE_LOCKED, INTERRUPTED, STATE_UNREACHABLE */
  async acquire(request: LockRequest): Promise<void> {
    const { command, who } = request;
    const id = randomUUID();
    const text = JSON.stringify({ id, ...thisProcess(), command, who, since: new Date().toISOString() });
    try {
      await this.#create(text, request);
      await this.#refuseWithoutConditions(text);
    } catch (error) {
      await this.#abandon(id);
      throw error;
    }
    const renew = () => this.#store.put(heartbeat(id), text).catch(() => undefined);
    await renew();
    const renewing = setInterval(() => void renew(), RENEW_MS);
    renewing.unref();
    this.#held = { text, id, renewing };
  }

  /** Creates the lock, once no other run has it. */
  async #create(text: string, { waitMs, note, signal }: LockRequest): Promise<void> {
    const end = monotonicMs() + waitMs;
    let wasFreed = false;
    let isNoted = false;
    while (!(await createOnce(this.#store, KEY, text))) {
      const found = await this.#find();
      // Once: a service that lags behind can have the lock and not find it for long.
      if (found === undefined && !wasFreed) {
        wasFreed = true;
        continue;
      }
      const left = end - monotonicMs();
      if (left <= 0) throw this.#locked(found);
      if (!isNoted) note?.(waitingFor(this.#store.name, nameOf(found)));
      isNoted = true;
      await sleepLocked(Math.min(OBJECT_LOCK_POLL_MS, left), signal);
    }
  }

  /** Removes a lock of this run that it may have created without knowing. Best effort, and never another run's lock. */
  async #abandon(id: string): Promise<void> {
    const repeated = <T>(act: () => Promise<T>) => sure(act, this.#store.name, RELEASE_ATTEMPTS);
    try {
      const found = await repeated(() => this.#store.get(KEY));
      if (found !== undefined && parsed(found.text).id === id) await repeated(() => this.#store.remove(KEY));
    } catch {
      // The error that ended this run says that the service does not answer.
    }
  }

  /** Frees the lock, unless someone broke it. Best effort: a lock that stays is broken by `state unlock`. */
  async release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return;
    clearInterval(held.renewing);
    try {
      await this.#remove(held, RELEASE_ATTEMPTS);
    } catch {
      // Its holder has ended then.
    }
  }

  /** Who holds the lock, unless it has certainly ended or is silent. @throws UserError STATE_UNREACHABLE */
  async holder(): Promise<LockHolder | undefined> {
    const found = await this.#find();
    if (found?.holder === undefined || found.silentMs > SILENT_MS) return undefined;
    return processStatus(found.holder) === 'dead' ? undefined : found.holder;
  }

  /** Why no run can have the lock now; undefined when it is free. @throws UserError STATE_UNREACHABLE */
  async refusal(): Promise<UserError | undefined> {
    const found = await this.#find();
    return found && this.#locked(found);
  }

  locked(holder: LockHolder | undefined): UserError {
    return this.#locked({ holder, silentMs: 0 });
  }

  /** @param found undefined: the service says that there is a lock, and does not find it. */
  #locked(found: Pick<Found, 'holder' | 'silentMs'> | undefined): UserError {
    const { silentMs = 0 } = found ?? {};
    const silence =
      silentMs > SILENT_MS ? `, and was not renewed for ${describeSpan(Math.floor(silentMs / 1000))}` : '';
    return new UserError('STATE_LOCKED', `${this.#store.name} is locked by ${nameOf(found)}${silence}`, {
      text: 'Wait with --lock-timeout 5m. If that process has ended, remove the lock.',
      command: ['state', 'unlock'],
    });
  }

  /** @throws UserError STATE_LOCKED, STATE_UNREACHABLE; what `ask` throws */
  async unlock(ask: (question: string) => Promise<void>): Promise<string> {
    const found = await this.#find();
    if (found === undefined) return `${this.#store.name} is not locked.`;
    const { holder, silentMs } = found;
    const status = holder === undefined ? 'unknown' : processStatus(holder);
    if (status === 'alive' || (status === 'unknown' && silentMs < SILENT_MS)) {
      const since =
        status === 'alive' ? 'is running' : `renewed the lock ${describeSpan(Math.ceil(silentMs / 1000))} ago`;
      const message = `${this.#store.name} is locked by ${nameOf(found)}, which ${since}`;
      const text = `Wait until it ends, or stop it. A lock that is not renewed for ${SILENT_MS / MINUTE_MS} minutes can be removed.`;
      throw new UserError('STATE_LOCKED', message, text);
    }
    if (status === 'unknown') await ask(`The lock is held by ${nameOf(found)}. Has that process certainly ended?`);
    await this.#remove(found);
    return `Removed the lock of ${nameOf(found)}.`;
  }

  async #remove({ text, id }: { readonly text: string; readonly id: string }, attempts?: number): Promise<void> {
    const repeated = <T>(act: () => Promise<T>) => sure(act, this.#store.name, attempts);
    // Removed before the lock: if this process is killed in between, no other process would remove it.
    await repeated(() => this.#store.remove(heartbeat(id)));
    const found = await repeated(() => this.#store.get(KEY));
    if (found?.text === text) await repeated(() => this.#store.remove(KEY));
  }

  /** Some services accept a condition and ignore it: two runs would then both take a serial. */
  async #refuseWithoutConditions(text: string): Promise<void> {
    const other = `${text} `;
    const answer = await sure(() => this.#store.create(KEY, other), this.#store.name);
    const now = await sure(() => this.#store.get(KEY), this.#store.name);
    if (answer === 'exists' && now?.text === text) return;
    if (now?.text === other) await sure(() => this.#store.remove(KEY), this.#store.name);
    throw new UserError(
      'STATE_UNREACHABLE',
      `${this.#store.name} cannot keep a shared state: the service replaces an object that was to be created only if it does not exist (If-None-Match)`,
      'Use a service with conditional writes, a newer version of it, or another kind of state.',
    );
  }

  async #find(): Promise<Found | undefined> {
    const { name } = this.#store;
    const found = await sure(() => this.#store.get(KEY), name);
    if (found === undefined) return undefined;
    const { id, holder } = parsed(found.text);
    const renewed = await sure(() => this.#store.get(heartbeat(id)), name);
    const last = Math.max(found.modified, renewed?.modified ?? 0);
    return { text: found.text, id, holder, silentMs: Math.max(0, this.#store.now() - last) };
  }
}

const heartbeat = (id: string) => `lock-${id}.json`;

function parsed(text: string): { readonly id: string; readonly holder: LockHolder | undefined } {
  try {
    const json: unknown = JSON.parse(text);
    const id = typeof json === 'object' && json !== null && 'id' in json ? json.id : undefined;
    return { id: typeof id === 'string' && /^[0-9a-f-]{36}$/.test(id) ? id : 'unknown', holder: holderFrom(json) };
  } catch {
    return { id: 'unknown', holder: undefined };
  }
}

function nameOf(found: Pick<Found, 'holder'> | undefined): string {
  if (found === undefined) return 'an unknown process: lock.json exists, and cannot be read yet';
  return found.holder === undefined ? 'an unknown process: lock.json is damaged' : describeHolder(found.holder);
}
