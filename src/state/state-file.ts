import { randomUUID } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { fileIdentity, NotSyncedError, writeFileAtomic } from '../files/atomic-write.ts';
import { lockIdentity } from '../files/lock.ts';
import { codeOf } from '../files/system-errors.ts';
import { Utf8Buffer, WriteThrottle } from '../files/write-throttle.ts';
import type { State } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { MIGRATIONS, type Migrations } from './migrate.ts';
import { type ReadState, readState, readStateText, type StateOf } from './read-state.ts';
import { serializeState, statePieces } from './state-document.ts';
import { stateLockPath } from './state-lock.ts';

/** How to open a state. */
export interface StateOptions {
  /** Whether the organization is the embedded sandbox, whose state is never mixed with MotherDuck's. */
  readonly sandbox?: boolean;
  /** The id of a sandbox's organization. */
  readonly sandboxId?: string;
  /** The path of the configuration's main file. */
  readonly configuration?: string;
  /** For tests: other migrations. */
  readonly migrations?: Migrations;
}

/**
 * Opens the state of an organization. Without a file the state is empty, and the first update writes it.
 *
 * @throws UserError STATE_NEWER, STATE_FOREIGN or STATE_INVALID.
 */
export async function openState(path: string, organization: string, options: StateOptions = {}): Promise<StateFile> {
  const { sandbox = false, sandboxId, configuration, migrations = MIGRATIONS } = options;
  const of = {
    organization,
    sandbox,
    ...(sandboxId === undefined ? {} : { organization_id: sandboxId }),
    ...(configuration === undefined ? {} : { configuration: basename(configuration) }),
  };
  const read = await readState(path, { ...of, folder: dirname(configuration ?? path) }, migrations);
  return new StateFile(path, of, read, await heldLock(path));
}

/** Opens a state of any organization, to show it or to remove an entry. @throws UserError STATE_NEWER, or STATE_INVALID, also when there is no file. */
export async function openAnyState(path: string): Promise<StateFile> {
  const read = await readState(path, undefined, MIGRATIONS);
  if (read !== undefined) return new StateFile(path, read.state, read, await heldLock(path));
  const text =
    'To use another state, name it with --state FILE, or its configuration with --config FILE. The first apply creates a state.';
  throw new UserError('STATE_INVALID', `there is no state at ${path}`, { text, command: ['apply'] });
}

/**
 * The state in memory and its file. Changes are visible in memory at once; their promises resolve when they are on disk.
 * Hold the state's lock (state-lock.ts) from before opening until after `close`: when it is broken meanwhile, or the file is
 * not the one that was written last, nothing more is written, since another run may have written the state.
 *
 * Writes are batched: updates during one write go out together with the next, so that ten concurrent accounts do not
 * write a large file ten times.
 */
export class StateFile {
  readonly path: string;
  #state: State;
  /** The state on disk; another object than `#state` while changes are not written. */
  #durable: State;
  /** The file as it was read, until the first write has checked that it is unchanged. */
  #opened: ReadState | 'none' | 'checked';
  /** The identity of the file that was written last. */
  #written: string | undefined;
  /** Why nothing more is written. */
  #lost: UserError | undefined;
  /** The last write that was begun or scheduled; never rejects. */
  #last: Promise<void> = Promise.resolve();
  readonly #lock: HeldLock;
  readonly #bytes = new Utf8Buffer();
  readonly #throttle = new WriteThrottle();
  /** The scheduled write that will include new updates; not begun. */
  #scheduled: Promise<void> | undefined;

  /** Use `openState`. */
  constructor(path: string, of: StateOf, read: ReadState | undefined, lock: HeldLock) {
    this.path = path;
    this.#lock = lock;
    this.#opened = read ?? 'none';
    const { lineage = randomUUID(), serial = 0, runs = [], accounts = new Map() } = read?.state ?? {};
    this.#state = { ...read?.state, ...of, lineage, serial, runs, accounts };
    this.#durable = this.#state;
  }

  /** The current state: an immutable snapshot. Its serial is that of the file. */
  get state(): State {
    return this.#state;
  }

  /** The state on disk. */
  get durable(): State {
    return this.#durable;
  }

  /**
   * Applies a change, which returns a new state or the given one, and writes it.
   *
   * @throws UserError STATE_UNWRITABLE; the change stays in memory, and the next update tries to write it again.
   */
  async update(change: (state: State) => State): Promise<void> {
    this.#state = change(this.#state);
    await this.#save();
  }

  /** Applies a change in memory; the next `update` or `close` writes it. For changes that the next plan would repeat. */
  note(change: (state: State) => State): void {
    this.#state = change(this.#state);
  }

  /**
   * Waits for the last write, and writes what is not on disk yet.
   *
   * @throws UserError STATE_UNWRITABLE
   */
  async close(): Promise<void> {
    await this.#last;
    await this.#save();
  }

