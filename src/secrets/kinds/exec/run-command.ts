import { type ChildProcess, spawn } from 'node:child_process';
import type { Secret } from '../../../model/secret.ts';
import { withoutTokens } from '../../environment.ts';
import { secretAsFile } from './stdin.ts';
import { Tail } from './tail.ts';

/** How a command ended. */
export type Outcome =
  | { readonly ended: 'exit'; readonly code: number; readonly output: string }
  | { readonly ended: 'signal'; readonly signal: string; readonly output: string }
  | { readonly ended: 'timeout'; readonly output: string }
  /** It exited with 0, but had closed its input before the secret was through. */
  | { readonly ended: 'unread'; readonly output: string }
  /** It could not be started; `code` is the system's. */
  | { readonly ended: 'not_started'; readonly code: string };

export interface RunOptions {
  readonly timeoutMs: number;
  /** Where it runs. */
  readonly folder: string;
  /** What the command reads on its standard input, without a line end; left out: nothing. */
  readonly stdin?: Secret;
  /** How long it may go on after SIGTERM. */
  readonly graceMs?: number;
}

/**
 * Runs a command without a shell. Its output is raw: it may hold the secret, so nothing of it may
 * be shown before scrub.ts has been over it. Only its end is kept; the rest is read and thrown away.
 */
export async function runCommand(words: readonly string[], options: RunOptions): Promise<Outcome> {
  const file = options.stdin === undefined ? undefined : await secretAsFile(options.stdin);
  try {
    const [program = '', ...args] = words;
    const child = spawn(program, args, {
      cwd: options.folder,
      stdio: [options.stdin === undefined ? 'ignore' : (file?.fd ?? 'pipe'), 'pipe', 'pipe'],
      env: withoutTokens(process.env),
      // Its own process group, so that the time limit reaches what it started too.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    return await watch(child, options);
  } catch (error) {
    return { ended: 'not_started', code: codeOf(error) };
  } finally {
    await file?.close();
  }
}

/** What writing to a pipe says that nobody reads any more; the last two are Windows'. */
const CLOSED = ['EPIPE', 'EOF', 'ECONNRESET'];

function watch(child: ChildProcess, { stdin, timeoutMs, graceMs = 2000 }: RunOptions): Promise<Outcome> {
  // Apart, since nobody knows in which order two pipes were written; what went wrong is said on the second.
  const [out, err] = [new Tail(), new Tail()];
  child.stdout?.on('data', (chunk: Buffer) => out.add(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.add(chunk));
  let unread = false;
  child.stdin?.on('error', (error) => {
    unread ||= CLOSED.includes(codeOf(error));
  });
  if (stdin !== undefined) child.stdin?.end(stdin.reveal());

  return new Promise((resolve) => {
    let late = false;
    let killing: NodeJS.Timeout | undefined;
    const limit = setTimeout(() => {
      late = true;
      signalGroup(child, 'SIGTERM');
      killing = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
    }, timeoutMs);
    const stop = () => {
      clearTimeout(limit);
      clearTimeout(killing);
      // Something that it left running may hold on to these.
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    child.on('error', (error) => {
      if (child.pid !== undefined) return;
      stop();
      resolve({ ended: 'not_started', code: codeOf(error) });
    });
    child.on('exit', async (code, signal) => {
      if (late) signalGroup(child, 'SIGKILL');
      await lastOutput(child);
      stop();
      const output = [out.text(), err.text()].filter((text) => text !== '').join('\n');
      if (late) resolve({ ended: 'timeout', output });
      else if (signal !== null) resolve({ ended: 'signal', signal, output });
      else resolve(code === 0 && unread ? { ended: 'unread', output } : { ended: 'exit', code: code ?? -1, output });
    });
  });
}

/** What was printed just before the end may come just after it; background processes may keep the pipe open for ever. */
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
    // All of it is gone already.
  }
}

/** Windows has no groups of processes and no signals: a process and those that it started are ended, at once. */
function endTree(child: ChildProcess, pid: number): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const words = ['/pid', String(pid), '/t', '/f'];
  spawn('taskkill', words, { stdio: 'ignore', windowsHide: true }).on('error', () => child.kill());
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'failed';
}
