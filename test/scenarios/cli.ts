/** The program as people run it: built, in a folder of its own, with nothing from this machine's environment. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, onTestFinished } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { openSandbox } from '../../src/sandbox/open.ts';
import type { Organization } from '../../src/sandbox/organization.ts';
import { type ServeOptions, serve } from '../../src/sandbox/server.ts';
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

/** Folders after an apply, by the configuration, which the tests of a file begin with copies of. */
const keptAfterApply = new Map<string | undefined, string>();
afterAll(() => {
  for (const folder of keptAfterApply.values()) rmSync(folder, { recursive: true, force: true });
});

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

  /** A folder whose configuration (the repository's own unless given) was applied in its sandbox. */
  static async applied(configuration?: string): Promise<Folder> {
    const folder = new Folder(configuration);
    const kept = keptAfterApply.get(configuration);
    if (kept !== undefined) cpSync(kept, folder.path, { recursive: true });
    else {
      const { code, stderr } = await folder.run('apply --sandbox --yes --no-smoke');
      if (code !== 0) throw new Error(stderr);
      const copy = mkdtempSync(path.join(tmpdir(), 'mdacc-applied-'));
      cpSync(folder.path, copy, { recursive: true });
      keptAfterApply.set(configuration, copy);
    }
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

  /** Does to the folder's sandbox, from this process, what people do at MotherDuck, and time. */
  async inSandbox<T>(act: (organization: Organization) => Promise<T>): Promise<T> {
    const organization = await openSandbox(this.file('.motherduck-sandbox'));
    try {
      return await act(organization);
    } finally {
      organization.close();
    }
  }

  /** Serves the folder's sandbox over HTTP from this process, until the test ends, and points the folder's commands at it. */
  async serve(how: Pick<ServeOptions, 'latency' | 'failRate' | 'rateLimit'> = {}): Promise<string> {
    const token = `sandbox-admin-${randomUUID()}`;
    const folder = this.file('.motherduck-sandbox');
    const organization = await openSandbox(folder, { adminToken: new Secret(token) });
    const { url, close } = await serve({ ...how, organization, port: 0 });
    onTestFinished(() => close().then(() => organization.close()));
    Object.assign(this.env, { MOTHERDUCK_API_URL: url, MOTHERDUCK_ADMIN_TOKEN: token, MDACC_SANDBOX: folder });
    return url;
  }

  /** The same by `mdacc sandbox serve`, as people do it. */
  async serveByProgram(...options: readonly string[]): Promise<string> {
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
