/**
 * A state in a file: the snapshot as JSON that people can read, then one line for each change since. It is complete at every
 * moment, so that it can be committed after a run that was killed; a run that ends leaves the snapshot alone.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { identityAt, identityOf, NotSyncedError, writeFileAtomic } from '../../../files/atomic-write.ts';
import { writableTarget } from '../../../files/links.ts';
import { LOCK_POLL_MS, lockIdentity } from '../../../files/lock.ts';
import { STATE_LIMITS } from '../../../model/state.ts';
import { type Hint, UserError } from '../../../model/user-error.ts';
import type { AppendedChange, LockRequest, StateBackend, StateLock, StoredState } from '../../backend.ts';
import { piecesWithin } from '../../state-size.ts';
import { changedOutside, lockBroken, type ReadFile, restoreHint, unwritable, writtenByOther } from './errors.ts';
import { fileHolder, fileLocked, fileRefusal, lockFileOf, lockState, unlockState } from './lock.ts';
import { leftFile, readStateText, storedIn, storedLeft } from './text.ts';

/** The log of a small state may be this long before it is replaced by a snapshot; bytes. */
const LOG_LEAST = 1024 * 1024;

/** A state file. One object serves one run: it remembers what it read. @param mostBytes The largest size of the file. */
export function fileBackend(path: string, mostBytes: number = STATE_LIMITS.bytes): StateBackend {
  return new FileBackend(path, mostBytes);
}

/** The file as this run wrote it: open to append to, with its size and that of its snapshot in bytes. */
interface Log {
  readonly file: FileHandle;
  readonly size: number;
  readonly snapshotSize: number;
}

/** The file as it was read, until the first write has checked that it is unchanged. Without its text, which may be megabytes. */
interface Opened extends ReadFile {
  /** Undefined: the digest alone tells. */
  readonly stamp: string | undefined;
}

class FileBackend implements StateBackend {
  readonly name: string;
  readonly file: string;
  readonly pollMs = LOCK_POLL_MS;
  readonly #mostBytes: number;
  /** Undefined: it was checked. */
  #opened: Opened | undefined = { digest: undefined, stamp: undefined, lineage: undefined };
  /** The lock when the state was read: its file, what tells it from another file, and its text. */
  #lock: { readonly path: string; identity: string | undefined; readonly text: string | undefined } | undefined;
  /** Undefined: the next write replaces the file. */
  #log: Log | undefined;
  /** The identity of the file that was written last. */
  #identity: string | undefined;
  /** The last change that was kept. */
  #last: AppendedChange | undefined;
  /** Whether changes follow the snapshot in the file. */
  #hasChanges = false;
  /** Why nothing more is written. */
  #lost: UserError | undefined;
  /** The last write or check, which the next one waits for. */
  #turn: Promise<void> = Promise.resolve();

  constructor(path: string, mostBytes: number) {
    this.#mostBytes = mostBytes;
    this.name = path;
    this.file = path;
  }

  async read(): Promise<StoredState | undefined> {
    const path = await lockFileOf(this.file);
    this.#lock = { path, identity: identityAt(path), text: await lockIdentity(path) };
    const stamp = stampAt(this.file);
    const text = await this.#read();
    this.#opened = { stamp, digest: digestOf(text), lineage: /"lineage":\s*("[^"]+")/.exec(text ?? '')?.[1] };
    return text === undefined ? storedLeft(this.file) : storedIn(text);
  }

  append(change: AppendedChange): Promise<void> {
    return this.#inTurn(() => this.#append(change));
  }

