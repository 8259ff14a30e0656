/** A folder with a configuration, a state, secrets and an organization, in which the real program runs and is killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Secret } from '../../src/model/secret.ts';
import { openSandbox } from '../../src/sandbox/open.ts';
import type { Organization } from '../../src/sandbox/organization.ts';
import type { Point, Trace } from './points.ts';
import { AmbushServer } from './server.ts';

const MAIN = path.resolve(import.meta.dirname, '../../dist/main.cjs');
const HOOK = path.join(import.meta.dirname, 'file-hook.cjs');
export const ADMIN = 'admin-of-the-crash-harness';

export const CONFIG = 'motherduck.accounts.yaml';
export const STATE = 'motherduck.accounts.state.json';
export const DOTENV = '.motherduck/tokens.env';
export const JSON_FILE = '.motherduck/tokens.json';
export const SANDBOX = '.motherduck-sandbox';

/** What the hook looks at, by file name. */
const WATCHED: Readonly<Record<string, Point['what']>> = {
  [STATE]: 'state',
  [path.basename(DOTENV)]: 'secret',
  [path.basename(JSON_FILE)]: 'secret',
  [`${STATE}.lock`]: 'lock',
  [`${STATE}.lock.takeover`]: 'lock',
  [`${path.basename(DOTENV)}.lock`]: 'lock',
  [`${path.basename(JSON_FILE)}.lock`]: 'lock',
};

export interface Ran extends Trace {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Stage {
  readonly folder: string;
  readonly organization: Organization;
  readonly server: AmbushServer;
  #runs = 0;

  private constructor(folder: string, organization: Organization, server: AmbushServer) {
    this.folder = folder;
    this.organization = organization;
    this.server = server;
  }

  /** Opens a folder, as a copy of another one where that is given. */
  static async open(folder: string, copyOf?: string): Promise<Stage> {
    if (copyOf === undefined) mkdirSync(folder, { recursive: true });
    else cpSync(copyOf, folder, { recursive: true });
    const organization = await openSandbox(path.join(folder, SANDBOX), { adminToken: new Secret(ADMIN) });
    return new Stage(folder, organization, await AmbushServer.start(organization));
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  read(name: string): string {
    return readFileSync(this.file(name), 'utf8');
  }

  write(name: string, text: string): void {
    mkdirSync(path.dirname(this.file(name)), { recursive: true });
    writeFileSync(this.file(name), text, { mode: 0o600 });
  }

  /** Does what a person or another program does at MotherDuck. */
  async byHand(method: string, target: string, body: object = {}): Promise<void> {
    const call = { method, target: `/v1/users${target}`, authorization: `Bearer ${ADMIN}`, body: JSON.stringify(body) };
    const answer = await this.organization.respond(call);
    if (answer.status !== 200) throw new Error(`${method} ${target}: ${answer.text}`);
  }

  /** Runs the program to its end, or to the point at which it is killed. */
  async run(words: readonly string[], point?: Point): Promise<Ran> {
    this.#runs += 1;
    const log = `${this.folder}.steps-${this.#runs}`;
    const kill = point?.what === 'request' ? undefined : point;
    const child = spawn(process.execPath, ['--require', HOOK, MAIN, ...words], {
      cwd: this.folder,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: this.folder,
        MOTHERDUCK_API_URL: this.server.url,
        MOTHERDUCK_ADMIN_TOKEN: ADMIN,
        MDACC_SANDBOX: SANDBOX,
        CRASH_HOOK: JSON.stringify({ log, files: WATCHED, kill }),
        CRASH_LOG: log,
        CRASH_VAULT: point?.what === 'vault' ? `${point.when} ${point.at}` : '',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.server.lieInWait(point?.what === 'request' ? { ...point, kill: () => child.kill('SIGKILL') } : undefined);
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        said[name] += text;
      });
    }
    const [code, signal] = await once(child, 'close');
    const requests = await this.server.settle();
    const steps = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : [];
    return { code, signal, ...said, requests, steps };
  }

  async close(): Promise<void> {
    await this.server.close();
    this.organization.close();
  }
}
