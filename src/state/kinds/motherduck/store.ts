/** Rows of a table at MotherDuck as objects. Each statement is a transaction of its own, so of two runs that insert the same row, one fails. */
import { setTimeout as sleep } from 'node:timers/promises';
import { STATE_TABLE } from '../../../model/defaults.ts';
import { defined } from '../../../model/defined.ts';
import type { StateConfig } from '../../../model/desired.ts';
import { thenAgain } from '../../../model/hints.ts';
import { monotonicMs } from '../../../model/time.ts';
import { UserError } from '../../../model/user-error.ts';
import { explainForAdmin } from '../../../motherduck/connection-errors.ts';
import type { ProbeRow } from '../../../motherduck/probe-protocol.ts';
import { withoutStatement } from '../../../motherduck/scrub.ts';
import { SqlError, SqlSession } from '../../../motherduck/sql-session.ts';
import { type ObjectStore, type StoredObject, UnsureError } from '../../object-store.ts';
import { ServiceClock } from '../../service-clock.ts';
import type { AdminConnection, StateContext } from '../../state-kind.ts';

/** How long a transaction of another process is waited for, which may have been killed in the middle of it. */
const WAIT_MS = 60_000;

/** The time limit of transactions, and the program that connects. */
export interface TableOptions {
  /** How long a transaction of another process is waited for. */
  readonly waitMs?: number;
  /** The built program of the process that connects, unless it is beside this one. */
  readonly probePath?: string;
}

/** Rows as objects. */
export function tableStore(
  { database, schema = 'main' }: Pick<StateConfig, string>,
  context: Pick<StateContext, 'admin' | 'env'>,
  options: TableOptions = {},
): ObjectStore {
  return new TableStore(String(database), String(schema), context, options);
}

class TableStore implements ObjectStore {
  readonly name: string;
  readonly versions = 'a copy of the database';
  readonly #database: string;
  readonly #schema: string;
  readonly #table: string;
  readonly #waitMs: number;
  readonly #probePath: string | undefined;
  readonly #context: Pick<StateContext, 'admin' | 'env'>;
  /** Until the session has connected, which needs it no longer. */
  #admin: Promise<AdminConnection> | undefined;
  #session: Promise<SqlSession> | undefined;
  readonly #clock = new ServiceClock();
  /** Keys that the next statement reads. */
  #requested: Map<string, ((found: Promise<StoredObject | undefined>) => void)[]> | undefined;

  constructor(database: string, schema: string, context: Pick<StateContext, 'admin' | 'env'>, options: TableOptions) {
    this.name = `${database}.${schema}.${STATE_TABLE}`;
    this.#database = database;
    this.#schema = `${quoted(database)}.${quoted(schema)}`;
    this.#table = `${this.#schema}.${quoted(STATE_TABLE)}`;
    this.#context = context;
    this.#waitMs = options.waitMs ?? WAIT_MS;
    this.#probePath = options.probePath;
  }

  /** Objects that are requested at the same time are read by one statement. */
  get(key: string): Promise<StoredObject | undefined> {
    return new Promise((resolve) => {
      if (this.#requested === undefined) {
        this.#requested = new Map();
        setImmediate(() => this.#readRequested());
      }
      this.#requested.set(key, [...(this.#requested.get(key) ?? []), resolve]);
    });
  }

  #readRequested(): void {
    const requested = this.#requested ?? new Map();
    this.#requested = undefined;
    const objects = this.#objects([...requested.keys()]);
    for (const [key, takers] of requested) {
      for (const take of takers) take(objects.then((found) => found.get(key)));
    }
  }

