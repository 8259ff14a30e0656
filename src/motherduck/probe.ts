/**
 * The program of the child process that connects: it opens one ConnectionTarget, runs a few queries, and exits. It is a process of
 * its own because DuckDB refuses two accounts on one `md:` path in a process, because a hanging connection can be killed,
 * and because a crash of the native library then does no further harm.
 *
 * Input: one line of JSON (ProbeInput) on standard input, so that a token is in no argument and no environment variable.
 * Standard input then stays open; when it ends, the parent has exited, and this program exits too.
 * Output: one line of JSON (ProbeEvent) per step on file descriptor 3, where no library prints. What was reported before
 * a hang or a crash is kept, and the first step without a line is the one that did not finish.
 *
 * With a SessionInput it connects once, then runs each line that follows (SessionQuery) as a transaction of its own, and
 * answers with a line (SessionAnswer).
 */
import { writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api';
import { defined } from '../model/defined.ts';
import { monotonicMs } from '../model/time.ts';
import type { ConnectionTarget } from './connector.ts';
import type {
  DuckDBBuild,
  ProbeAnswer,
  ProbeEvent,
  ProbeInput,
  ProbeRow,
  ProbeStepRequest,
  SessionAnswer,
  SessionInput,
  SessionQuery,
} from './probe-protocol.ts';

/** Limits the pipe; the parent shortens texts further after it has removed secrets. */
const MAX_TEXT = 2000;
const MAX_COLUMNS = 20;

class Refused extends Error {}
class NoNative extends Error {}

async function open(target: ConnectionTarget): Promise<DuckDBConnection> {
  // Without a token the extension would start a login in a browser.
  const needsToken = /^(md|motherduck):/i.test(target.path);
  if (needsToken && !target.options.motherduck_token) throw new Refused('there is no token to connect with');
  const { DuckDBInstance } = await import('@duckdb/node-api').catch((error: unknown) => {
    throw new NoNative(textOf(error));
  });
  if (target.startsInMs) await sleep(target.startsInMs);
  const instance = await DuckDBInstance.create(target.path, { ...target.options });
  const connection = await instance.connect();
  for (const sql of target.setup) await connection.run(sql);
  return connection;
}

const confined = new WeakSet<DuckDBConnection>();

async function confine(connection: DuckDBConnection, target: ConnectionTarget): Promise<void> {
  if (confined.has(connection)) return;
  for (const sql of target.confine) await connection.run(sql);
  confined.add(connection);
}

/** Reads the whole result, because an error can come late, and keeps one row unless all are requested. */
async function queryAnswer(
  connection: DuckDBConnection,
  { sql, every, foreign }: ProbeStepRequest,
): Promise<ProbeAnswer> {
  const result = await (foreign ? streamOnly(connection, sql) : connection.stream(sql));
  let rows = 0;
  const kept: ProbeRow[] = [];
  for await (const part of result.yieldRowObjectJson()) {
    rows += part.length;
    const selected = every ? part : part.slice(0, 1 - kept.length);
    for (const row of selected) kept.push(shownRow(row));
  }
  const [first] = kept;
  return { rows, ...defined({ row: first }), ...(every && { every: kept }) };
}

/**
 * Runs SQL of a user if it is one statement to the parser that runs it, DuckDB's with the extension's: what other readers take
 * for a comment or a text could be another statement.
 */
async function streamOnly(connection: DuckDBConnection, sql: string): Promise<DuckDBResult> {
  const statements = await connection.extractStatements(sql);
  const { count } = statements;
  if (count !== 1) throw new Error(`DuckDB reads ${count} statements in it, so nothing of it ran (PIVOT needs IN)`);
  const only = await statements.prepare(0);
  try {
    return await only.stream();
  } finally {
    only.destroySync();
  }
}

function shownRow(row: Readonly<Record<string, unknown>>): ProbeRow {
  const columns = Object.entries(row).slice(0, MAX_COLUMNS);
  return Object.fromEntries(columns.map(([name, value]) => [name, shownValue(value)]));
}

function shownValue(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, MAX_TEXT);
}

/** The folder is DuckDB's default, since no option of this program sets another. */
async function duckdbBuild(): Promise<DuckDBBuild | undefined> {
  try {
    const { DuckDBInstance, version } = await import('@duckdb/node-api');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const [row] = await (await connection.runAndReadAll('PRAGMA platform')).getRowObjectsJson();
    const platform = String(row?.platform);
    return { version: version(), platform, folder: join(homedir(), '.duckdb', 'extensions', version(), platform) };
  } catch {
    return undefined;
  }
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, MAX_TEXT);
}

function failureOf(error: unknown): NonNullable<ProbeEvent['failure']> {
  const kind = error instanceof Refused ? 'refused' : error instanceof NoNative ? 'native' : 'sql';
  return { kind, text: textOf(error) };
}

