import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { inject } from 'vitest';

/** A new empty folder, removed after the tests of all files. */
export async function newFolder(): Promise<string> {
  // Its real path: the folder of temporary files may be a link or have a short name.
  return await realpath(await mkdtemp(join(inject('folders'), 'mdacc-files-')));
}

/** Writes a program from TypeScript text whose imports are relative to the repository. Returns its path. */
export async function program(text: string): Promise<string> {
  const built = await build({
    stdin: { contents: text, resolveDir: resolve(import.meta.dirname, '../..'), loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    // The UMD entry of jsonc-parser cannot be bundled.
    mainFields: ['module', 'main'],
  });
  const file = join(await newFolder(), 'program.mjs');
  await writeFile(file, built.outputFiles[0]?.text ?? '');
  return file;
}

export interface Run {
  readonly child: ChildProcess;
  /** Settles when the process has ended. */
  readonly ended: Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>;
  /** Resolves when the process has printed this. */
  printed(text: string): Promise<void>;
}

/** Starts a command and listens to it. */
export function run(words: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
  const [command = '', ...args] = words;
  const child = spawn(command, args, { env: { ...process.env, ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return {
    child,
    ended: new Promise((done) => {
      child.on('close', (code, signal) => done({ code, signal, stdout, stderr }));
    }),
    printed: (text) =>
      new Promise((done, fail) => {
        const look = () => stdout.includes(text) && done();
        child.stdout.on('data', look);
        child.on('close', () => fail(new Error(`ended without printing ${text}: ${stderr}`)));
        look();
      }),
  };
}

/** A pid that no process has. */
export function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

/** Runs something in a folder on a file system of 64 kB; undefined: this user cannot mount one. */
export async function onSmallDisk<T>(act: (folder: string) => Promise<T>): Promise<T | undefined> {
  const folder = await newFolder();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'mdacc-test', folder]).status !== 0) return undefined;
  try {
    return await act(folder);
  } finally {
    spawnSync('umount', [folder]);
  }
}

export const canMount = process.getuid?.() === 0 && (await onSmallDisk(async () => true)) === true;

/** Words that run a command as the user nobody, so that modes apply; undefined where that is not possible. */
export const asNobody: readonly string[] | undefined = (() => {
  const words = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  return spawnSync('setpriv', [...words.slice(1), process.execPath, '-e', '']).status === 0 ? words : undefined;
})();
