/** Runs the npm and npx of this Node without a shell, because they are batch files on Windows. */
import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The folder of npm's programs: from npm's own variable, beside node, or on the PATH. */
function npmFolder(): string {
  const beside = path.dirname(process.execPath);
  const onPath = (process.env.PATH ?? '').split(path.delimiter).map((folder) => path.join(folder, 'npm'));
  const candidates = [
    process.env.npm_execpath ?? '',
    path.join(beside, 'node_modules/npm/bin/npm-cli.js'),
    path.join(beside, '../lib/node_modules/npm/bin/npm-cli.js'),
    ...onPath.filter((file) => existsSync(file)).map((file) => realpathSync(file)),
  ];
  const found = candidates.find((file) => path.basename(file) === 'npm-cli.js' && existsSync(file));
  if (found === undefined) throw new Error(`npm was not found at: ${candidates.join(', ')}`);
  return path.dirname(found);
}

/** Runs npm and returns its standard output. */
export async function npm(cwd: string, ...words: readonly string[]): Promise<string> {
  return (await run(process.execPath, [path.join(npmFolder(), 'npm-cli.js'), ...words], { cwd })).stdout;
}

export async function npx(cwd: string, ...words: readonly string[]): Promise<string> {
  const args = [path.join(npmFolder(), 'npx-cli.js'), '--no-install', ...words];
  return (await run(process.execPath, args, { cwd, env: bare(cwd) })).stdout;
}

export async function node(cwd: string, ...words: readonly string[]): Promise<string> {
  return (await run(process.execPath, words, { cwd, env: bare(cwd) })).stdout;
}

/** The environment without this machine's tokens, and without the settings that npm passes to the tests. */
function bare(home: string): NodeJS.ProcessEnv {
  const unwanted = /^(npm_|mother|mdacc|github_|force_color|node_options)/i;
  const kept = Object.entries(process.env).filter(([name]) => !unwanted.test(name));
  return { ...Object.fromEntries(kept), HOME: home, NO_COLOR: '1' };
}
