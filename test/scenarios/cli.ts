/** The program as people run it: built, in a folder of its own, with nothing from this machine's environment. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { isWindows } from '../platform.ts';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const MAIN = path.join(ROOT, 'dist/main.cjs');

/** Without these no program starts there, or finds another one. */
const NEEDED_BY_WINDOWS = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => isWindows && /^(systemroot|comspec|pathext|temp|tmp)$/i.test(name)),
);

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Folder {
  readonly path: string;
  readonly env: Record<string, string> = {};

  /** A folder with a configuration (the repository's own unless given), which goes with the test unless `leave` says. */
  constructor(configuration?: string, leave: (remove: () => void) => void = onTestFinished) {
    // Its real name, as the program finds it: the folder of temporary files may be a link, or named in short.
    this.path = realpathSync.native(mkdtempSync(path.join(tmpdir(), 'mdacc-test-')));
    leave(() => rmSync(this.path, { recursive: true, force: true, maxRetries: 10 }));
    if (configuration === undefined)
      cpSync(path.join(ROOT, 'motherduck.accounts.yaml'), this.file('motherduck.accounts.yaml'));
    else this.write('motherduck.accounts.yaml', configuration);
  }

  /** A folder that is a copy of another one of the repository, as somebody makes it who begins with an example. */
  static copyOf(name: string): Folder {
    const folder = new Folder('');
    const ranHere = /[\\/](\.motherduck|\.motherduck-sandbox|motherduck\.accounts\.state\.json[^\\/]*)$/;
    cpSync(path.join(ROOT, name), folder.path, { recursive: true, filter: (from) => !ranHere.test(from) });
    return folder;
  }

  file(name: string): string {
    return path.join(this.path, name);
  }

  read(name: string): string {
    return readFileSync(this.file(name), 'utf8');
  }

  has(name: string): boolean {
    return existsSync(this.file(name));
  }

  write(name: string, text: string): void {
    mkdirSync(path.dirname(this.file(name)), { recursive: true });
    writeFileSync(this.file(name), text);
  }

  remove(name: string): void {
    rmSync(this.file(name));
  }

  /** Changes the configuration. */
  edit(change: (text: string) => string): void {
    this.write('motherduck.accounts.yaml', change(this.read('motherduck.accounts.yaml')));
  }

  /** Begins a command; its standard input is empty. */
  spawn(
    words: string | readonly string[],
    env: Record<string, string> = {},
    stdio: StdioOptions = ['ignore', 'pipe', 'pipe'],
  ): ChildProcess {
    const args = typeof words === 'string' ? words.split(' ').filter((word) => word !== '') : words;
    return spawn(process.execPath, [MAIN, ...args], {
      cwd: this.path,
      env: { PATH: process.env.PATH ?? '', ...NEEDED_BY_WINDOWS, HOME: this.path, ...this.env, ...env },
      stdio,
    });
  }

  /** Runs a command to its end. */
  async run(words: string | readonly string[], env: Record<string, string> = {}): Promise<Ran> {
    const child = this.spawn(words, env);
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        said[name] += text;
      });
    }
    const [code] = await once(child, 'close');
    return { code, ...said };
  }

  /** Serves the folder's sandbox over HTTP, until the test ends, and points the folder's commands at it. */
  async serve(...options: readonly string[]): Promise<string> {
    const child = this.spawn(['sandbox', 'serve', '--port', '0', ...options]);
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    child.stdout?.setEncoding('utf8');
    for await (const text of child.stdout ?? []) {
      said += text;
      if (said.includes('MDACC_SANDBOX=')) break;
    }
    for (const line of said.trim().split('\n')) {
      const [name, value] = line.split(/=(.*)/s);
      if (name !== undefined && value !== undefined) this.env[name] = value;
    }
    return this.env.MOTHERDUCK_API_URL ?? '';
  }
}
