/** Runs the probe program in this process, as commands run in it too: to start Node and load DuckDB takes longer than a probe. */
import { EventEmitter } from 'node:events';
import * as fs from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { compileFunction } from 'node:vm';

type DuckDB = typeof import('@duckdb/node-api');
type Instance = InstanceType<DuckDB['DuckDBInstance']>;
type Connection = InstanceType<DuckDB['DuckDBConnection']>;
type Probe = (require: (name: string) => unknown, process: object) => void;

const children = createRequire(import.meta.url)('node:child_process') as { spawn: (...given: never[]) => unknown };
const compiled = new Map<string, Probe>();

/** As much of a child process as the program uses, and the `process` that the probe finds. */
class ProbeInProcess extends EventEmitter {
  readonly stdin = new PassThrough();
  readonly stderr = new PassThrough();
  readonly #report = new PassThrough();
  readonly stdio = [this.stdin, null, this.stderr, this.#report];
  readonly #opened: Instance[] = [];
  readonly #connections: Connection[] = [];
  #isOver = false;

  constructor(file: string) {
    super();
    const require = createRequire(file);
    const modules: Record<string, () => unknown> = {
      'node:fs': () => ({ ...fs, writeSync: (_: number, data: string | Uint8Array) => this.#write(data) }),
      '@duckdb/node-api': () => this.#duckdb(require('@duckdb/node-api') as DuckDB),
    };
    const process = { on: () => {}, stdin: this.stdin, exit: (code: number) => this.#end(code, null) };
    programOf(file)((name) => modules[name]?.() ?? require(name), process);
  }

  kill(signal = 'SIGTERM'): boolean {
    this.#end(null, signal);
    return true;
  }

  #write(data: string | Uint8Array): number {
    if (!this.#isOver) this.#report.write(data);
    return Buffer.byteLength(data);
  }

  /** DuckDB, whose databases are closed when the probe ends. */
  #duckdb(api: DuckDB): object {
    const create = async (...given: Parameters<DuckDB['DuckDBInstance']['create']>) => {
      if (this.#isOver) throw new Error('the probe has ended');
      const instance = await api.DuckDBInstance.create(...given);
      if (this.#isOver) instance.closeSync();
      else this.#opened.push(instance);
      const connect = instance.connect.bind(instance);
      instance.connect = async () => {
        const connection = await connect();
        this.#connections.push(connection);
        return connection;
      };
      return instance;
    };
    return { version: api.version, DuckDBInstance: { create } };
  }

  #end(code: number | null, signal: string | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const connection of this.#connections) connection.interrupt();
    for (const instance of this.#opened) instance.closeSync();
    this.stderr.end();
    this.#report.end();
    const close = () => this.emit('close', code, signal);
    // All that was reported is read before.
    if (signal === null) this.#report.once('end', close);
    else setImmediate(close);
  }
}

function programOf(file: string): Probe {
  const found = compiled.get(file) ?? (compileFunction(fs.readFileSync(file, 'utf8'), ['require', 'process']) as Probe);
  compiled.set(file, found);
  return found;
}

/**
 * From now on, `spawn` runs the built probe in this process. Gives the function that ends this, and all that still run.
 *
 * @param isOurs Whether the one who calls `spawn` is meant; the probes of others are processes, which this does not end.
 */
export function replaceProbe(probe: string, isOurs: () => boolean = () => true): () => void {
  const { spawn } = children;
  const running: ProbeInProcess[] = [];
  children.spawn = (...given: never[]) => {
    const [, words] = given as unknown as [string, readonly string[] | undefined];
    if (words?.length !== 1 || path.resolve(words[0] ?? '') !== probe || !isOurs()) return spawn(...given);
    const child = new ProbeInProcess(probe);
    running.push(child);
    return child;
  };
  // For those who import it.
  syncBuiltinESMExports();
  return () => {
    children.spawn = spawn;
    syncBuiltinESMExports();
    for (const child of running) child.kill('SIGKILL');
  };
}
