/** The journey as a process: begun, ended, and stopped with everything that it started. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Step } from './step-reporter.ts';

export interface Journey {
  readonly steps: readonly Step[];
  /** 0 when all is well; undefined when a signal ended it. */
  readonly code: number | undefined;
}

export interface JourneyOptions {
  readonly root: string;
  /** A folder for whatever it writes. */
  readonly work: string;
  readonly run: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stopping: AbortSignal;
}

/** So long may commands take to finish their calls and save their state. */
const GRACE_MS = 20_000;

/**
 * Runs the steps to their end. When this resolves, no process of it is left, so that nothing is made any more: they
 * are a group of their own, which Ctrl-C reaches only by way of `stopping`.
 */
export async function journey({ root, work, run, env, stopping }: JourneyOptions): Promise<Journey> {
  const file = path.join(work, 'steps.jsonl');
  const program = path.join(root, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [program, 'run', '--config', 'test/live-service/vitest.config.ts'], {
    cwd: root,
    // Its input ends with this process (leash.ts), and its output is no result of ours.
    stdio: ['pipe', process.stderr, process.stderr],
    env: { ...env, MDACC_LIVE_RUN: run, MDACC_LIVE_STEPS: file, TMPDIR: work },
    detached: true,
  });
  const ended = once(child, 'close');
  const onStop = () => signal(child.pid, 'SIGINT');
  stopping.addEventListener('abort', onStop);
  if (stopping.aborted) onStop();
  const code = await Promise.race([ended.then(([code]) => code ?? undefined), stopped(stopping)]);
  stopping.removeEventListener('abort', onStop);
  await gone(child.pid);
  return { code: typeof code === 'number' ? code : undefined, steps: readSteps(file) };
}

function stopped(stopping: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    stopping.addEventListener('abort', () => resolve(undefined), { once: true });
    if (stopping.aborted) resolve(undefined);
  });
}

/** Waits until the group is empty, and empties it when that takes too long. */
async function gone(pid: number | undefined): Promise<void> {
  const began = performance.now();
  while (signal(pid, 0)) {
    const waited = performance.now() - began;
    if (waited > GRACE_MS) signal(pid, 'SIGKILL');
    // What stays after that is a dead process that nobody has asked for.
    if (waited > GRACE_MS + 2000) return;
    await sleep(50);
  }
}

/** Signals the group; gives whether there is one. */
function signal(pid: number | undefined, name: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(-pid, name);
    return true;
  } catch {
    return false;
  }
}

function readSteps(file: string): Step[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Step);
}
