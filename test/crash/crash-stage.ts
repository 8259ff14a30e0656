/** A stage that can kill the program: at a request, by the server of its organization; at a write of a file, by a hook. */
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Secret } from '../../src/model/secret.ts';
import { openSandbox } from '../../src/sandbox/open.ts';
import type { Organization } from '../../src/sandbox/organization.ts';
import type { StateBackend } from '../../src/state/backend.ts';
import { fileBackend } from '../../src/state/kinds/file/backend.ts';
import type { Ran } from '../in-process.ts';
import { CONFIG, outputOf, SANDBOX, STATE, Stage } from '../stage.ts';
import { KillingServer } from './killing-server.ts';
import type { Point, Trace } from './points.ts';
import { type ServiceKind, StateService } from './state-service.ts';
import { StateTable } from './state-table.ts';

const { takeImage } = createRequire(import.meta.url)('./image.cjs') as {
  takeImage: (from: string, to: string) => void;
};

const HOOK = path.join(import.meta.dirname, 'file-hook.cjs');
export const ADMIN = 'admin-of-the-crash-harness';

export const DOTENV = '.motherduck/tokens.env';
export const JSON_FILE = '.motherduck/tokens.json';

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

/** How a run ended that may have been killed. */
export interface Killed extends Ran, Trace {
  readonly signal: NodeJS.Signals | null;
}

export class CrashStage extends Stage {
  readonly organization: Organization;
  readonly server: KillingServer;
  /** Where the state is; undefined: in a file. */
  readonly service: StateService | StateTable | undefined;
  #runs = 0;

  private constructor(
    folder: string,
    organization: Organization,
    server: KillingServer,
    service?: StateService | StateTable,
  ) {
    super(undefined, { folder, leave: () => {} });
    this.organization = organization;
    this.server = server;
    this.service = service;
    const env = { MOTHERDUCK_API_URL: server.url, MOTHERDUCK_ADMIN_TOKEN: ADMIN, MDACC_SANDBOX: SANDBOX };
    Object.assign(this.env, env, service?.env);
  }

  /** Opens a folder, as a copy of another one where that is given. Its state is in a file, or in a service of this kind. */
  static async open(folder: string, kind?: ServiceKind | 'motherduck', copyOf?: string): Promise<CrashStage> {
    if (copyOf === undefined) mkdirSync(folder, { recursive: true });
    else cpSync(copyOf, folder, { recursive: true });
    const organization = await openSandbox(path.join(folder, SANDBOX), { adminToken: new Secret(ADMIN) });
    const service =
      kind === undefined
        ? undefined
        : kind === 'motherduck'
          ? new StateTable(path.join(folder, SANDBOX))
          : await StateService.start(kind, folder);
    const stage = new CrashStage(folder, organization, await KillingServer.start(organization), service);
    // The service has another port than when the folder was made.
    if (service !== undefined && stage.has(CONFIG)) stage.configure(stage.read().replace(/^state: .*\n/m, ''));
    return stage;
  }

  /** Writes a configuration, with where the state is. */
  configure(text: string): void {
    this.write(CONFIG, `${text}${this.service?.block ?? ''}`);
  }

  /** The state, as a program would read it. */
  async backend(): Promise<StateBackend> {
    return (await this.service?.backend()) ?? fileBackend(this.file(STATE));
  }

  async isLocked(): Promise<boolean> {
    return (await this.service?.isLocked()) ?? this.has(`${STATE}.lock`);
  }

  /** Does what a person or another program does at MotherDuck. */
  async byHand(method: string, target: string, body: object = {}): Promise<void> {
    const call = { method, target: `/v1/users${target}`, authorization: `Bearer ${ADMIN}`, body: JSON.stringify(body) };
    const answer = await this.organization.respond(call);
    if (answer.status !== 200) throw new Error(`${method} ${target}: ${answer.text}`);
  }

  /** Runs the program to its end, or to the point at which it is killed. */
  runUntil(words: string, point?: Point): Promise<Killed> {
    return this.#watched(words, { point });
  }

  /** Runs the program to its end, and puts a copy of the folder as it is at each point into `images`, by the name of the point. */
  runWithImages(words: string, images: string): Promise<Killed> {
    return this.#watched(words, { images });
  }

  async #watched(
    words: string,
    { point, images }: { point?: Point | undefined; images?: string | undefined },
  ): Promise<Killed> {
    this.#runs += 1;
    const log = `${this.path}.steps-${this.#runs}`;
    const steps: string[] = [];
    const kill = point?.what === 'request' || this.service?.has(point) ? undefined : point;
    const env = {
      CRASH_HOOK: JSON.stringify({ log, files: WATCHED, kill, images }),
      CRASH_LOG: log,
      CRASH_VAULT: point?.what === 'vault' ? `${point.when} ${point.at}` : '',
    };
    const child = this.spawn(words, env, { node: ['--require', HOOK] });
    const reach = (what: Point['what'], when: 'before' | 'after', at: number) => {
      if (images !== undefined) {
        // It does nothing while its folder is copied.
        child.kill('SIGSTOP');
        takeImage(this.path, path.join(images, `${when} ${what} ${at}`));
        child.kill('SIGCONT');
      }
      const isHere = point?.what === what && point.when === when && point.at === at;
      return isHere && child.kill('SIGKILL');
    };
    this.server.atRequests((when, at) => reach('request', when, at));
    this.service?.atChanges((what, when, at) => {
      steps.push(`${what} ${when}`);
      return reach(what, when, at);
    });
    const ran = await outputOf(child);
    const requests = await this.server.settle();
    if (existsSync(log)) steps.push(...readFileSync(log, 'utf8').split('\n').slice(0, -1));
    this.service?.atChanges(() => false);
    return { ...ran, requests, steps };
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.service?.close();
    this.organization.close();
  }
}