/** Runs one step, reports it, and returns its result; undefined when it failed. */
async function step<T>(name: string, run: () => Promise<T>, answerOf: (value: T) => ProbeAnswer | undefined) {
  const started = monotonicMs();
  const report = (rest: Omit<ProbeEvent, 'step' | 'ms'>) => {
    const event: ProbeEvent = { step: name, ms: Math.round(monotonicMs() - started), ...rest };
    writeWhole(`${JSON.stringify(event)}\n`);
  };
  try {
    const value = await run();
    const answer = answerOf(value);
    report(defined({ answer }));
    return value;
  } catch (error) {
    const failure = failureOf(error);
    report({ failure: name === 'connect' ? await withBuild(failure) : failure });
    return undefined;
  }
}

async function withBuild(failure: NonNullable<ProbeEvent['failure']>): Promise<NonNullable<ProbeEvent['failure']>> {
  const duckdb = failure.kind === 'sql' && /extension|version/i.test(failure.text) && (await duckdbBuild());
  return duckdb ? { ...failure, duckdb } : failure;
}

async function probe({ target, request }: ProbeInput): Promise<void> {
  const nothing = () => undefined;
  const connection = await step('connect', () => open(target), nothing);
  if (connection === undefined) return;
  const instead = [...(target.instead ?? [])];
  for (const each of request.steps) {
    const answer = await step(
      each.name,
      async () => {
        if (each.foreign) await confine(connection, target);
        const [first = each.sql, ...more] = (each.foreign && instead.shift()) || [];
        const answer = await queryAnswer(connection, { ...each, sql: first });
        for (const sql of more) await connection.run(sql);
        return answer;
      },
      (answer) => answer,
    );
    if (answer === undefined && request.stopAtFailure) break;
  }
  if (request.shutdown) await step('shutdown', () => connection.run(target.shutdown), nothing);
  connection.closeSync();
}

const FILE_WAIT_MS = 30_000;
/** How long a file of the sandbox stays open while statements wait. */
const FILE_HELD_MS = 100;
/** Another process has the database file open, on Unix and on Windows. */
const IN_USE = /could not set lock on file|conflicting lock|used by another process/i;

/** Runs statements one after another. A connection that could not be opened is tried again by the next one. */
function session(target: ConnectionTarget): (query: SessionQuery) => Promise<void> {
  let connection: DuckDBConnection | undefined;
  let waiting = 0;
  let attachedAt: number | undefined;
  const run = async ({ sql, values }: SessionQuery): Promise<readonly ProbeRow[]> => {
    connection ??= await open(target).catch(async (error: unknown) => {
      throw Object.assign(new Error(), { failure: await withBuild(failureOf(error)) });
    });
    const { transaction } = target;
    if (transaction !== undefined && attachedAt === undefined) {
      await attach(connection, transaction.before);
      attachedAt = monotonicMs();
    }
    try {
      const rows = await (await connection.runAndReadAll(sql, [...values])).getRowObjectsJson();
      return rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, wholeValue(value)])),
      );
    } finally {
      if (attachedAt !== undefined && (waiting === 0 || monotonicMs() - attachedAt > FILE_HELD_MS)) {
        attachedAt = undefined;
        if (transaction !== undefined) await connection.run(transaction.after);
      }
    }
  };
  let last: Promise<unknown> = Promise.resolve();
  return (query) => {
    waiting++;
    const answer = last.then(async () => {
      waiting--;
      const outcome = await run(query).then(
        (rows) => ({ rows }),
        (error) => ({ failure: error.failure ?? failureOf(error) }),
      );
      writeWhole(`${JSON.stringify({ id: query.id, ...outcome } satisfies SessionAnswer)}\n`);
    });
    last = answer;
    return answer;
  };
}

/** Opens a file of the sandbox, once no other process has it. */
async function attach(connection: DuckDBConnection, sql: string): Promise<void> {
  for (const end = monotonicMs() + FILE_WAIT_MS; ; await sleep(5 + Math.random() * 20)) {
    try {
      await connection.run(sql);
      return;
    } catch (error) {
      if (!IN_USE.test(textOf(error)) || monotonicMs() > end) throw error;
    }
  }
}

function wholeValue(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Writes all of a text that may be longer than the pipe. */
function writeWhole(text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) done += writeSync(3, bytes, done);
}

// Ctrl-C reaches the whole process group; the parent decides whether this process stops.
process.on('SIGINT', () => {});

let text = '';
let next: ((query: SessionQuery) => Promise<void>) | 'probing' | undefined;
process.stdin.setEncoding('utf8');
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL'));
process.stdin.on('data', (chunk: string) => {
  text += chunk;
  const lines = text.split('\n');
  text = lines.pop() ?? '';
  for (const line of lines) take(line).catch(() => process.exit(70));
});

async function take(line: string): Promise<void> {
  if (next === 'probing') return;
  if (next !== undefined) return next(JSON.parse(line) as SessionQuery);
  const input = JSON.parse(line) as ProbeInput | SessionInput;
  if ('session' in input) {
    next = session(input.target);
    return;
  }
  next = 'probing';
  await probe(input);
  process.exit(0);
}
