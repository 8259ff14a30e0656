/** Starts the live suite as a process of its own, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { type Ran, ROOT } from '../in-process.ts';
import type { Stage } from '../stage.ts';

const START = path.join(ROOT, 'test/live-service/start.mjs');

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
}

/** Starts what `npm run test:live` starts once it has built the program. */
export function startSuite(
  folder: Pick<Stage, 'path' | 'env'>,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Started {
  const child = spawn(process.execPath, [START, ...args], {
    cwd: folder.path,
    env: { PATH: process.env.PATH ?? '', HOME: folder.path, TMPDIR: tmpdir(), MDACC_LIVE: '1', ...folder.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  return { child, ended: once(child, 'close').then(([code]) => ({ code, ...said })) };
}