  /** While a line is added, the file is not the one of before, nor yet that of after. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #append(change: AppendedChange): Promise<void> {
    try {
      await this.#refuseIfLost();
      await this.#checkFirstWrite(change.migratedFrom);
      const log = this.#log;
      const line = Buffer.from(`${change.text}\n`);
      if (log === undefined || isTooLong(log) || log.size + line.length > this.#mostBytes)
        await this.#writeWhole(change);
      else await this.#appendLine(log, line);
    } catch (error) {
      throw error instanceof UserError ? error : unwritable(this.file, error);
    }
    this.#last = change;
  }

  async leave(change: AppendedChange): Promise<void> {
    try {
      await this.#refuseIfLost();
      await this.#checkFirstWrite(undefined);
      await writeFileAtomic(leftFile(this.file), this.#within([...change.snapshot(), `${change.text}\n`]), {
        mode: 0o666,
      });
      await rm(await writableTarget(this.file));
    } catch (error) {
      throw error instanceof UserError ? error : unwritable(this.file, error);
    }
  }

  confirm(): Promise<void> {
    return this.#inTurn(() => this.#refuseIfLost());
  }

  async settle(): Promise<void> {
    const last = this.#last;
    try {
      if (last === undefined || !this.#hasChanges || this.#lost !== undefined) return;
      await this.#refuseIfLost();
      await this.#writeWhole(last);
    } catch {
      // The log has it all; the next run writes the snapshot.
    } finally {
      await this.#closeLog();
    }
  }

  async lock(request: LockRequest): Promise<StateLock> {
    const lock = await lockState(this.file, request);
    return {
      release: async () => {
        await this.settle();
        await lock.release();
      },
    };
  }

  holder() {
    return fileHolder(this.file);
  }

  refusal() {
    return fileRefusal(this.file);
  }

  locked(holder: Parameters<StateBackend['locked']>[0]): UserError {
    return fileLocked(this.file, holder);
  }

  unlock(ask: (question: string) => Promise<void>): Promise<string> {
    return unlockState(this.file, ask);
  }

  restoreHint(text: string): Promise<Hint> {
    return restoreHint(this.file, text);
  }

  /** Replaces the file by the whole state. */
  async #writeWhole(change: AppendedChange): Promise<void> {
    await this.#closeLog();
    try {
      this.#identity = await writeFileAtomic(this.file, this.#within(change.snapshot()), {
        mode: 0o666,
        keepMode: true,
      });
    } catch (error) {
      // The file was replaced; the next write replaces it again.
      if (error instanceof NotSyncedError) this.#identity = error.identity;
      throw error;
    }
    this.#hasChanges = false;
    const file = await open(await writableTarget(this.file), 'a');
    const facts = await file.stat({ bigint: true });
    const size = Number(facts.size);
    if (identityOf(facts) === this.#identity) this.#log = { file, size, snapshotSize: size };
    else await file.close();
  }

  /** Adds a line to the file. After a failure, which may leave half of it, the next write replaces the file. */
  async #appendLine(log: Log, line: Buffer): Promise<void> {
    this.#hasChanges = true;
    const size = log.size + line.length;
    try {
      await log.file.appendFile(line);
      await log.file.datasync();
    } catch (error) {
      await log.file.truncate(log.size).catch(() => undefined);
      this.#identity = identityOf(await log.file.stat({ bigint: true }));
      await this.#closeLog();
      throw error;
    }
    const now = await log.file.stat({ bigint: true });
    this.#identity = identityOf(now);
    this.#log = { ...log, size };
    // Between the check before and the end of the write, another run may have written, or taken the lock and read the file.
    if (now.size !== BigInt(size)) throw this.#loseTo(writtenByOther(this.file));
    await this.#refuseIfLost();
  }

  /** @throws UserError STATE_UNWRITABLE, at the piece with which the file is too large */
  #within(pieces: Iterable<string>): Iterable<string> {
    return piecesWithin(pieces, this.#mostBytes, this.file);
  }

  #read(): Promise<string | undefined> {
    return readStateText(this.file, this.#mostBytes);
  }

  async #closeLog(): Promise<void> {
    const log = this.#log;
    this.#log = undefined;
    await log?.file.close();
  }

  #loseTo(why: UserError): UserError {
    this.#lost = why;
    return why;
  }

  /** Refuses to write without the lock, or over what another run has written since the last write. */
  async #refuseIfLost(): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost;
    if (!(await this.#isOwnLock())) throw this.#loseTo(lockBroken(this.file));
    if (!(await this.#isOwnFile())) throw this.#loseTo(writtenByOther(this.file));
  }

  async #isOwnLock(): Promise<boolean> {
    const lock = this.#lock;
    if (lock === undefined) return true;
    const identity = identityAt(lock.path);
    if (identity === lock.identity) return true;
    if (lock.text === undefined || (await lockIdentity(lock.path)) !== lock.text) return false;
    lock.identity = identity;
    return true;
  }

  /** By the file's identity, and by its text where that changed: a copy put back, or a file system that gives new numbers. */
  async #isOwnFile(): Promise<boolean> {
    if (this.#identity === undefined) return true;
    const identity = identityAt(this.file);
    if (identity === this.#identity) return true;
    await this.#closeLog();
    // A file that is gone has nothing that a write could overwrite.
    if (identity === undefined) return true;
    const last = this.#last;
    if (this.#hasChanges || last === undefined) return false;
    if (digestOf(await this.#read()) !== digestOf(last.snapshot())) return false;
    this.#identity = identity;
    return true;
  }

  /** Before the first write: refuses to overwrite a file that was edited or pulled since it was read, and backs up one of an older version. */
  async #checkFirstWrite(migratedFrom: number | undefined): Promise<void> {
    const opened = this.#opened;
    if (opened === undefined) return;
    const isSame = opened.stamp !== undefined && stampAt(this.file) === opened.stamp;
    if (migratedFrom !== undefined || !isSame) {
      const now = await this.#read();
      if (digestOf(now) !== opened.digest) throw changedOutside(this.file, opened, now);
      if (migratedFrom !== undefined && now !== undefined) {
        await writeFileAtomic(`${this.file}.v${migratedFrom}.backup`, now, { mode: 0o666 });
      }
    }
    this.#opened = undefined;
  }
}

/** Within the ticks of a file system's clock, a second edit leaves the times as they are. */
const TICKS_MS = 3000;

/**
 * Tells a file from one that was edited since, also in place and with its time set back. Undefined where it may not: there is no
 * file, or one that was written a moment ago.
 */
function stampAt(path: string): string | undefined {
  const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (facts === undefined || Math.abs(Date.now() - Number(facts.ctimeNs / 1_000_000n)) < TICKS_MS) return undefined;
  return `${identityOf(facts)} ${facts.ctimeNs}`;
}

/** Tells a text, or its pieces, from any other; undefined for none. */
function digestOf(text: string | Iterable<string> | undefined): string | undefined {
  if (text === undefined) return undefined;
  const hash = createHash('sha256');
  for (const piece of typeof text === 'string' ? [text] : text) hash.update(piece);
  return hash.digest('hex');
}

/** Reading a log costs its size, so it is replaced once it is longer than its snapshot. */
function isTooLong({ size, snapshotSize }: Log): boolean {
  return size - snapshotSize > Math.max(snapshotSize, LOG_LEAST);
}
