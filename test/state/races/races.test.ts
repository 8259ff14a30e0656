/**
 * Eight processes write one state; some are killed, and the lock of others is broken while they live. What was acknowledged is
 * in the state at the end. MDACC_RACE_ROUNDS=200 makes it a long test.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { stateHttp } from '../../../src/engine/state-http.ts';
import type { StateBackend } from '../../../src/state/backend.ts';
import { openBackend } from '../../../src/state/backends.ts';
import { fileBackend } from '../../../src/state/kinds/file/backend.ts';
import { objectBackend } from '../../../src/state/object-backend.ts';
import { openState } from '../../../src/state/opened-state.ts';
import { newFolder } from '../../files/processes.ts';
import { isWindows } from '../../platform.ts';
import { sandboxTable } from '../sandbox-table.ts';
import { ACCOUNT, azureServer } from '../servers/azure.ts';
import { gcsServer } from '../servers/gcs.ts';
import type { ObjectServer } from '../servers/object-server.ts';
import { S3Server } from '../servers/s3.ts';

const isLong = process.env.MDACC_RACE_ROUNDS !== undefined;
const ROUNDS = Number(process.env.MDACC_RACE_ROUNDS ?? 3);
const WRITERS = 8;
vi.setConfig({ testTimeout: 60_000 + ROUNDS * 10_000, hookTimeout: 60_000 });

const root = path.resolve(import.meta.dirname, '../../..');
/** In node_modules, where the program finds the packages that it imports. */
const program = path.join(root, 'node_modules/.cache/mdacc-races', `writer-${process.pid}.mjs`);

