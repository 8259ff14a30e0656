/** Runs the built program in this process: what a start of Node costs is saved where the process is not the point. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { compileFunction } from 'node:vm';
import { replaceProbe } from './probe-in-process.ts';

export const ROOT = path.resolve(import.meta.dirname, '..');
/** The built program. */
export const MAIN = path.join(ROOT, 'dist/main.cjs');
/** What it runs, which does not change how this process loads modules. */
const COMMAND_LINE = path.join(ROOT, 'dist/command-line.cjs');
/** The built probe. */
const PROBE = path.join(ROOT, 'dist/probe.cjs');

/** How a command ended, and what it wrote. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const load = createRequire(MAIN);
/** The program as Node wraps it. It is compiled once, and evaluated for each command. */
let program: ((exports: object, require: NodeJS.Require, module: object) => void) | undefined;
/** Events of the process that a command listens to for as long as its process lives. */
const EVENTS = ['exit', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Holds true within the command: what tests do at the same time in this process is not its. */
const command = new AsyncLocalStorage<true>();

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs a command as a process of its own would run it: in `folder`, with `env` for its whole environment, without a
 * terminal, or at a plain one where somebody types `answer` to its question. A process has one working directory and one environment, so commands run one after the other here: what must
 * run at the same time, or be killed, is a process of its own.
 */
export function runInProcess(
  words: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>>,
  answer?: string,
): Promise<Ran> {
  const ran = last.then(() => run(words, folder, env, answer));
  last = ran.catch(() => undefined);
  return ran;
}

async function run(
  words: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>>,
  answer: string | undefined,
): Promise<Ran> {
  const [stdout, stderr] = [new Captured(), new Captured()];
  const stdin = Readable.from(answer === undefined ? [] : [`${answer}\n`]);
  if (answer !== undefined) for (const stream of [stdin, stderr]) Object.assign(stream, { isTTY: true });
  const restore = [
    replaceStreams({ stdin, stdout, stderr }),
    replaceEnvironment(answer === undefined ? env : { ...env, TERM: 'dumb' }),
    replaceListeners(),
    replaceProbe(PROBE, () => command.getStore() === true),
  ];
  const { argv, exitCode } = process;
  const cwd = process.cwd();
  process.argv = [process.execPath, MAIN, ...words];
  process.exitCode = undefined;
  process.chdir(folder);
  try {
    await command.run(true, () => evaluate().ended);
    return { code: Number(process.exitCode ?? 0), stdout: stdout.text, stderr: stderr.text };
  } finally {
    process.chdir(cwd);
    process.argv = argv;
    process.exitCode = exitCode;
    for (const each of restore.reverse()) each();
  }
}

function evaluate(): { readonly ended: Promise<void> } {
  program ??= compileFunction(readFileSync(COMMAND_LINE, 'utf8'), ['exports', 'require', 'module'], {
    filename: COMMAND_LINE,
  }) as NonNullable<typeof program>;
  const module = { exports: {} };
  program(module.exports, load, module);
  return module.exports as { readonly ended: Promise<void> };
}

/** A stream that is no terminal, and keeps what is written to it. */
class Captured extends Writable {
  readonly #chunks: Buffer[] = [];

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }
}

type Restore = () => void;

function replaceStreams(streams: Readonly<Record<'stdin' | 'stdout' | 'stderr', Readable | Writable>>): Restore {
  const names = ['stdin', 'stdout', 'stderr'] as const;
  const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(process, name) ?? {}] as const);
  for (const name of names) Object.defineProperty(process, name, { value: streams[name], configurable: true });
  return () => {
    for (const [name, descriptor] of before) Object.defineProperty(process, name, descriptor);
  };
}

/** The variables themselves are replaced, and not the object, so that native code sees them too. */
function replaceEnvironment(env: Readonly<Record<string, string>>): Restore {
  const set = (to: Readonly<Record<string, string | undefined>>) => {
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, to);
  };
  const before = { ...process.env };
  set(env);
  return () => set(before);
}

function replaceListeners(): Restore {
  const before = EVENTS.map((event) => [event, process.listeners(event as 'exit')] as const);
  return () => {
    for (const [event, listeners] of before) {
      for (const listener of process.listeners(event as 'exit'))
        if (!listeners.includes(listener)) process.off(event, listener);
    }
  };
}