  async #objects(keys: readonly string[]): Promise<Map<string, StoredObject>> {
    const rows = await this.#read(
      `SELECT name, text, epoch_ms(modified) AS modified, epoch_ms(now()) AS now FROM ${this.#table}
       WHERE name IN (${keys.map(() => '?').join(', ')})`,
      keys,
    );
    if (rows[0] !== undefined) this.#clock.seen(new Date(Number(rows[0].now)));
    return new Map(
      rows.map(({ name, text, modified }) => [name ?? '', { text: text ?? '', modified: Number(modified) }]),
    );
  }

  async create(key: string, text: string): Promise<'created' | 'exists'> {
    const isDone = async () => (await this.#objects([key])).has(key);
    const isOurs = await this.#write(`INSERT INTO ${this.#table} ${COLUMNS} VALUES ${ROW}`, [key, text], isDone);
    return isOurs ? 'created' : 'exists';
  }

  async put(key: string, text: string): Promise<void> {
    const replace = 'ON CONFLICT (name) DO UPDATE SET text = excluded.text, modified = excluded.modified';
    await this.#write(`INSERT INTO ${this.#table} ${COLUMNS} VALUES ${ROW} ${replace}`, [key, text]);
  }

  async remove(key: string): Promise<void> {
    const isDone = async () => !(await this.#objects([key])).has(key);
    await this.#write(`DELETE FROM ${this.#table} WHERE name = ?`, [key], isDone);
  }

  async list(prefix: string): Promise<string[]> {
    const rows = await this.#read(`SELECT name FROM ${this.#table} WHERE starts_with(name, ?)`, [prefix]);
    return rows.map(({ name }) => name ?? '');
  }

  now(): number {
    return this.#clock.now();
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await (await session)?.close();
    await this.#closeAdmin();
  }

  /** Without a table there are no rows: what only reads creates nothing. */
  async #read(sql: string, values: readonly string[]): Promise<readonly ProbeRow[]> {
    try {
      return await this.#run(sql, values);
    } catch (error) {
      if (isSqlError(error, NO_TABLE)) return [];
      if (isSqlError(error, CONFLICT)) throw new UnsureError(withoutStatement(String(error)), { cause: error });
      throw error;
    }
  }

  /**
   * Runs a statement that changes a row, and creates the table for the first insertion. After a conflict it tries again: another
   * transaction was faster, or has not ended yet, as that of a killed process.
   *
   * @param isOver asked after an error: whether the statement can no longer change anything
   * @returns whether it succeeded
   */
  async #write(sql: string, values: readonly string[], isOver = async () => false): Promise<boolean> {
    for (const end = monotonicMs() + this.#waitMs; ; await sleep(20 + Math.random() * 200)) {
      try {
        await this.#run(sql, values);
        return true;
      } catch (error) {
        const isMissing = isSqlError(error, NO_TABLE);
        if (!isMissing && !isSqlError(error, CONFLICT)) throw error;
        if (await isOver()) return false;
        if (isMissing) await this.#createTable();
        if (monotonicMs() > end) throw this.#held(error);
      }
    }
  }

  async #createTable(): Promise<void> {
    try {
      await this.#run(`CREATE SCHEMA IF NOT EXISTS ${this.#schema}`, []);
      await this.#run(
        `CREATE TABLE IF NOT EXISTS ${this.#table} (name VARCHAR PRIMARY KEY, text VARCHAR NOT NULL, modified TIMESTAMP NOT NULL)`,
        [],
      );
    } catch (error) {
      if (!isSqlError(error, CONFLICT)) throw error; // another run creates it
    }
  }

  /** @throws UnsureError, UserError; SqlError: a conflict, or there is no table */
  async #run(sql: string, values: readonly string[]): Promise<readonly ProbeRow[]> {
    this.#session ??= this.#begin();
    const session = await this.#session;
    try {
      const rows = await session.run(sql, values);
      await this.#closeAdmin();
      return rows;
    } catch (error) {
      if (!(error instanceof SqlError) || isSqlError(error, NO_TABLE) || isSqlError(error, CONFLICT)) throw error;
      await session.close(); // and connect again for the next statement
      throw this.#failed(error);
    }
  }

  async #begin(): Promise<SqlSession> {
    const { seconds, token } = await this.#connection();
    const target = async () => {
      const admin = await this.#connection();
      return admin.connector.sessionTarget(admin.token, this.#database, admin.seconds);
    };
    return new SqlSession({
      target,
      seconds,
      secrets: [token],
      env: this.#context.env,
      ...defined({ probePath: this.#probePath }),
    });
  }

  #connection(): Promise<AdminConnection> {
    this.#admin ??= this.#context.admin();
    return this.#admin;
  }

  async #closeAdmin(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await (await admin)?.close();
  }

  #failed(error: SqlError): UnsureError | UserError {
    const { kind, text } = error.failure;
    const explained = explainForAdmin(error.failure);
    const isUnsure = kind === 'time_limit' || kind === 'crashed' || kind === 'aborted' || explained.isMomentary;
    if (isUnsure) return new UnsureError(explained.message, { cause: error });
    const known = KNOWN.find((each) => each.text.test(withoutStatement(text)));
    const isUnknown = explained.message === text;
    const hint = isUnknown ? 'Fix the error in the message, then run the command again.' : explained.hint;
    return new UserError(
      'STATE_UNREACHABLE',
      known?.message(this.#database) ?? `the state ${this.name} cannot be reached: ${explained.message}`,
      known?.hint(this.#database) ?? hint,
      { cause: error },
    );
  }

  #held(cause: unknown): UserError {
    return new UserError(
      'STATE_UNREACHABLE',
      `${this.name} is held by a transaction of another process, which has not ended for ${this.#waitMs / 1000} s`,
      thenAgain('Wait until it has ended'),
      { cause },
    );
  }
}

const COLUMNS = '(name, text, modified)';
/** Assumption: at MotherDuck, now() is its own time. The time zone of a session does not matter. */
const ROW = '(?, ?, make_timestamp(epoch_us(now())))';

/** Errors of DuckDB by their text, as seen with DuckDB 1.5.6. */
const NO_TABLE = /catalog error: table with name .* does not exist/is;
const CONFLICT =
  /duplicate key|constraint violation|violates (primary key|unique) constraint|\bconflict\b(?!ing lock)|transactioncontext error/i;

const KNOWN: readonly {
  readonly text: RegExp;
  readonly message: (database: string) => string;
  readonly hint: (database: string) => string;
}[] = [
  {
    text: /no database\/share named|(database|catalog) .*(does not exist|not found)/i,
    message: (database) => `the account of the admin token has no database "${database}", which is to keep the state`,
    hint: (database) =>
      `Create it as that account (CREATE DATABASE "${database}"), or correct state.database. A database belongs to one account: use its admin token in every run.`,
  },
  {
    text: /read-only|read only/i,
    message: (database) => `the database "${database}" can only be read, so it cannot keep the state`,
    hint: () => "Name a database that the admin token's account owns, and use a read/write token.",
  },
  {
    // Assumption: the text, which is DuckLake's.
    text: /primary key.*not (yet )?supported|not supported.*primary key/i,
    message: (database) => `the database "${database}" has no primary keys, so it cannot keep the state`,
    hint: () => 'Name a database of the standard kind, not a DuckLake.',
  },
];

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function isSqlError(error: unknown, kind: RegExp): boolean {
  return error instanceof SqlError && kind.test(withoutStatement(error.message));
}
