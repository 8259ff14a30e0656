/** An opened state: the state in memory, and the writes that make it durable. */
import { randomUUID } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { defined } from '../model/defined.ts';
import type { State, StateAccount } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import type { AppendedChange, StateBackend } from './backend.ts';
import type { StateOf } from './foreign-state.ts';
import { type ReadState, readState } from './read-state.ts';
import { changeBetween, type Touched, wholeChange } from './state-change.ts';
import { statePieces } from './state-document.ts';

/** How to open a state. */
export interface StateOptions {
  /** Whether the organization is the embedded sandbox, whose state is never mixed with MotherDuck's. */
  readonly sandbox?: boolean;
  /** The id of a sandbox's organization. */
  readonly sandboxId?: string;
  /** The folder of a sandbox. */
  readonly sandboxFolder?: string;
  /** The path of the configuration's main file. */
  readonly configuration?: string;
}

/**
 * Opens the state of an organization. Where there is none, it is empty, and the first update writes it.
 *
 * @throws UserError STATE_NEWER, STATE_FOREIGN or STATE_INVALID.
 */
export async function openState(
  backend: StateBackend,
  organization: string,
  options: StateOptions = {},
): Promise<OpenedState> {
  const { sandbox = false, sandboxId, sandboxFolder, configuration } = options;
  const of = {
    organization,
    sandbox,
    ...defined({ organization_id: sandboxId }),
    ...(configuration === undefined ? {} : { configuration: basename(configuration) }),
  };
  const folder = dirname(configuration ?? backend.file ?? '.');
  const where = { folder, ...defined({ sandboxFolder }) };
  return new OpenedState(backend, of, await readState(backend, { ...of, ...where }));
}

/**
 * Opens a state of any organization, to show it or to remove an entry.
 *
 * @param instead What to do where there is none; by default, to name another one or to apply.
 * @throws UserError STATE_NEWER, or STATE_INVALID, also when there is none.
 */
export async function openAnyState(backend: StateBackend, instead?: string): Promise<OpenedState> {
  const read = await readState(backend);
  if (read === undefined) {
    const message = `there is no state at ${backend.name}`;
    const other = instead === undefined ? undefined : { text: instead };
    throw new UserError(
      'STATE_INVALID',
      message,
      other ?? {
        text: 'To use another state, name it with --state FILE, or its configuration with --config FILE. The first apply creates a state.',
        command: ['apply'],
      },
    );
  }
  return new OpenedState(backend, read.state, read);
}

/**
 * A state whose updates resolve when the change is durable.
 *
 * Writes are gathered: updates during one write go out together with the next, as one change.
 */
export class OpenedState {
  readonly name: string;
  /** The state's file; absent where it is no file. */
  readonly file?: string;
  /** The state as it was read, which may lack what the configuration says of it; absent: there was none. */
  readonly kept?: State;
  #state: State;
  /** The state as it is kept; another object than `#state` while changes are not written. */
  #durable: State;
  /** The accounts that may differ between the two. */
  #touched: Set<string> | 'all' = new Set();
  #migratedFrom: number | undefined;
  /** The last write that was begun or scheduled; never rejects. */
  #last: Promise<void> = Promise.resolve();
  /** The scheduled write that will include new updates; not begun. */
  #scheduled: Promise<void> | undefined;
  /** The write without an answer, which may have been kept nevertheless. */
  #unsure: Write | undefined;
  readonly #backend: StateBackend;
  readonly #writer = randomUUID();

  /** Use `openState`. */
  constructor(backend: StateBackend, of: StateOf, read: ReadState | undefined) {
    this.name = backend.name;
    if (backend.file !== undefined) this.file = backend.file;
    this.#backend = backend;
    this.#migratedFrom = read?.migratedFrom;
    if (read !== undefined) this.kept = read.state;
    const {
      lineage = randomUUID(),
      serial = 0,
      runs = [],
      accounts = new Map<string, StateAccount>(),
    } = read?.state ?? {};
    this.#state = { ...read?.state, ...of, lineage, serial, runs, accounts };
    this.#durable = this.#state;
  }

  /** The current state: an immutable snapshot. Its serial is that of the last write. */
  get state(): State {
    return this.#state;
  }

  /** The state as it is kept. */
  get durable(): State {
    return this.#durable;
  }

  /**
   * Applies a change, which returns a new state or the given one, and writes it.
   *
   * @param account The key of the only account that it changes; undefined: it may change any, and all are compared.
   * @throws UserError STATE_UNWRITABLE; the change stays in memory, and the next update tries to write it again.
   */
  async update(change: (state: State) => State, account?: string): Promise<void> {
    this.note(change, account);
    await this.#save();
  }

  /** Applies a change in memory; the next `update` or `close` writes it. For changes that the next plan would repeat. */
  note(change: (state: State) => State, account?: string): void {
    const before = this.#state;
    this.#state = change(before);
    if (this.#state === before) return;
    if (account === undefined) this.#touched = 'all';
    else if (this.#touched !== 'all') this.#touched.add(account);
  }

  /** Checks that no other run has written the state since. @throws UserError STATE_LOST, STATE_UNREACHABLE */
  confirm(): Promise<void> {
    return this.#backend.confirm();
  }

  /**
   * Waits for the last write, writes what is not kept yet, and leaves the state as people can read it.
   *
   * @throws UserError STATE_UNWRITABLE
   */
  async close(): Promise<void> {
    try {
      await this.#last;
      await this.#save();
    } finally {
      await this.#backend.settle();
    }
  }

  async #save(): Promise<void> {
    if (this.#state === this.#durable) return;
    if (this.#scheduled === undefined) {
      this.#scheduled = this.#last.then(async () => {
        this.#scheduled = undefined;
        await this.#write();
      });
      this.#last = this.#scheduled.catch(() => undefined);
    }
    await this.#scheduled;
  }

  async #write(): Promise<void> {
    // The same text again: where it was kept, another one would look like a write of another run.
    if (this.#unsure !== undefined) await this.#append(this.#unsure);
    // An earlier write may have included everything.
    if (this.#state === this.#durable) return;
    const written: State = { ...this.#state, serial: this.#durable.serial + 1 };
    const touched = this.#touched;
    const migratedFrom = this.#migratedFrom;
    const text = JSON.stringify(
      migratedFrom === undefined
        ? changeBetween(this.#durable, written, touched, this.#writer)
        : wholeChange(written, this.#writer),
    );
    const change = { serial: written.serial, text, snapshot: () => statePieces(written), ...defined({ migratedFrom }) };
    const write = { before: this.#state, written, change };
    this.#touched = new Set();
    try {
      await this.#append(write);
    } catch (error) {
      this.#touched = union(touched, this.#touched);
      if (error instanceof UserError && error.code === 'STATE_UNREACHABLE') this.#unsure = write;
      throw error;
    }
  }

  async #append({ before, written, change }: Write): Promise<void> {
    await this.#backend.append(change);
    this.#unsure = undefined;
    this.#migratedFrom = undefined;
    this.#durable = written;
    this.#state = this.#state === before ? written : { ...this.#state, serial: written.serial };
  }
}

/** One write: the state in memory when it began, and as it is kept. */
interface Write {
  readonly before: State;
  readonly written: State;
  readonly change: AppendedChange;
}

function union(some: Touched, more: Touched): Set<string> | 'all' {
  return some === 'all' || more === 'all' ? 'all' : new Set([...some, ...more]);
}
