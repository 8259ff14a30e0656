/** Where stories take place: a folder with a configuration and a sandbox, in which the built program runs, and a clock. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject, onTestFinished } from 'vitest';
import { Secret } from '../src/model/secret.ts';
import { openSandbox } from '../src/sandbox/open.ts';
import type { Organization } from '../src/sandbox/organization.ts';
import { type ServeOptions, serve } from '../src/sandbox/server.ts';
import { MAIN, type Ran, ROOT, runInProcess } from './in-process.ts';
import { isWindows } from './platform.ts';

export const CONFIG = 'motherduck.accounts.yaml';
export const STATE = 'motherduck.accounts.state.json';
export const SANDBOX = '.motherduck-sandbox';

const PATH = process.env.PATH ?? '';
/** Windows starts no program without these variables. */
const NEEDED_BY_WINDOWS = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => isWindows && /^(systemroot|comspec|pathext|temp|tmp)$/i.test(name)),
);

export interface StageOptions {
  /** A folder that exists, in the place of a new one; it keeps its configuration unless one is given. */
  readonly folder?: string;
  /** Is given the function that removes the folder; by default it is called when the test ends. */
  readonly leave?: (remove: () => void) => void;
}

export interface SpawnOptions {
  readonly stdio?: StdioOptions;
  /** Options of Node. */
  readonly node?: readonly string[];
}

export class Stage {
  readonly path: string;
  readonly env: Record<string, string> = {};

  /** A folder with a configuration (the repository's own unless given), which is removed when the test ends. */
  constructor(configuration?: string, { folder, leave = onTestFinished }: StageOptions = {}) {
    // Its real name, as the program finds it: the folder of temporary files may be a link, or named in short.
    this.path = folder ?? realpathSync.native(mkdtempSync(path.join(tmpdir(), 'mdacc-test-')));
    leave(() => rmSync(this.path, { recursive: true, force: true, maxRetries: 10 }));
    if (configuration !== undefined) this.write(CONFIG, configuration);
    else if (folder === undefined) cpSync(path.join(ROOT, CONFIG), this.file(CONFIG));
  }

  /** A copy of a folder of the repository, as a user makes it who starts from an example. */
  static copyOf(name: string): Stage {
    const stage = new Stage('');
    const ranHere = /[\\/](\.motherduck|\.motherduck-sandbox|motherduck\.accounts\.state\.json[^\\/]*)$/;
    cpSync(path.join(ROOT, name), stage.path, { recursive: true, filter: (from) => !ranHere.test(from) });
    return stage;
  }

  /** A folder whose configuration (the repository's own unless given) was applied in its sandbox. */
  static async applied(configuration?: string): Promise<Stage> {
    const stage = new Stage(configuration);
    // A folder after an apply is kept until the end of all tests, which start from copies of it.
    const kept = path.join(inject('folders'), createHash('sha256').update(stage.read()).digest('hex'));
    if (existsSync(kept)) cpSync(kept, stage.path, { recursive: true });
    else {
      const { code, stderr } = await stage.run('apply --sandbox --yes --no-smoke');
      if (code !== 0) throw new Error(stderr);
      const copy = `${kept}.${process.pid}`;
      cpSync(stage.path, copy, { recursive: true });
      try {
        renameSync(copy, kept);
      } catch {
        // Another process was faster.
        rmSync(copy, { recursive: true });
      }
    }
    return stage;
  }

  file(name: string): string {
    return path.join(this.path, name);
  }

  read(name = CONFIG): string {
    return readFileSync(this.file(name), 'utf8');
  }

  has(name: string): boolean {
    return existsSync(this.file(name));
  }

  /** @param mode of the file, where it is new */
  write(name: string, text: string, mode = 0o666): void {
    mkdirSync(path.dirname(this.file(name)), { recursive: true });
    writeFileSync(this.file(name), text, { mode });
  }

  remove(name: string): void {
    rmSync(this.file(name));
  }

  /** Changes the configuration. */
  edit(change: (text: string) => string): void {
    this.write(CONFIG, change(this.read()));
  }

  /** Runs a command to its end, in this process. */
  run(words: string | readonly string[], env: Record<string, string> = {}): Promise<Ran> {
    return runInProcess(argvOf(words), this.path, environmentOf(this, env));
  }

