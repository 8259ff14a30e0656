/** A secret store that fails at each secret in every way: no token is lost, and the next run converges. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Secret } from '../../src/model/secret.ts';
import { UserError } from '../../src/model/user-error.ts';
import { fileStore } from '../../src/secrets/kinds/file/store.ts';
import type { NewSecret, SecretStore } from '../../src/secrets/store.ts';
import { canMount, newFolder, onSmallDisk } from '../files/processes.ts';
import { isWindows } from '../platform.ts';
import { execConfig, fileConfig, openExecStore } from '../secrets/example.ts';
import type { MemoryStore } from '../world.ts';
import { FaultMatrix, testTheRest } from './fault-matrix.ts';
import type { Ran } from './faulty-world.ts';

let matrix: FaultMatrix;
beforeAll(async () => {
  matrix = await FaultMatrix.make();
});
afterAll(() => console.log(`failing stores: ${matrix.combinations} combinations of a failure, a secret and a span`));

/** How the store takes one secret in the place of the good one. */
type Put = (address: NewSecret, secret: Secret, memory: MemoryStore) => Promise<unknown>;

const down = new UserError('STORE_FAILED', 'the vault is sealed', 'Unseal it.');

/** A store that is good but for the secret with this number, or but for that and all after it. */
class BadAt implements SecretStore {
  readonly name = 'memory';
  hit = false;
  readonly seen: Secret[] = [];
  readonly #memory: MemoryStore;
  readonly #put: Put;
  readonly #isBad: (number: number) => boolean;
  #puts = 0;

  constructor(memory: MemoryStore, put: Put, isBad: (number: number) => boolean) {
    this.#memory = memory;
    this.#put = put;
    this.#isBad = isBad;
  }

  secretPath(address: NewSecret): string {
    return this.#memory.secretPath(address);
  }

  async check(): Promise<void> {}

