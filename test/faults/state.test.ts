/** The state's disk fails at each write: nothing is begun that cannot be noted, and the next run converges. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StateWriter } from '../../src/apply/state-writer.ts';
import type { State } from '../../src/model/state.ts';
import type { OpenedState } from '../../src/state/opened-state.ts';
import { serializeState } from '../../src/state/state-document.ts';
import { canMount, onSmallDisk } from '../files/processes.ts';
import { openFile } from '../state/open.ts';
import { DiskStateWriter, type Write } from './disk-state-writer.ts';
import { FaultMatrix, testTheRest } from './fault-matrix.ts';

let matrix: FaultMatrix;
beforeAll(async () => {
  matrix = await FaultMatrix.make();
});
afterAll(() => console.log(`failing state: ${matrix.combinations} combinations of a failure, a write and an end`));

interface Failure {
  readonly fate: Exclude<Write, 'done'>;
  readonly span: 'once' | 'ever';
  /** The process ends well and saves once more, or is killed. */
  readonly end: 'saved' | 'killed';
}

/** Accounts that are worked on at the same time: the others hear of a failure a moment later, when each has gone on. */
const AT_ONCE = 4;
/** What was begun although nothing can be noted any more; what is only taken into the state, or out of it, calls nothing. */
const begunInVain = new Set<string>();

function failAt(index: number, { fate, span, end }: Failure): Promise<string[] | undefined> {
  const stateWriter = new DiskStateWriter(matrix.prepared.state);
  let hit = false;
  const begun: string[] = [];
  stateWriter.decide = (write) => {
    const isBad = span === 'once' ? write === index : write >= index;
    hit ||= isBad;
    return isBad ? fate : 'done';
  };
  return matrix.runWithFault({
    prepare: (world) => {
      world.stateWriter = stateWriter;
      world.onBegin = (what) => {
        if (hit && !/^(adopt|forget)/.test(what)) begun.push(what);
      };
    },
    hit: () => (hit ? `write ${index} ${fate} ${span}, then ${end}` : undefined),
    check: async () => {
      if (begun.length >= AT_ONCE && span === 'ever')
        begunInVain.add(`write ${index} failed, then: ${begun.join(', ')}`);
      if (end === 'saved') await stateWriter.close().catch(() => undefined);
      return [];
    },
  });
}

async function failAtEach(failure: Failure): Promise<string[]> {
  const all: string[] = [];
  for (let index = 0; ; index += 1) {
    const found = await failAt(index, failure);
    if (found === undefined) return all;
    all.push(...found);
  }
}

describe('a write of the state', () => {
  it.each<[string, Failure]>([
    ['is refused, and the next is not', { fate: 'refused', span: 'once', end: 'saved' }],
    ['is refused, and the process is killed', { fate: 'refused', span: 'once', end: 'killed' }],
    ['is refused, as all after it', { fate: 'refused', span: 'ever', end: 'saved' }],
    ['is done, as all after it, but not confirmed', { fate: 'unconfirmed', span: 'ever', end: 'killed' }],
  ])('%s', async (_, failure) => {
    expect(await failAtEach(failure)).toEqual([]);
  });

  it('that fails is the last thing that is tried', () => {
    expect([...begunInVain].slice(0, 8)).toEqual([]);
  });
});

/** The real file; `before` is told of each update. */
class FullDiskStateWriter implements StateWriter {
  readonly #file: OpenedState;
  readonly #before: (update: number) => Promise<unknown>;
  #updates = 0;
  durable: State;

  constructor(file: OpenedState, before: (update: number) => Promise<unknown>) {
    this.#file = file;
    this.#before = before;
    this.durable = file.state;
  }

  get state(): State {
    return this.#file.state;
  }

  async update(change: (state: State) => State): Promise<void> {
    await this.#before(this.#updates++);
    await this.#file.update(change);
  }

  async confirm(): Promise<void> {}

  note(change: (state: State) => State): void {
    this.#file.note(change);
  }
}

it.skipIf(!canMount)('the disk of the state is full from some moment on', async () => {
  const found = await onSmallDisk(async (folder) => {
    const path = join(folder, 'state.json');
    const open = () => openFile(path, 'acme', { sandbox: true });
    const all: string[] = [];
    for (let index = 0; ; index += 1) {
      await writeFile(path, serializeState(matrix.prepared.state));
      const file = await open();
      let hit = false;
      const stateWriter = new FullDiskStateWriter(file, async (update) => {
        if (update < index) return;
        hit = true;
        await writeFile(join(folder, 'ballast'), Buffer.alloc(200_000)).catch(() => undefined);
      });
      const once = await matrix.runWithFault({
        prepare: (world) => {
          world.stateWriter = stateWriter;
        },
        hit: () => (hit ? `full from update ${index} on` : undefined),
        check: async () => {
          await file.close().catch(() => undefined);
          stateWriter.durable = (await open()).state;
          return [];
        },
      });
      await rm(join(folder, 'ballast'), { force: true });
      await file.close();
      if (once === undefined) return all;
      all.push(...once);
    }
  });
  expect(found).toEqual([]);
});

testTheRest(() => matrix);