  /** Runs a command to its end, as a process of its own. */
  async runProgram(words: string | readonly string[], env: Record<string, string> = {}): Promise<Ran> {
    const { code, stdout, stderr } = await outputOf(this.spawn(words, env));
    return { code, stdout, stderr };
  }

  /** Does the same without its long timers: what is left of its work, such as a time limit or a connection, would keep it running for ever. */
  async runWithoutLongTimers(words: string | readonly string[]): Promise<Ran> {
    const child = this.spawn(words, {}, { node: ['--require', path.join(ROOT, 'test/long-timers.cjs')] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const { code, stdout, stderr } = await outputOf(child);
    return { code, stdout, stderr };
  }

  /** Begins a command as a process of its own; its standard input is empty. */
  spawn(
    words: string | readonly string[],
    env: Record<string, string> = {},
    { stdio = ['ignore', 'pipe', 'pipe'], node = [] }: SpawnOptions = {},
  ): ChildProcess {
    const environment = environmentOf(this, env);
    return spawn(process.execPath, [...node, MAIN, ...argvOf(words)], { cwd: this.path, env: environment, stdio });
  }

  /** Runs a command with --format json, and reads the document that it printed. */
  async json(
    words: string | readonly string[],
    env: Record<string, string> = {},
  ): Promise<Ran & { document: unknown }> {
    const ran = await this.run([...argvOf(words), '--format', 'json'], env);
    return { ...ran, document: JSON.parse(ran.stdout) };
  }

  /** Changes the folder's sandbox from this process, as people do at MotherDuck. */
  async inSandbox<T>(act: (organization: Organization) => Promise<T>): Promise<T> {
    const organization = await openSandbox(this.file(SANDBOX));
    try {
      return await act(organization);
    } finally {
      organization.close();
    }
  }

  /** Lets time pass in the folder's sandbox. */
  advance(seconds: number): Promise<number> {
    return this.inSandbox((organization) => organization.advance(seconds));
  }

  /** Serves the folder's sandbox over HTTP from this process until the test ends. The folder's commands use it from then on. */
  async serve(how: Pick<ServeOptions, 'latency' | 'failRate' | 'rateLimit'> = {}): Promise<string> {
    const token = `sandbox-admin-${randomUUID()}`;
    const folder = this.file(SANDBOX);
    const organization = await openSandbox(folder, { adminToken: new Secret(token) });
    const { url, close } = await serve({ ...how, organization, port: 0 });
    onTestFinished(() => close().then(() => organization.close()));
    Object.assign(this.env, { MOTHERDUCK_API_URL: url, MOTHERDUCK_ADMIN_TOKEN: token, MDACC_SANDBOX: folder });
    return url;
  }

  /** Does the same with a process of `mdacc sandbox serve`. */
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

function argvOf(words: string | readonly string[]): readonly string[] {
  return typeof words === 'string' ? words.split(' ').filter((word) => word !== '') : words;
}

/** All that a command finds in its environment: nothing of this machine but what is needed to start a program. */
function environmentOf(stage: Stage, env: Readonly<Record<string, string>>): Record<string, string> {
  return { PATH, ...NEEDED_BY_WINDOWS, HOME: stage.path, ...stage.env, ...env };
}

/** Waits for the end of a process, and gives what it wrote. */
export async function outputOf(child: ChildProcess): Promise<Ran & { readonly signal: NodeJS.Signals | null }> {
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
    });
  }
  const [code, signal] = await once(child, 'close');
  return { code, signal, ...written };
}

/**
 * Waits until something is so while a process runs.
 * @param ended what `outputOf` returned for the process
 * @throws if the process ends first, with what it wrote on stderr
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  ended: Promise<Pick<Ran, 'code' | 'stderr'>>,
): Promise<void> {
  let end: string | undefined;
  ended.then(
    ({ code, stderr }) => {
      end = `with exit code ${code}: ${stderr}`;
    },
    (error) => {
      end = String(error);
    },
  );
  for (;;) {
    // Read before the condition, which may have come true just before the end.
    const known = end;
    if (await condition()) return;
    if (known !== undefined) throw new Error(`the process ended first, ${known}`);
    await sleep(10);
  }
}
