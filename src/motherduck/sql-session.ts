/** Statements by one connection in a child process (probe.ts), which lives until it was idle for a while or is closed. */
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import type { Secret } from '../model/secret.ts';
import type { Seconds } from '../model/time.ts';
import type { ConnectionTarget } from './connector.ts';
import { builtProbe, childEnvironment, cleanFailure, type ProbeFailure, secretsOf } from './probe-process.ts';
import type { ProbeRow, SessionAnswer, SessionInput, SessionQuery } from './probe-protocol.ts';
import { printableWithoutAll } from './scrub.ts';

/** The child of a program that only reads ends by this, where the program does not end before. */
const IDLE_MS = 90_000;
const MAX_STDERR = 4096;

/** A statement that failed, or whose outcome is unknown because the process with the connection is gone. */
export class SqlError extends Error {
  readonly failure: ProbeFailure;

  constructor(failure: ProbeFailure) {
    super(failure.text);
    this.name = 'SqlError';
    this.failure = failure;
  }
}

/** What an SQL session connects to, and its time limit. */
interface SqlSessionOptions {
  /** Opens the target, again after the process has ended. */
  readonly target: () => Promise<ConnectionTarget>;
  /** The time limit of connecting, and of one statement. */
  readonly seconds: Seconds;
  /** Secrets that are removed from the texts of errors, beside those in the target. */
  readonly secrets: readonly Secret[];
  /** The environment of the run, of which the process gets what a connection needs. */
  readonly env: NodeJS.ProcessEnv;
  readonly probePath?: string;
}

/** A session. It connects with its first statement, and keeps no process alive while it waits for none. */
export class SqlSession {
  readonly #options: SqlSessionOptions;
  #connection: Promise<Child> | undefined;

  constructor(options: SqlSessionOptions) {
    this.#options = options;
  }

  /**
   * Runs one statement in a transaction of its own. Statements run one after another.
   *
   * @param values the statement's parameters
   * @returns its rows; values that are not text are JSON
   * @throws SqlError; what opening the target throws
   */
  async run(sql: string, values: readonly string[] = []): Promise<readonly ProbeRow[]> {
    this.#connection ??= this.#start();
    return (await this.#connection).run(sql, values);
  }

  /** Ends the connection. The next statement opens it again. */
  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.then((child) => child.kill()).catch(() => {});
  }

  #start(): Promise<Child> {
    const forget = () => {
      if (this.#connection === starting) this.#connection = undefined;
    };
    const starting = this.#spawn(forget);
    starting.catch(forget);
    return starting;
  }

  async #spawn(onEnd: () => void): Promise<Child> {
    const { spawn } = await import('node:child_process');
    const { target, seconds, secrets, env, probePath = builtProbe() } = this.#options;
    const opened = await target();
    const child = spawn(process.execPath, [probePath], {
      cwd: tmpdir(),
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      env: childEnvironment(env),
      windowsHide: true,
    });
    const clean = printableWithoutAll(secretsOf(opened, env, secrets));
    return new Child(child, opened, { limitMs: seconds * 1000, clean, env, onEnd });
  }
}

interface Pending {
  readonly resolve: (rows: readonly ProbeRow[]) => void;
  readonly reject: (error: SqlError) => void;
}

interface ChildOptions {
  /** For one answer, in milliseconds. */
  readonly limitMs: number;
  /** Removes secrets and control characters from a text. */
  readonly clean: (text: string) => string;
  readonly env: NodeJS.ProcessEnv;
  readonly onEnd: () => void;
}

class Child {
  readonly #process: ChildProcess;
  readonly #options: ChildOptions;
  readonly #pending = new Map<number, Pending>();
  #idle: NodeJS.Timeout | undefined;
  #limit: NodeJS.Timeout | undefined;
  #last = 0;
  #over: ProbeFailure | undefined;

  constructor(child: ChildProcess, target: ConnectionTarget, options: ChildOptions) {
    this.#process = child;
    this.#options = options;
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(0, MAX_STDERR);
    });
    child.on('error', (error) => this.#end({ kind: 'crashed', text: `it could not be started: ${error.message}` }));
    child.on('close', (code, signal) => {
      const how = signal === null ? `it ended with exit code ${code}` : `it ended by ${signal}`;
      this.#end({ kind: 'crashed', text: stderr === '' ? how : `${how}: ${stderr}` });
    });
    child.stdin?.on('error', () => {}); // 'close' says how it ended
    this.#readAnswers();
    child.stdin?.write(`${JSON.stringify({ target, session: true } satisfies SessionInput)}\n`);
    this.#hold(false);
  }

  run(sql: string, values: readonly string[]): Promise<readonly ProbeRow[]> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) return reject(new SqlError(this.#over));
      const id = ++this.#last;
      this.#pending.set(id, { resolve, reject });
      if (this.#pending.size === 1) this.#hold(true);
      this.#process.stdin?.write(`${JSON.stringify({ id, sql, values } satisfies SessionQuery)}\n`);
    });
  }

  kill(): void {
    this.#end({ kind: 'aborted', text: 'the connection was closed' });
  }

  #readAnswers(): void {
    // Without pipes, as where too many files are open, 'error' says so.
    const answers = this.#process.stdio?.[3] as Socket | undefined;
    let parts: string[] = [];
    answers?.setEncoding('utf8').on('data', (text: string) => {
      if (!text.includes('\n')) return void parts.push(text);
      const lines = (parts.join('') + text).split('\n');
      parts = [lines.pop() ?? ''];
      for (const line of lines) this.#take(line);
    });
  }

  #take(line: string): void {
    let answer: SessionAnswer;
    try {
      answer = JSON.parse(line) as SessionAnswer;
    } catch {
      this.#end({ kind: 'crashed', text: 'its answer cannot be read' });
      return;
    }
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    this.#hold(this.#pending.size > 0);
    if (answer.failure === undefined) pending?.resolve(answer.rows ?? []);
    else pending?.reject(new SqlError(cleanFailure(answer.failure, this.#options.clean, this.#options.env)));
  }

  /** Keeps this process alive while it waits, or stops that. The time limit starts again with each answer. */
  #hold(isWaiting: boolean): void {
    clearTimeout(this.#limit);
    clearTimeout(this.#idle);
    if (isWaiting) {
      const { limitMs } = this.#options;
      const text = `no answer within ${limitMs / 1000} s`;
      this.#limit = setTimeout(() => this.#end({ kind: 'time_limit', text }), limitMs);
    } else if (this.#over === undefined) {
      this.#idle = setTimeout(() => this.kill(), IDLE_MS);
      this.#idle.unref();
    }
    const { stdin, stderr, stdio } = this.#process;
    for (const each of [this.#process, stdin, stderr, stdio?.[3]] as Array<Partial<Socket> | null | undefined>) {
      if (isWaiting) each?.ref?.();
      else each?.unref?.();
    }
  }

  #end(why: ProbeFailure): void {
    if (this.#over !== undefined) return;
    this.#over = { ...why, text: this.#options.clean(why.text) };
    this.#options.onEnd();
    this.#process.kill('SIGKILL');
    const error = new SqlError(this.#over);
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    this.#hold(false);
  }
}