  async put(address: NewSecret, secret: Secret): Promise<void> {
    this.seen.push(secret);
    if (!this.#isBad(this.#puts++)) return this.#memory.put(address, secret);
    this.hit = true;
    await this.#put(address, secret, this.#memory);
  }
}

interface Options {
  /** The secret stays in the store although it said no: then the store is of no use until the next run. */
  readonly keeps?: boolean;
  /** From then on no token can be revoked either. */
  readonly stuck?: boolean;
}

function failPut(
  put: Put,
  index: number,
  span: 'once' | 'ever',
  { keeps = false, stuck = false }: Options,
): Promise<string[] | undefined> {
  let bad: BadAt | undefined;
  return matrix.runWithFault({
    prepare: (world) => {
      bad = new BadAt(world.store, put, (number) => (span === 'once' ? number === index : number >= index));
      world.stores = new Map([['memory', bad]]);
      world.onCall = ({ method }) => {
        if (stuck && bad?.hit && method === 'DELETE') throw new Error('no connection');
      };
    },
    hit: () => (bad?.hit ? `secret ${index} ${span}` : undefined),
    check: (_, ran) => leaks(ran, bad?.seen ?? []),
    keeps,
  });
}

/** Makes each put fail alone, and every one from the first on. */
async function failPuts(put: Put, options: Options = {}): Promise<string[]> {
  const all = failPut(put, 0, 'ever', options);
  const each = Array.from({ length: 12 }, (_, index) => failPut(put, index, 'once', options));
  const found = (await Promise.all([all, ...each])).filter((one) => one !== undefined);
  expect(found).toHaveLength(11);
  return found.flat();
}

/** Pieces of secrets in whatever can be printed of a run. */
function leaks({ plan, applied, thrown }: Ran, secrets: readonly Secret[]): string[] {
  const errors = (applied?.outcomes ?? []).map(({ error }) => error);
  const said = [...errors, thrown].flatMap((error) =>
    error instanceof Error ? [error.message, error.stack, JSON.stringify(error), String(error.cause)] : [],
  );
  const text = [...said, ...errors.map((error) => error?.hint.text), JSON.stringify([plan, applied])].join('\n');
  const pieces = secrets.flatMap((secret) => secret.reveal().match(/[\w-]{12}/g) ?? []);
  const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');
  return pieces.filter((piece) => !header.includes(piece) && text.includes(piece)).map((piece) => `said ${piece}`);
}

describe('a store', () => {
  it('says no', async () => {
    const put: Put = () => Promise.reject(down);
    expect(await failPuts(put)).toEqual([]);
  });

  it('says no, and then nothing can be revoked', async () => {
    const put: Put = () => Promise.reject(down);
    expect(await failPuts(put, { stuck: true })).toEqual([]);
  });

  it('says no after a while', async () => {
    const put: Put = () => new Promise((_, reject) => setTimeout(reject, 5, down));
    expect(await failPuts(put)).toEqual([]);
  });

  it('takes the secret, and then says no', async () => {
    const put: Put = async (address, secret, memory) => {
      await memory.put(address, secret);
      throw down;
    };
    expect(await failPuts(put, { keeps: true })).toEqual([]);
  });
});

describe.skipIf(isWindows)('a store that is a command', () => {
  const command = (script: string, timeout: number): Put => {
    const { put } = openExecStore(execConfig(['sh', '-c', script], { timeout }));
    return async (address, secret, memory) => {
      await put(address, secret);
      await memory.put(address, secret);
    };
  };

  it.each([
    ['exits with 1', 'cat >/dev/null; exit 1'],
    ['does not read, and exits with 1', 'exit 1'],
    ['prints the secret and exits with 1', 'secret=$(cat); echo "got $secret"; echo "$secret" >&2; exit 1'],
    ['prints the secret and exits well', 'tee /dev/stderr'],
  ])('%s', async (_, script) => {
    expect(await failPuts(command(script, 30))).toEqual([]);
  });

  it.each([
    ['hangs', 'cat >/dev/null; sleep 60'],
    ['prints the secret in pieces and hangs', 'cat | tr . "\\n" >&2; sleep 60'],
  ])('%s', async (_, script) => {
    expect(await failPuts(command(script, 0.3))).toEqual([]);
  });
});

describe('a store that is a file', () => {
  const below = (folder: string): Put => fileStore(fileConfig(join(folder, 'secrets.env'))).put;

  it('is below something that is no folder', async () => {
    const file = join(await newFolder(), 'file');
    await writeFile(file, '');
    expect(await failPuts(below(file))).toEqual([]);
  });

  it.skipIf(!canMount)('is on a disk that is full', async () => {
    const found = await onSmallDisk(async (folder) => {
      await writeFile(join(folder, 'ballast'), Buffer.alloc(200_000)).catch(() => undefined);
      return failPuts(below(folder));
    });
    expect(found).toEqual([]);
  });

  it.skipIf(!canMount)('is on a disk that became read-only', async () => {
    const found = await onSmallDisk(async (folder) => {
      expect(spawnSync('mount', ['-o', 'remount,ro', folder]).status).toBe(0);
      return failPuts(below(folder));
    });
    expect(found).toEqual([]);
  });
});

describe.skipIf(isWindows)('a store that cannot be used from the start', () => {
  const below = async () => {
    const file = join(await newFolder(), 'file');
    await writeFile(file, '');
    return fileStore(fileConfig(join(file, 'secrets.env')));
  };
  it.each([
    ['a file below something that is no folder', below],
    [
      'a command whose check exits with 1',
      async () => openExecStore(execConfig(['sh', '-c', 'cat'], { check: ['false'] })),
    ],
    ['a command that is not there', async () => openExecStore(execConfig(['/nowhere/at-all']))],
    [
      'a command whose check hangs',
      async () => openExecStore(execConfig(['sh', '-c', 'cat'], { check: ['sleep', '60'], timeout: 0.1 })),
    ],
  ])('stops the run before anything is done: %s', async (_, open) => {
    const store = await open();
    const calls: string[] = [];
    const found = await matrix.runWithFault({
      prepare: (world) => {
        const { store: memory } = world;
        const unusable: SecretStore = { ...store, name: 'memory', secretPath: (address) => memory.secretPath(address) };
        world.stores = new Map([['memory', unusable]]);
        world.onCall = ({ method }) => void calls.push(method);
      },
      hit: () => 'from the start',
      check: (world, ran) => {
        expect(ran.thrown).toMatchObject({ code: 'STORE_UNUSABLE' });
        expect(calls.filter((method) => method !== 'GET')).toEqual([]);
        expect(world.stateWriter.durable).toBe(matrix.prepared.state);
        return [];
      },
    });
    expect(found).toEqual([]);
  });
});

testTheRest(() => matrix);
