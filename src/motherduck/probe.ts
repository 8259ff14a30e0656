/**
 * The program that a child process runs: it opens one Target, asks it a few things, and is gone. A process of its
 * own, because DuckDB refuses two accounts on one `md:` path in a process, because a connection that hangs can be
 * killed here, and because a crash of the native library then takes nothing with it.
 *
 * In: one line of JSON (ProbeInput) on standard input, so that a token is in no argument and no environment.
 * Standard input then stays open; when it ends, the parent is gone, and so is this program.
 * Out: one line of JSON (ProbeEvent) a step on file descriptor 3, where no library prints. What was reported before
 * a hang or a crash is kept, and the first step without a line is the one that did not end.
 */
import { writeSync } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Target } from './connector.ts';

export interface ProbeRequest {
  /** Run in this order; a failing one does not stop the next. */
  readonly steps: readonly ProbeQuestion[];
  /** Whether the target's shutdown is run at the end. */
  readonly shutdown: boolean;
}

export interface ProbeQuestion {
  readonly name: string;
  readonly sql: string;
  /** All rows are wanted, and not the first alone. */
  readonly every?: boolean;
}

export interface ProbeInput {
  readonly target: Target;
  readonly request: ProbeRequest;
}

/** The first row of an answer and how many rows there were; all of them where they were asked for. */
export interface ProbeAnswer {
  readonly row?: ProbeRow;
  readonly rows: number;
  readonly every?: readonly ProbeRow[];
}

/** Values are JSON where they are not text. */
export type ProbeRow = Readonly<Record<string, string | null>>;

export interface ProbeEvent {
  /** `connect`, the name of a step, or `shutdown`. */
  readonly step: string;
  readonly ms: number;
  readonly answer?: ProbeAnswer;
  /** `refused`: not even tried; `native`: DuckDB is not there for this platform; `sql`: DuckDB's or MotherDuck's error. */
  readonly failure?: { readonly kind: 'refused' | 'native' | 'sql'; readonly text: string };
}

/** The parent shortens further, after it has taken out secrets: this only bounds the pipe. */
const MAX_TEXT = 2000;
const MAX_COLUMNS = 20;

class Refused extends Error {}
class NoNative extends Error {}

async function open(target: Target): Promise<DuckDBConnection> {
  // Without a token the extension would start a login in a browser.
  const needsToken = /^(md|motherduck):/i.test(target.path);
  if (needsToken && !target.options.motherduck_token) throw new Refused('there is no token to connect with');
  const { DuckDBInstance } = await import('@duckdb/node-api').catch((error: unknown) => {
    throw new NoNative(textOf(error));
  });
  const instance = await DuckDBInstance.create(target.path, { ...target.options });
  const connection = await instance.connect();
  for (const sql of target.setup) await connection.run(sql);
  return connection;
}

/** Reads the whole result, since an error can come late, and keeps one row of it unless all are asked for. */
async function ask(connection: DuckDBConnection, { sql, every }: ProbeQuestion): Promise<ProbeAnswer> {
  const result = await connection.stream(sql);
  let rows = 0;
  const kept: ProbeRow[] = [];
  for await (const part of result.yieldRowObjectJson()) {
    rows += part.length;
    const wanted = every ? part : part.slice(0, 1 - kept.length);
    for (const row of wanted) kept.push(shownRow(row));
  }
  const [first] = kept;
  return { rows, ...(first && { row: first }), ...(every && { every: kept }) };
}

function shownRow(row: Readonly<Record<string, unknown>>): ProbeRow {
  const columns = Object.entries(row).slice(0, MAX_COLUMNS);
  return Object.fromEntries(columns.map(([name, value]) => [name, shownValue(value)]));
}

function shownValue(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, MAX_TEXT);
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, MAX_TEXT);
}

/** Runs one step, reports it, and gives what it gave; undefined when it failed. */
async function step<T>(name: string, run: () => Promise<T>, answerOf: (value: T) => ProbeAnswer | undefined) {
  const started = performance.now();
  const report = (rest: Omit<ProbeEvent, 'step' | 'ms'>) => {
    const event: ProbeEvent = { step: name, ms: Math.round(performance.now() - started), ...rest };
    writeSync(3, `${JSON.stringify(event)}\n`);
  };
  try {
    const value = await run();
    const answer = answerOf(value);
    report(answer === undefined ? {} : { answer });
    return value;
  } catch (error) {
    const kind = error instanceof Refused ? 'refused' : error instanceof NoNative ? 'native' : 'sql';
    report({ failure: { kind, text: textOf(error) } });
    return undefined;
  }
}

async function probe({ target, request }: ProbeInput): Promise<void> {
  const nothing = () => undefined;
  const connection = await step('connect', () => open(target), nothing);
  if (connection === undefined) return;
  for (const question of request.steps) {
    await step(
      question.name,
      () => ask(connection, question),
      (answer) => answer,
    );
  }
  if (request.shutdown) await step('shutdown', () => connection.run(target.shutdown), nothing);
  connection.closeSync();
}

// Ctrl-C reaches the whole group of processes; whether this one stops is the parent's to say.
process.on('SIGINT', () => {});

let text = '';
let begun = false;
process.stdin.setEncoding('utf8');
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL'));
process.stdin.on('data', (chunk: string) => {
  if (begun) return;
  text += chunk;
  const end = text.indexOf('\n');
  if (end === -1) return;
  begun = true;
  probe(JSON.parse(text.slice(0, end)) as ProbeInput).then(
    () => process.exit(0),
    () => process.exit(70),
  );
});
