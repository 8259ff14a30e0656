import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, open, stat, unlink } from 'node:fs/promises';
import { posix, resolve, win32 } from 'node:path';
import { type Secret, withoutTokens } from '../../../model/secret.ts';

/** How a command ended. */
export type Outcome =
  | { readonly ended: 'exit'; readonly code: number; readonly output: string }
  | { readonly ended: 'signal'; readonly signal: string; readonly output: string }
  | { readonly ended: 'timeout'; readonly output: string }
  /** It exited with 0, but closed its input before the whole secret was written. */
  | { readonly ended: 'unread'; readonly output: string }
  /** It could not be started; `code` is the system's. */
  | { readonly ended: 'not_started'; readonly code: string };

/** How to run a command. */
export interface RunOptions {
  /** The time limit, in milliseconds. */
  readonly timeoutMs: number;
  /** The working directory. */
  readonly folder: string;
  /** Written to the command's standard input, without a line break; absent: nothing. */
  readonly stdin?: Secret;
  /** The time between SIGTERM and SIGKILL, in milliseconds; 2000 by default. */
  readonly graceMs?: number;
}

/**
 * Runs a command without a shell. The output is raw and may contain the secret: pass it through scrub.ts before showing
 * it. Only the end of the output is kept.
 */
export async function runCommand(words: readonly string[], options: RunOptions): Promise<Outcome> {
  const file = options.stdin === undefined ? undefined : await secretAsFile(options.stdin);
  try {
    const [program = '', ...args] = words;
    const { spawn } = await import('node:child_process');
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

/** Error codes of writing to a pipe whose reader has closed it; the last two are from Windows. */
const CLOSED = ['EPIPE', 'EOF', 'ECONNRESET'];

function watch(child: ChildProcess, { stdin, timeoutMs, graceMs = 2000 }: RunOptions): Promise<Outcome> {
  // Kept apart, because the order of two pipes is unknown; errors are usually on the second.
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
      // Processes that it left running may keep these open.
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

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'failed';
}

/** What a command's first word names. A batch file needs a shell, which is not used. */
export type ProgramKind = 'program' | 'batch file' | 'nothing';

/** Where to look for a program. */
export interface SearchPath {
  /** The working directory of the command. */
  readonly folder: string;
  readonly platform: NodeJS.Platform;
  /** The value of PATH. */
  readonly path: string | undefined;
}

/** Finds a program the way the system does when it starts: by its path relative to the folder, or by name on the PATH. */
export async function findProgram(program: string, search: SearchPath): Promise<ProgramKind> {
  if (program === '') return 'nothing';
  const isBatch = /\.(cmd|bat)$/i.test(program);
  if (!isBatch && (await exists(program, runnableEndings(program, search), search))) return 'program';
  const endings = search.platform === 'win32' ? ['.cmd', '.bat', ...(isBatch ? [''] : [])] : [];
  return (await exists(program, endings, search)) ? 'batch file' : 'nothing';
}

/** Windows runs a name without an extension only with one added: a file `az` may be a script for other systems. */
function runnableEndings(program: string, { platform }: SearchPath): string[] {
  if (platform !== 'win32') return [''];
  return win32.extname(program) === '' ? ['.com', '.exe'] : ['', '.com', '.exe'];
}

async function exists(program: string, endings: readonly string[], search: SearchPath): Promise<boolean> {
  for (const folder of foldersFor(program, search)) {
    for (const ending of endings) {
      if (await canRun(resolve(search.folder, folder, program + ending))) return true;
    }
  }
  return false;
}

function foldersFor(program: string, { platform, path = '' }: SearchPath): string[] {
  if (/[\\/]/.test(program)) return [''];
  // An empty entry of the PATH is the current folder, where Windows always looks first.
  return platform === 'win32' ? ['', ...path.split(win32.delimiter)] : path.split(posix.delimiter);
}

async function canRun(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

const KEPT = 32 * 1024;

/** Keeps the end of a command's output in bounded memory. */
export class Tail {
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

/**
 * The secret as an open file for a command's standard input; undefined where that is not possible, and the secret goes
 * through Node's pipe instead.
 *
 * On Linux, Node's pipe is a socket, which cannot be opened as `/dev/stdin`; `aws` and `kubectl` are given secrets that
 * way (`file:///dev/stdin`). The file is in memory (/dev/shm), readable for this user only, and unlinked before the
 * secret is written to it: no other process can open it, and it is freed with its last reader.
 */
export async function secretAsFile(secret: Secret): Promise<FileHandle | undefined> {
  if (process.platform !== 'linux') return undefined;
  const path = `/dev/shm/mdacc-${randomBytes(16).toString('hex')}`;
  const writer = await open(path, 'wx', 0o600).catch(() => undefined);
  if (writer === undefined) return undefined;
  let reader: FileHandle | undefined;
  try {
    reader = await open(path, 'r');
    await unlink(path);
    await writer.writeFile(secret.reveal());
    return reader;
  } catch {
    await reader?.close();
    await unlink(path).catch(() => undefined);
    return undefined;
  } finally {
    await writer.close();
  }
}
