import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { writeFix } from '../files/system-errors.ts';
import { UserError } from '../model/user-error.ts';
import { type EventLog, type LoggedDecision, newIdentity } from './log.ts';
import { type Identity, OrganizationState, readEvent, type SandboxEvent } from './organization-state.ts';
import { SETTINGS_FILE } from './settings.ts';
import { underShortLock } from './short-lock.ts';

const FILE = 'organization.jsonl';
const LOCK = 'organization.lock';
const VERSION = 1;
const NEWLINE = 10;

/**
 * A log in a folder: a line with the organization's identity, then one line for each event. Processes share it: a writer
 * holds a lock and first reads all events; readers need no lock. A completed write survives `kill -9` but not a power cut,
 * since a sandbox needs no fsync. A last line without a newline was never acknowledged and is removed.
 */
export class FileLog implements EventLog {
  readonly state = new OrganizationState();
  readonly #folder: string;
  readonly #path: string;
  #file: number;
  #closed = false;
  /** How much of the log the state contains, in bytes and in lines. */
  #offset = 0;
  #lines = 0;
  /** The file's size and modification time at the last `catchUp`. */
  #seen = '';

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, FILE);
    this.#file = openLog(folder);
  }

  catchUp(): void {
    const { size, mtimeMs, nlink } = fstatSync(this.#file);
    const seen = `${size} ${mtimeMs}`;
    if (nlink > 0 && seen === this.#seen) return;
    if (nlink === 0) this.#reopen();
    this.#read();
    this.#seen = seen;
  }

  async write<T>(decide: () => LoggedDecision<T>): Promise<T> {
    return this.#locked(() => {
      this.#begin();
      const { events, result } = decide();
      if (events.length > 0) {
        this.#append(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
        this.#lines += events.length;
        for (const event of events) this.state.apply(event);
      }
      return result;
    });
  }

  /** Starts an empty organization, even if the log is damaged. */
  async clear(): Promise<void> {
    await this.#locked(() => {
      truncateSync(this.#path, 0);
      this.#offset = 0;
      this.#begin();
    });
  }

  events(): readonly SandboxEvent[] {
    const lines = readFrom(this.#file, 0).toString('utf8').split('\n').slice(1, -1);
    return lines.flatMap((line) => readEvent(line) ?? []);
  }

  close(): void {
    if (!this.#closed) closeSync(this.#file);
    this.#closed = true;
  }

  /** Under the lock: reads all events, removes an incomplete last line, and writes the first line of a new log. */
  #begin(): void {
    if (fstatSync(this.#file).nlink === 0) this.#reopen();
    this.#read();
    if (this.#offset > 0) {
      if (fstatSync(this.#file).size > this.#offset) truncateSync(this.#path, this.#offset);
      return;
    }
    truncateSync(this.#path, 0);
    const identity = newIdentity();
    this.#append(`${JSON.stringify({ log: 'motherduck-accounts sandbox', version: VERSION, ...identity })}\n`);
    this.#lines = 1;
    this.state.restart(identity);
  }

  #read(): void {
    const size = fstatSync(this.#file).size;
    if (
      this.#offset > 0 &&
      (size < this.#offset || this.#identity()?.organization !== this.state.identity.organization)
    ) {
      this.#offset = 0; // another process cleared it
    }
    const bytes = readFrom(this.#file, this.#offset, size);
    const end = bytes.lastIndexOf(NEWLINE);
    if (end === -1) return;
    const lines = bytes.toString('utf8', 0, end).split('\n');
    const identity = this.#offset === 0 ? this.#readIdentity(lines.shift() ?? '') : undefined;
    const before = identity === undefined ? this.#lines : 1;
    const events = lines.map((line, index) => {
      const event = readEvent(line);
      if (event === undefined) throw this.#damaged(before + index + 1);
      return event;
    });
    if (identity !== undefined) this.state.restart(identity);
    for (const event of events) this.state.apply(event);
    this.#lines = before + events.length;
    this.#offset += end + 1;
  }

  #append(text: string): void {
    const bytes = Buffer.from(text);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done);
    } catch (error) {
      truncateSync(this.#path, this.#offset); // a full disk: removes what was written partially
      throw unusable(this.#folder, error);
    }
    this.#offset += bytes.length;
  }

  async #locked<T>(section: () => T): Promise<T> {
    try {
      return await underShortLock(join(this.#folder, LOCK), section);
    } catch (error) {
      if (error instanceof UserError || !(error instanceof Error && 'syscall' in error)) throw error;
      if (!('code' in error && error.code === 'ENOENT')) throw unusable(this.#folder, error);
      this.#reopen(); // the folder was removed meanwhile: starts an empty log
      return underShortLock(join(this.#folder, LOCK), section);
    }
  }

  #reopen(): void {
    closeSync(this.#file);
    this.#file = openLog(this.#folder);
    this.#offset = 0;
    this.#seen = '';
    this.state.restart(newIdentity()); // replaced when the first line is written
  }

  /** Reads the first line, which shows whether another process has cleared the log. */
  #identity(): Identity | undefined {
    const bytes = readFrom(this.#file, 0, 512);
    const end = bytes.indexOf(NEWLINE);
    return end === -1 ? undefined : this.#readIdentity(bytes.toString('utf8', 0, end));
  }

  #readIdentity(line: string): Identity {
    let value: Partial<Record<'version' | 'organization' | 'admin', unknown>> | null = null;
    try {
      value = JSON.parse(line) as Partial<Record<string, unknown>> | null;
    } catch {
      // reported below
    }
    const { version, organization, admin } = value ?? {};
    if (typeof organization !== 'string' || typeof admin !== 'string') throw this.#damaged(1);
    if (version === VERSION) return { organization, admin };
    throw new UserError(
      'SANDBOX_FAILED',
      `the sandbox in ${this.#folder} was written by another version of this program`,
      { text: 'Give another folder with --sandbox-dir DIR, or start an empty one.', command: this.#reset() },
    );
  }

  /** The command that empties this sandbox. */
  #reset(): readonly string[] {
    return ['sandbox', 'reset', '--sandbox-dir', this.#folder];
  }

  #damaged(line: number): UserError {
    return new UserError('SANDBOX_FAILED', `the sandbox's log is damaged: ${this.#path}, line ${line}`, {
      text: 'Start an empty organization.',
      command: this.#reset(),
    });
  }
}

/**
 * Creates the folder, with a .gitignore that excludes it, and opens its log. A folder with other files is not a sandbox: a
 * reset would remove its databases.
 *
 * @throws UserError SANDBOX_FAILED
 */
function openLog(folder: string): number {
  let found: string[];
  try {
    mkdirSync(folder, { recursive: true });
    found = readdirSync(folder);
    if (found.every((file) => file === SETTINGS_FILE)) writeFileSync(join(folder, '.gitignore'), '*\n');
    if (isSandbox(found)) return openRegular(join(folder, FILE));
  } catch (error) {
    throw unusable(folder, error);
  }
  throw new UserError(
    'SANDBOX_FAILED',
    `${folder} is not a sandbox: it has other files, and no ${FILE}`,
    'Give an empty folder, or one that does not exist yet, with `--sandbox-dir DIR`.',
  );
}

/** The largest log that is read, in bytes. */
const LARGEST = 256 * 1024 * 1024;
const { O_RDWR, O_APPEND, O_CREAT, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;

/** A link could lead to a file outside of the sandbox. @throws The system's error, or one with a code like it */
function openRegular(path: string): number {
  const file = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK | O_NOFOLLOW, 0o666);
  const facts = fstatSync(file);
  if (facts.isFile() && facts.size <= LARGEST && !lstatSync(path).isSymbolicLink()) return file;
  closeSync(file);
  const code = facts.size > LARGEST ? 'EFBIG' : 'EINVAL';
  throw Object.assign(new Error('not a log'), { code });
}

/** Whether these files are of a sandbox, of one whose creation was interrupted, or of none. */
function isSandbox(files: readonly string[]): boolean {
  const isOurs = (file: string) => file === '.gitignore' || file === SETTINGS_FILE || file.startsWith(LOCK);
  return files.includes(FILE) || files.every(isOurs);
}

const WHY: Readonly<Record<string, string>> = {
  ELOOP: `${FILE} is a link`,
  EISDIR: `${FILE} is a folder`,
  EINVAL: `${FILE} is not a regular file`,
  EFBIG: `${FILE} is too large`,
};

function unusable(folder: string, cause: unknown): UserError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  const why = WHY[code] ?? code;
  const fix = 'Give a writable folder with `--sandbox-dir DIR`.';
  return new UserError(
    'SANDBOX_FAILED',
    `the sandbox's folder cannot be written: ${folder} (${why})`,
    // A log that is too large is not for want of space.
    code in WHY ? fix : writeFix(cause, fix),
    { cause },
  );
}

function readFrom(file: number, offset: number, end = fstatSync(file).size): Buffer {
  const bytes = Buffer.allocUnsafe(Math.max(0, end - offset));
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(file, bytes, done, bytes.length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}
