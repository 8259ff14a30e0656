/** Runs the command of a store: its input is the secret, its output may contain it. */
import type { ChildProcess } from 'node:child_process';
import { errnoOf } from '../../../files/system-errors.ts';
import { type Secret, withoutTokens } from '../../../model/secret.ts';
import { secretAsFile } from './secret-as-file.ts';

/** How a command ended. */
export type CommandOutcome =
  | { readonly ended: 'exit'; readonly code: number; readonly output: string }
  | { readonly ended: 'signal'; readonly signal: string; readonly output: string }
  | { readonly ended: 'timeout'; readonly output: string }
  /** It exited with 0, but read nothing of its input, or closed it before the whole secret was written. */
  | { readonly ended: 'unread'; readonly output: string }
  /** It could not be started; `code` is the system's. */
  | { readonly ended: 'not_started'; readonly code: string };

/** How to run a command. */
export interface RunOptions {
  /** The time limit, in milliseconds. */
  readonly timeoutMs: number;
  /** The working directory. */
  readonly folder: string;
  /** Inherited, without its tokens. */
  readonly env: NodeJS.ProcessEnv;
  /** Written to the command's standard input, without a line break; absent: nothing. */
  readonly stdin?: Secret;
  /** The time between SIGTERM and SIGKILL, in milliseconds; 2000 by default. */
  readonly graceMs?: number;
}

/**
 * Runs a command without a shell. The output is raw and may contain the secret: pass it through scrub.ts before showing
 * it. Only the end of the output is kept.
 */
export async function runStoreCommand(words: readonly string[], options: RunOptions): Promise<CommandOutcome> {
  const file = options.stdin === undefined ? undefined : await secretAsFile(options.stdin);
  try {
    const [program = '', ...args] = words;
    const { spawn } = await import('node:child_process');
    const child = spawn(program, args, {
      cwd: options.folder,
      stdio: [options.stdin === undefined ? 'ignore' : (file?.fd ?? 'pipe'), 'pipe', 'pipe'],
      env: withoutTokens(options.env),
      // Its own process group, so that the time limit reaches what it started too.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    const outcome = await endedWithUs(child, () => watch(child, options));
    const isUnread = outcome.ended === 'exit' && outcome.code === 0 && (await file?.isRead()) === false;
    return isUnread ? { ended: 'unread', output: outcome.output } : outcome;
  } catch (error) {
    return { ended: 'not_started', code: errnoOf(error) ?? 'failed' };
  } finally {
    await file?.close();
  }
}

const running = new Set<ChildProcess>();

/** Ends a command that still runs when this process ends: it would overwrite what a later run stores. */
async function endedWithUs<T>(child: ChildProcess, work: () => Promise<T>): Promise<T> {
  if (running.size === 0) process.on('exit', endRunning);
  running.add(child);
  try {
    return await work();
  } finally {
    running.delete(child);
    if (running.size === 0) process.off('exit', endRunning);
  }
}

function endRunning(): void {
  for (const child of running) {
    if (process.platform === 'win32') child.kill();
    else signalGroup(child, 'SIGKILL');
  }
}

/** Error codes of writing to a pipe whose reader has closed it; the last two are from Windows. */
const CLOSED = ['EPIPE', 'EOF', 'ECONNRESET'];

function watch(child: ChildProcess, { stdin, timeoutMs, graceMs = 2000 }: RunOptions): Promise<CommandOutcome> {
  // Kept apart, because the order of two pipes is unknown; errors are usually on the second.
  const [out, err] = [new Tail(), new Tail()];
  child.stdout?.on('data', (chunk: Buffer) => out.add(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.add(chunk));
  let unread = false;
  child.stdin?.on('error', (error) => {
    unread ||= CLOSED.includes(errnoOf(error) ?? '');
  });
  if (stdin !== undefined) child.stdin?.end(stdin.reveal());

  return new Promise((resolve) => {
    let late = false;
    let killing: NodeJS.Timeout | undefined;
    const endLate = () => {
      late = true;
      signalGroup(child, 'SIGTERM');
      killing = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
    };
    let ending: NodeJS.Immediate | undefined;
    // After this process was stopped, timers come first: the command may have ended in time, which the same turn tells.
    const limit = setTimeout(() => {
      ending = setImmediate(endLate);
    }, timeoutMs);
    const endTimers = () => {
      clearTimeout(limit);
      clearImmediate(ending);
      clearTimeout(killing);
    };
    child.on('error', (error) => {
      if (child.pid !== undefined) return;
      endTimers();
      resolve({ ended: 'not_started', code: errnoOf(error) ?? 'failed' });
    });
    child.on('exit', async (code, signal) => {
      endTimers();
      if (late) signalGroup(child, 'SIGKILL');
      await lastOutput(child);
      // Processes that it left running may keep these open.
      child.stdout?.destroy();
      child.stderr?.destroy();
      const output = [out.text(), err.text()].filter((text) => text !== '').join('\n');
      if (late) resolve({ ended: 'timeout', output });
      else if (signal !== null) resolve({ ended: 'signal', signal, output });
      else resolve(code === 0 && unread ? { ended: 'unread', output } : { ended: 'exit', code: code ?? -1, output });
    });
  });
}

/** Waits for output that arrives just after the exit; not for long, since background processes may keep the pipe open. */
function lastOutput(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const enough = setTimeout(resolve, 500);
    child.on('close', () => {
      clearTimeout(enough);
      resolve();
    });
  });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') endTree(child, child.pid);
    else process.kill(-child.pid, signal);
  } catch {
    // The whole group has ended.
  }
}

/** Windows has no process groups and no signals: ends the process and all that it started at once. */
function endTree(child: ChildProcess, pid: number): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const words = ['/pid', String(pid), '/t', '/f'];
  void import('node:child_process').then(({ spawn }) =>
    spawn('taskkill', words, { stdio: 'ignore', windowsHide: true }).on('error', () => child.kill()),
  );
}

const KEPT = 32 * 1024;

/** Keeps the end of a command's output in bounded memory. */
class Tail {
  #chunks: Buffer[] = [];
  #size = 0;
  #cut = false;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size > 2 * KEPT) this.#trim();
  }

  /** The kept text, without a line whose start was cut off: part of a secret is hard to recognize. */
  text(): string {
    this.#trim();
    const text = Buffer.concat(this.#chunks).toString('utf8');
    return this.#cut ? text.slice(text.indexOf('\n') + 1 || text.length) : text;
  }

  #trim(): void {
    if (this.#size <= KEPT) return;
    // A copy, so that the large buffer is freed.
    const kept = Buffer.from(Buffer.concat(this.#chunks).subarray(-KEPT));
    this.#chunks = [kept];
    this.#size = kept.length;
    this.#cut = true;
  }
}
