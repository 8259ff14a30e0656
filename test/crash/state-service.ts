/** A service that has the state, in this process. It keeps its objects in a file of the stage's folder, so that a copy of the folder has them. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { StateBackend } from '../../src/state/backend.ts';
import { objectBackend } from '../../src/state/object-backend.ts';
import type { StoredObject } from '../../src/state/object-store.ts';
import { MemoryService } from '../state/memory-store.ts';
import { ACCOUNT, azureServer, EMULATOR_KEY } from '../state/servers/azure.ts';
import { gcsServer } from '../state/servers/gcs.ts';
import type { AtEffect, ServedObject } from '../state/servers/object-server.ts';
import { S3Server } from '../state/servers/s3.ts';
import type { Point } from './points.ts';

export const SERVICE_KINDS = ['s3', 'gcs', 'azure'] as const;
export type ServiceKind = (typeof SERVICE_KINDS)[number];

type StatePoint = 'state' | 'state lock' | 'state snapshot';
/** Called before and after the effect of the nth request of its kind that changes something. True: its client was killed, and gets no answer. */
type AtChange = (what: StatePoint, when: 'before' | 'after', at: number) => boolean;

const FILE = 'state-service.json';
const PREFIX = 'prod';

interface Server {
  readonly url: string;
  readonly objects: Map<string, ServedObject> | Map<string, StoredObject>;
  atEffect: AtEffect;
  end(): Promise<void>;
}

/** A server, the bucket that it has, the fields of its block, and what the program needs in its environment. */
interface Kind {
  readonly start: () => Promise<Server>;
  readonly bucket: string;
  readonly block: (url: string) => object;
  readonly env: Readonly<Record<string, string>>;
}

const KINDS: Readonly<Record<ServiceKind, Kind>> = {
  s3: {
    start: () => S3Server.start(),
    bucket: 'acme-platform',
    block: (endpoint) => ({ bucket: 'acme-platform', region: 'eu-central-1', endpoint }),
    env: S3Server.ENV,
  },
  gcs: {
    start: () => gcsServer(),
    bucket: 'acme',
    block: (endpoint) => ({ bucket: 'acme', endpoint }),
    env: {},
  },
  azure: {
    start: () => azureServer(),
    bucket: 'acme',
    block: (url) => ({ account: ACCOUNT, container: 'acme', endpoint: `${url}/${ACCOUNT}` }),
    env: { AZURE_STORAGE_KEY: EMULATOR_KEY },
  },
};

export class StateService {
  /** The line of a configuration. */
  readonly block: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #server: Server;
  readonly #file: string;
  /** What all keys begin with. */
  readonly #folder: string;
  #reach: AtChange = () => false;
  #counts = new Map<string, number>();

  private constructor(kind: ServiceKind, server: Server, file: string) {
    const { bucket, block, env } = KINDS[kind];
    this.block = `state: ${JSON.stringify({ kind, prefix: PREFIX, ...block(server.url) })}\n`;
    this.env = env;
    this.#server = server;
    this.#file = file;
    this.#folder = `${bucket}/${PREFIX}/`;
    server.atEffect = (when, action) => this.#atEffect(when, action);
  }

  /** @param folder has the objects from then on, and may have some */
  static async start(kind: ServiceKind, folder: string): Promise<StateService> {
    const server = await KINDS[kind].start();
    const file = path.join(folder, FILE);
    if (existsSync(file)) {
      const saved = JSON.parse(readFileSync(file, 'utf8')) as [name: string, text: string, modified: number][];
      for (const [name, text, modified] of saved) {
        const date = new Date(modified);
        // Both are read with `Number`; the servers' types differ.
        (server.objects as Map<string, unknown>).set(name, { text, modified: kind === 's3' ? modified : date });
      }
    }
    return new StateService(kind, server, file);
  }

  /** Calls the function at each request that changes something, counted from here on. */
  atChanges(reach: AtChange): void {
    this.#counts = new Map();
    this.#reach = reach;
  }

  /** Whether a point is at a request to this service. */
  has(point: Point | undefined): boolean {
    return point?.what.startsWith('state') === true;
  }

  backend(): StateBackend {
    const service = new MemoryService();
    for (const [name, { text, modified }] of this.#server.objects) {
      if (name.startsWith(this.#folder)) {
        service.objects.set(name.slice(this.#folder.length), { text, modified: Number(modified) });
      }
    }
    return objectBackend(service.store());
  }

  isLocked(): boolean {
    return this.#server.objects.has(`${this.#folder}lock.json`);
  }

  /** The keys of all objects of locks. */
  locks(): string[] {
    const keys = [...this.#server.objects.keys()].map((name) => name.slice(this.#folder.length));
    return keys.filter((key) => key.startsWith('lock'));
  }

  close(): Promise<void> {
    return this.#server.end();
  }

  #atEffect(when: 'before' | 'after', action: string): boolean {
    const [, word = '', name = ''] = /^(\S+) (.*)$/.exec(action) ?? [];
    if (word === 'GET' || word === 'LIST') return false;
    if (when === 'after') this.#save();
    const what = pointOf(name);
    const at = (this.#counts.get(`${what} ${when}`) ?? 0) + 1;
    this.#counts.set(`${what} ${when}`, at);
    return this.#reach(what, when, at);
  }

  #save(): void {
    const objects = [...this.#server.objects].map(([name, { text, modified }]) => [name, text, Number(modified)]);
    writeFileSync(`${this.#file}.new`, JSON.stringify(objects));
    renameSync(`${this.#file}.new`, this.#file);
  }
}

function pointOf(name: string): StatePoint {
  if (/(^|\/)log\/\d+\.json$/.test(name)) return 'state';
  return /(^|\/)snapshots\//.test(name) ? 'state snapshot' : 'state lock';
}
