/** What each kind of state can do: keep a log with snapshots, and a lock. */
import type { LockHolder } from '../files/lock-file.ts';
import type { Hint, UserError } from '../model/user-error.ts';

/** A state as it is kept: the newest snapshot, and the changes after it. */
export interface StoredState {
  /** The text of the newest snapshot; absent when the log is whole. */
  readonly snapshot?: string;
  /** The texts of the changes after it, one JSON object each, in the order of their serials. */
  readonly changes: readonly string[];
}

/** A change to keep. */
export interface AppendedChange {
  /** Of the state after it. */
  readonly serial: number;
  /** JSON on one line, without the end of the line. */
  readonly text: string;
  /** The whole state after it, in pieces. */
  snapshot(): Iterable<string>;
  /** The version of the format that the kept state has, where it must be kept as a whole in the current one. */
  readonly migratedFrom?: number;
  /** The serial of the change before it, where that is not the one before its own: the state comes from elsewhere. 0: none. */
  readonly after?: number;
}

/** Who takes a lock. */
export interface LockRequest {
  readonly command: string;
  /** The user, or the URL of the job that runs the command. */
  readonly who: string;
  /** How long to wait for another run, in milliseconds; 0: not at all. */
  readonly waitMs: number;
  readonly warn: (message: string) => void;
  /** Takes a remark when another run is waited for. */
  readonly note?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** A held lock. */
export interface StateLock {
  /** Keeps the state as a snapshot that people can read, then frees the lock if it is still held. May be called twice. */
  release(): Promise<void>;
}

/** Where a state is kept. Each kind is one file in `kinds/`, and one line in `catalog.ts`. One run uses one object. */
export interface StateBackend {
  /** How output names the state: a path or a URL. */
  readonly name: string;
  /** The state's file; absent where it is no file. */
  readonly file?: string;
  /** Reads the state; undefined: there is none yet. @throws UserError STATE_INVALID, STATE_UNREACHABLE */
  read(): Promise<StoredState | undefined>;
  /**
   * Keeps a change, which is durable when this resolves, or throws: then nothing more may be done. Of two writers, only one
   * can take a serial. A first change, or one after an error of the storage, may be kept as the whole state.
   *
   * @throws UserError STATE_UNWRITABLE; STATE_LOST when another run has written the state or broken the lock
   */
  append(change: AppendedChange): Promise<void>;
  /**
   * Keeps the last change, which says where the state was moved to: no other run can write any more. A file is renamed.
   *
   * @throws as `append`
   */
  leave(change: AppendedChange): Promise<void>;
  /** Checks that no other run has written the state or broken the lock since. Costs little where this was just seen. @throws UserError STATE_LOST, STATE_UNREACHABLE */
  confirm(): Promise<void>;
  /** Keeps what was appended as a snapshot. Nothing is lost when that fails: the log has it all. */
  settle(): Promise<void>;
  /** @throws UserError STATE_LOCKED, INTERRUPTED, STATE_UNWRITABLE, STATE_UNREACHABLE */
  lock(request: LockRequest): Promise<StateLock>;
  /** How often to ask for its holder while it is waited for, in milliseconds. */
  readonly pollMs: number;
  /** The run that holds the lock, unless it has certainly ended. @throws UserError STATE_UNREACHABLE */
  holder(): Promise<LockHolder | undefined>;
  /** The error of `lock` as it would be now, without waiting; undefined: it would succeed. @throws UserError STATE_UNREACHABLE, FILE_UNWRITABLE */
  refusal(): Promise<UserError | undefined>;
  /** The error that names the holder of the lock. */
  locked(holder: LockHolder | undefined): UserError;
  /**
   * Removes a lock that a run left behind. Calls `ask` when it is unknown whether the holder has ended.
   *
   * @returns What was done, as a message.
   * @throws UserError STATE_LOCKED when the holder is running; what `ask` throws.
   */
  unlock(ask: (question: string) => Promise<void>): Promise<string>;
  /** The fix for a state whose text is damaged. */
  restoreHint(text: string): Promise<Hint>;
}