  async #save(): Promise<void> {
    if (this.#state === this.#durable) return;
    if (this.#scheduled === undefined) {
      this.#scheduled = this.#last.then(async () => {
        await this.#throttle.wait();
        this.#scheduled = undefined;
        await this.#write();
      });
      this.#last = this.#scheduled.catch(() => undefined);
    }
    await this.#scheduled;
  }

  async #write(): Promise<void> {
    // An earlier write may have included everything.
    if (this.#state === this.#durable) return;
    const before = this.#state;
    const written: State = { ...before, serial: this.#durable.serial + 1 };
    const started = performance.now();
    try {
      if (this.#lost !== undefined) throw this.#lost;
      await this.#checkOwn();
      await this.#beforeFirstWrite();
      const bytes = this.#bytes.encode(statePieces(written));
      this.#written = await writeFileAtomic(this.path, bytes, { mode: 0o666, keepMode: true });
      this.#throttle.wrote(started, bytes.length);
    } catch (error) {
      // The file was replaced; the next write replaces it again.
      if (error instanceof NotSyncedError) this.#written = error.identity;
      throw error instanceof UserError ? error : unwritable(this.path, error);
    }
    this.#durable = written;
    this.#state = this.#state === before ? written : { ...this.#state, serial: written.serial };
  }

  /** Refuses to write without the lock, or over what another run has written since the last write. */
  async #checkOwn(): Promise<void> {
    if ((await lockIdentity(this.#lock.path)) !== this.#lock.identity) this.#lost = lockBroken(this.path);
    else if (!(await this.#isOwnFile())) this.#lost = writtenByOther(this.path);
    if (this.#lost !== undefined) throw this.#lost;
  }

  /** By the file's identity, and by its text where that changed: a copy put back, or a file system that gives new numbers. */
  async #isOwnFile(): Promise<boolean> {
    if (this.#written === undefined) return true;
    const identity = await fileIdentity(this.path);
    // A file that is gone holds nothing that a write could replace.
    if (identity === this.#written || identity === undefined) return true;
    if ((await readStateText(this.path)) !== serializeState(this.#durable)) return false;
    this.#written = identity;
    return true;
  }

  /** Refuses to overwrite a file that was edited or pulled since it was opened; backs up one of an older version. */
  async #beforeFirstWrite(): Promise<void> {
    if (this.#opened === 'checked') return;
    const opened = this.#opened === 'none' ? undefined : this.#opened;
    const now = await readStateText(this.path);
    if (now !== opened?.text) throw changedOutside(this.path, opened, now);
    if (opened?.migratedFrom !== undefined) {
      await writeFileAtomic(`${this.path}.v${opened.migratedFrom}.backup`, opened.text, { mode: 0o666 });
    }
    this.#opened = 'checked';
  }
}

/** The lock as it was when the state was opened. */
interface HeldLock {
  readonly path: string;
  readonly identity: string | undefined;
}

async function heldLock(statePath: string): Promise<HeldLock> {
  const path = await stateLockPath(statePath);
  return { path, identity: await lockIdentity(path) };
}

function lockBroken(path: string): UserError {
  return new UserError(
    'STATE_UNWRITABLE',
    `the lock of ${path} was removed or replaced during this run, so another run may have written the state: nothing more was written.`,
    'Wait until other runs have ended, then run the command again: it finds and adopts what was created at MotherDuck.',
  );
}

function writtenByOther(path: string): UserError {
  return new UserError(
    'STATE_UNWRITABLE',
    `${path} was changed by another program during this run: nothing more was written, and what the other program wrote stays.`,
    'Check the file (git diff). Wait until other runs have ended, then run the command again: it finds and adopts what was created at MotherDuck.',
  );
}

function changedOutside(path: string, opened: ReadState | undefined, now: string | undefined): UserError {
  const hint = 'The file was not overwritten. Check it, then run the command again.';
  const isChanged = opened !== undefined && (now === undefined || now.includes(opened.state.lineage));
  if (isChanged) {
    const what = now === undefined ? 'removed' : 'changed';
    return new UserError('STATE_INVALID', `${path} was ${what} by another program after it was read.`, hint);
  }
  const before = opened === undefined ? 'there was no file' : 'the file had another lineage';
  return new UserError('STATE_FOREIGN', `${path} is now a different state: when it was read, ${before}.`, hint);
}

function unwritable(path: string, error: unknown): UserError {
  const code = codeOf(error) ?? 'failed';
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  const fix = full
    ? `Free space on the disk of ${path}`
    : `Give this user write access to ${path} and its folder, where a temporary file is created`;
  return new UserError(
    'STATE_UNWRITABLE',
    `${path} cannot be written: ${code}.`,
    `${fix}, then run the command again: it finds and adopts what was created at MotherDuck.`,
    { cause: error },
  );
}
