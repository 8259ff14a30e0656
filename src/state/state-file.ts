import { randomUUID } from 'node:crypto';
import { writeFileAtomic } from '../files/atomic-write.ts';
import { codeOf } from '../files/system-errors.ts';
import { Utf8Buffer, WriteThrottle } from '../files/write-throttle.ts';
import type { State } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { MIGRATIONS, type Migrations } from './migrate.ts';
import { type ReadState, readState, readStateText, type StateOf } from './read-state.ts';
import { statePieces } from './state-document.ts';

export interface StateOptions {
  /** The organization is the embedded sandbox, whose state is never mixed with one of MotherDuck's. */
  readonly sandbox?: boolean;
  /** For tests: other ways from old versions. */
  readonly migrations?: Migrations;
}

/**
 * Opens the state of an organization; where no file is yet, an empty one that the first update writes.
 *
 * @throws UserError STATE_NEWER, STATE_FOREIGN or STATE_INVALID.
 */
export async function openState(path: string, organization: string, options: StateOptions = {}): Promise<StateFile> {
  const { sandbox = false, migrations = MIGRATIONS } = options;
  return new StateFile(path, { organization, sandbox }, await readState(path, { organization, sandbox }, migrations));
}

/** Opens a state whosever it is, to look at it or to drop an entry. @throws UserError, also STATE_INVALID when there is none */
export async function openAnyState(path: string): Promise<StateFile> {
  const read = await readState(path, undefined, MIGRATIONS);
  if (read !== undefined) return new StateFile(path, read.state, read);
  const hint =
    'The first mdacc apply makes it. For another one, name its file with --state FILE, or the configuration with --config FILE.';
  throw new UserError('STATE_INVALID', `there is no state at ${path}`, hint);
}

/**
 * The state in memory and its file. Changes count in memory at once; their promises resolve when they are on disk. Hold
 * the state's lock (lock.ts) from before opening until after `close`.
 *
 * Writes are gathered: while one is on its way, the updates that come in meanwhile go out together with the next, so
 * that ten accounts at a time do not write a large file ten times.
 */
export class StateFile {
  readonly path: string;
  #state: State;
  /** What is on disk; another object than `#state` while something is not. */
  #durable: State;
  /** How the file stood when it was opened, until the first write has looked whether it still does. */
  #opened: ReadState | 'none' | 'seen';
  /** The last write that was begun or planned; never rejects. */
  #last: Promise<void> = Promise.resolve();
  readonly #bytes = new Utf8Buffer();
  readonly #throttle = new WriteThrottle();
  /** The write that updates gather for now: planned, not begun. */
  #gathering: Promise<void> | undefined;

  /** Use `openState`. */
  constructor(path: string, of: StateOf, read: ReadState | undefined) {
    this.path = path;
    this.#opened = read ?? 'none';
    this.#state = read?.state ?? {
      organization: of.organization,
      sandbox: of.sandbox,
      lineage: randomUUID(),
      serial: 0,
      runs: [],
      accounts: new Map(),
    };
    this.#durable = this.#state;
  }

  /** The current state: a snapshot that never changes. Its serial is that of the file. */
  get state(): State {
    return this.#state;
  }

  /**
   * Applies a change, which makes a new state of the current one or gives it back as it is.
   *
   * @throws UserError STATE_UNWRITABLE; the change stays in memory, and the next update tries to write it again.
   */
  async update(change: (state: State) => State): Promise<void> {
    this.#state = change(this.#state);
    await this.#save();
  }

  /** As `update`, for a change that loses nothing when it is lost: the next update takes it to the disk, or `close`. */
  note(change: (state: State) => State): void {
    this.#state = change(this.#state);
  }

  /**
   * Waits for the last write, and tries again to save what earlier ones could not.
   *
   * @throws UserError STATE_UNWRITABLE
   */
  async close(): Promise<void> {
    await this.#last;
    await this.#save();
  }

  async #save(): Promise<void> {
    if (this.#state === this.#durable) return;
    if (this.#gathering === undefined) {
      this.#gathering = this.#last.then(async () => {
        await this.#throttle.wait();
        this.#gathering = undefined;
        await this.#write();
      });
      this.#last = this.#gathering.catch(() => undefined);
    }
    await this.#gathering;
  }

  async #write(): Promise<void> {
    // An earlier write may have taken it along.
    if (this.#state === this.#durable) return;
    const before = this.#state;
    const written: State = { ...before, serial: this.#durable.serial + 1 };
    const started = performance.now();
    try {
      await this.#beforeFirstWrite();
      const bytes = this.#bytes.encode(statePieces(written));
      await writeFileAtomic(this.path, bytes, { mode: 0o666, keepMode: true });
      this.#throttle.wrote(started, bytes.length);
    } catch (error) {
      throw error instanceof UserError ? error : unwritable(this.path, error);
    }
    this.#durable = written;
    this.#state = this.#state === before ? written : { ...this.#state, serial: written.serial };
  }

  /** Someone may have edited or pulled the file between opening and now: that is not overwritten. */
  async #beforeFirstWrite(): Promise<void> {
    if (this.#opened === 'seen') return;
    const opened = this.#opened === 'none' ? undefined : this.#opened;
    const now = await readStateText(this.path);
    if (now !== opened?.text) throw moved(this.path, opened, now);
    if (opened?.migratedFrom !== undefined) {
      await writeFileAtomic(`${this.path}.v${opened.migratedFrom}.backup`, opened.text, { mode: 0o666 });
    }
    this.#opened = 'seen';
  }
}

function moved(path: string, opened: ReadState | undefined, now: string | undefined): UserError {
  const hint = 'Nothing was written over it. When the file is as it should be, run the command again.';
  const changed = opened !== undefined && (now === undefined || now.includes(opened.state.lineage));
  if (changed) {
    const what = now === undefined ? 'removed' : 'changed';
    return new UserError('STATE_INVALID', `${path} was ${what} by something else after it had been read.`, hint);
  }
  const before = opened === undefined ? 'there was none' : 'it was one of another lineage';
  return new UserError('STATE_FOREIGN', `${path} is another state now: when it was read, ${before}.`, hint);
}

function unwritable(path: string, error: unknown): UserError {
  const code = codeOf(error) ?? 'failed';
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  const mend = full
    ? `Make room on the disk of ${path}`
    : `Let this user write ${path} and its folder, which also takes a temporary file`;
  return new UserError(
    'STATE_UNWRITABLE',
    `${path} cannot be written: ${code}.`,
    `${mend}, then run the command again: what MotherDuck did meanwhile is found and taken in.`,
    { cause: error },
  );
}