beforeAll(async () => {
  mkdirSync(path.dirname(program), { recursive: true });
  await build({
    entryPoints: [path.join(import.meta.dirname, 'writer.ts')],
    bundle: true,
    outfile: program,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
});

interface Place {
  readonly kind: string;
  /** As the program takes it. */
  readonly words: string;
  backend(): StateBackend | Promise<StateBackend>;
  /** Removes the lock, where the place is not in `server`. */
  readonly removeLock?: () => void;
}

/** What the writers of a place have said. */
class Writers {
  readonly kept: string[] = [];
  readonly lost: string[] = [];
  /** Rounds for which the lock was not to be had in time. */
  skipped = 0;
  readonly #place: Place;
  #count = 0;

  constructor(place: Place) {
    this.#place = place;
  }

  /** Starts a writer; `onKept` is told of what it says. */
  start(rounds: number, onKept: (child: ChildProcess) => void = () => {}, ...goOn: string[]): Promise<number | null> {
    const { kind, words } = this.#place;
    const name = `w${this.#count++}`;
    const child = spawn(process.execPath, [program, kind, words, name, String(rounds), ...goOn], {
      env: { ...process.env, ...S3Server.ENV },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [text, errors] = ['', ''];
    child.stderr.on('data', (data) => {
      errors += data;
    });
    child.stdout.on('data', (data) => {
      text += data;
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const [what, about = ''] = line.split(' ');
        if (what === 'kept') {
          this.kept.push(about);
          onKept(child);
        } else if (what === 'lost') this.lost.push(about);
        else if (what === 'skipped') this.skipped++;
      }
    });
    return new Promise((done) => {
      child.on('close', (code, signal) => {
        if (signal === null && code !== 0) this.lost.push(`${name} ended: ${errors}`);
        done(code);
      });
    });
  }

  /** What was acknowledged and is not in the state. */
  async missing(): Promise<string[]> {
    const { state } = await openState(await this.#place.backend(), 'acme');
    return this.kept.filter((name) => !state.accounts.has(name));
  }

  async unlock(): Promise<void> {
    await (await this.#place.backend()).unlock(async () => {}).catch(() => undefined);
  }
}

const CONTEXT = {
  env: process.env,
  defaultFile: '',
  http: async () => stateHttp({}),
  admin: () => Promise.reject(new Error('it is at no database')),
};
const LOCATION = { file: 'a.yaml', line: 1, column: 1 };

/** A folder of a cloud that stands in this process. */
function cloudPlace(cloud: ObjectServer, kind: string, block: Readonly<Record<string, string>>): Place {
  const prefix = `p${Math.random().toString(36).slice(2)}`;
  const config = { kind, location: LOCATION, ...block, prefix };
  const removeLock = () => void cloud.objects.delete(`acme/${prefix}/lock.json`);
  return {
    kind,
    words: JSON.stringify({ ...block, prefix }),
    backend: () => openBackend(config, CONTEXT),
    removeLock,
  };
}

let [google, microsoft]: ObjectServer[] = [];
beforeAll(async () => {
  [google, microsoft] = [await gcsServer(), await azureServer()];
  for (const cloud of [google, microsoft]) cloud.ahead = -3_600_000;
});
afterAll(() => Promise.all([google?.end(), microsoft?.end()]));

let server: S3Server;
beforeAll(async () => {
  server = await S3Server.start();
  server.ahead = 3_600_000;
  for (const [name, value] of Object.entries(S3Server.ENV)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.end();
});

const PLACES: readonly [string, () => Promise<Place>][] = [
  [
    'a file',
    async () => {
      const file = path.join(await newFolder(), 'state.json');
      return { kind: 'file', words: file, backend: () => fileBackend(file) };
    },
  ],
  [
    's3',
    async () => {
      const prefix = `p${Math.random().toString(36).slice(2)}`;
      const block = { bucket: 'acme-platform', prefix, region: server.region, endpoint: server.url };
      const config = { kind: 's3', location: LOCATION, ...block };
      return { kind: 's3', words: JSON.stringify(block), backend: () => openBackend(config, CONTEXT) };
    },
  ],
  [
    'gcs',
    async () => {
      if (google === undefined) throw new Error('its server has not started');
      return cloudPlace(google, 'gcs', { bucket: 'acme', endpoint: google.url });
    },
  ],
  [
    'azure',
    async () => {
      if (microsoft === undefined) throw new Error('its server has not started');
      const endpoint = `${microsoft.url}/${ACCOUNT}`;
      return cloudPlace(microsoft, 'azure', { account: ACCOUNT, container: 'acme', endpoint });
    },
  ],
  [
    'a table of the sandbox',
    async () => {
      const folder = await newFolder();
      const backend = async () => objectBackend(sandboxTable(folder, { database: 'ops' }));
      return { kind: 'motherduck', words: folder, backend };
    },
  ],
];

describe.skipIf(isWindows).each(isLong ? PLACES : PLACES.slice(0, 1))('eight writers of %s', (_, newPlace) => {
  it('lose nothing', async () => {
    const writers = new Writers(await newPlace());
    await Promise.all(Array.from({ length: WRITERS }, () => writers.start(Math.ceil(ROUNDS / 3))));
    expect(writers.lost).toEqual([]);
    expect(writers.kept).toHaveLength(WRITERS * Math.ceil(ROUNDS / 3) * 3);
    expect(await writers.missing()).toEqual([]);
  });

  it('lose nothing that was acknowledged when they are killed after any append', async () => {
    const writers = new Writers(await newPlace());
    for (let round = 0; round < ROUNDS; round++) {
      let left = round % 4;
      const victim = writers.start(2, (child) => void (left-- === 0 && child.kill('SIGKILL')));
      const others = Array.from({ length: 2 }, () => writers.start(1));
      await victim;
      await writers.unlock();
      await Promise.all(others);
    }
    expect(writers.lost).toEqual([]);
    expect(await writers.missing()).toEqual([]);
  });

  it('stop when their lock is broken while they live, and lose nothing that was acknowledged', async () => {
    const place = await newPlace();
    const [writers, folder] = [new Writers(place), await newFolder()];
    for (let round = 0; round < ROUNDS; round++) {
      const goOn = path.join(folder, String(round));
      let first: Promise<number | null> | undefined;
      await new Promise<void>((stands) => {
        first = writers.start(1, () => stands(), goOn);
      });
      await breakLock(place);
      await writers.start(1);
      writeFileSync(goOn, '');
      await first;
    }
    expect(writers.lost).toHaveLength(ROUNDS);
    expect(new Set(writers.lost)).toEqual(new Set(['STATE_LOST']));
    expect(await writers.missing()).toEqual([]);
  });
});

/** As somebody who is wrong about its holder. */
async function breakLock({ kind, words, removeLock }: Place): Promise<void> {
  if (removeLock !== undefined) return removeLock();
  if (kind === 'file') {
    const { rm } = await import('node:fs/promises');
    return rm(`${words}.lock`);
  }
  if (kind === 'motherduck') {
    const table = sandboxTable(words, { database: 'ops' });
    await table.remove('lock.json');
    return table.close();
  }
  const { prefix } = JSON.parse(words) as { prefix: string };
  server.objects.delete(`acme-platform/${prefix}/lock.json`);
}

/** Of the requests that create something: most are answered. */
function fateOf(n: number): 'answered' | 'answer_lost' | 'never_arrives' | 'hangs' {
  if (n % 211 === 100) return 'hangs';
  return n % 7 === 0 ? 'answer_lost' : n % 7 === 3 ? 'never_arrives' : 'answered';
}

/** Lets requests to a cloud fail, or with false no longer. */
const FAULTS: Readonly<Record<string, (isFaulty: boolean) => void>> = {
  s3: (isFaulty) => {
    let n = 0;
    server.fate = ({ isConditional }) => (isFaulty && isConditional ? fateOf(++n) : 'answered');
  },
  gcs: (isFaulty) => faultyCloud(google, isFaulty),
  azure: (isFaulty) => faultyCloud(microsoft, isFaulty),
};

function faultyCloud(cloud: ObjectServer | undefined, isFaulty: boolean): void {
  let n = 0;
  if (cloud !== undefined)
    cloud.fate = (action) => (isFaulty && action.startsWith('CREATE') ? fateOf(++n) : 'answered');
}

describe.skipIf(isWindows || !isLong).each(PLACES.filter(([name]) => name in FAULTS))(
  'eight writers of %s',
  (name, newPlace) => {
    // A request that hangs takes half a minute or more.
    const timeout = 120_000 + ROUNDS * 20_000;
    it('lose nothing over a network that hangs, and loses requests and answers', { timeout }, async () => {
      const writers = new Writers(await newPlace());
      FAULTS[name]?.(true);
      await Promise.all(Array.from({ length: WRITERS }, () => writers.start(Math.ceil(ROUNDS / 3))));
      FAULTS[name]?.(false);
      expect(await writers.missing()).toEqual([]);
      expect(writers.lost).toEqual([]);
      // While a request of the holder hangs, a busy machine can make others wait for too long: they write nothing.
      const rounds = WRITERS * Math.ceil(ROUNDS / 3);
      expect(writers.kept).toHaveLength((rounds - writers.skipped) * 3);
      expect(writers.skipped).toBeLessThan(rounds / 10);
    });
  },
);
