/** One process of the program in a random story: it can be killed, calls can fail, and all that it made is recorded. */
import type { StateWriter } from '../../src/apply/state-writer.ts';
import type { Secret, TokenAddress } from '../../src/model/secret.ts';
import type { State } from '../../src/model/state.ts';
import { UserError } from '../../src/model/user-error.ts';
import type { Transport, TransportRequest, TransportResponse } from '../../src/motherduck/transport.ts';
import { fingerprintOf } from '../../src/secrets/fingerprint.ts';
import { isCurrent } from '../../src/secrets/secret-claims.ts';
import type { ExpectedSecrets, NewSecret, SecretStore, SecretTarget, StoreFindings } from '../../src/secrets/store.ts';
import { MemoryStore } from '../world.ts';
import type { RunSketch } from './steps.ts';

/** A process that was killed does nothing more, and nobody waits for it. */
const NEVER = new Promise<never>(() => {});

export class Process {
  /** Resolves when the process is killed. */
  readonly killed: Promise<'killed'>;
  isDead = false;
  #points = 0;
  #kill: (how: 'killed') => void = () => {};
  readonly #at: number | undefined;

  constructor({ kill }: RunSketch) {
    this.#at = kill;
    this.killed = new Promise((resolve) => {
      this.#kill = resolve;
    });
  }

  /** A point at which a process may be killed. */
  async point(): Promise<void> {
    this.#points += 1;
    if (this.#points === this.#at) this.end();
    await this.living();
  }

  end(): void {
    this.isDead = true;
    this.#kill('killed');
  }

  async living(): Promise<void> {
    if (this.isDead) await NEVER;
  }
}

/** The state in memory and on a disk; a write of the disk can be the last that a process does. */
export class RandomStateWriter implements StateWriter {
  state: State;
  readonly #process: Process;
  readonly #save: (state: State) => void;
  #saved: State;

  constructor(state: State, process: Process, save: (state: State) => void) {
    this.state = state;
    this.#saved = state;
    this.#process = process;
    this.#save = save;
  }

  get durable(): State {
    return this.#saved;
  }

  async update(change: (state: State) => State): Promise<void> {
    this.note(change);
    if (this.state === this.#saved) return;
    await this.#process.point();
    this.state = { ...this.state, serial: this.#saved.serial + 1 };
    this.#saved = this.state;
    this.#save(this.state);
    await this.#process.point();
  }

  async confirm(): Promise<void> {}

  note(change: (state: State) => State): void {
    if (!this.#process.isDead) this.state = change(this.state);
  }

  close(): Promise<void> {
    return this.update((state) => state);
  }
}

/** A store as file stores are: it overwrites no foreign secret unless it may, and removes those of tokens that are gone. */
export class RandomStore extends MemoryStore {
  isOverwriting = false;

  override async check(targets: readonly SecretTarget[] = []): Promise<void> {
    for (const { account, token, isFirst } of targets) {
      if (!isFirst || this.isOverwriting || !this.secrets.has(`${account}/${token}`)) continue;
      throw new UserError('STORE_FOREIGN', `${account}/${token} is there already`, 'Remove it.');
    }
  }

  override async put(address: NewSecret, secret: Secret): Promise<void> {
    await this.check([address]);
    await super.put(address, secret);
  }

  async inspect({ stored, first, doubted }: ExpectedSecrets): Promise<StoreFindings> {
    const has = ({ account, token }: TokenAddress) => (this.secrets.get(`${account}/${token}`) ?? '') !== '';
    return {
      lost: stored.filter((address) => !has(address)),
      foreign: this.isOverwriting ? [] : first.filter(has),
      unstored: doubted.filter((secret) => {
        const value = this.secrets.get(`${secret.account}/${secret.token}`) ?? '';
        return isCurrent(value, fingerprintOf(value), secret);
      }),
    };
  }

  async remove({ account, token }: TokenAddress): Promise<void> {
    this.secrets.delete(`${account}/${token}`);
  }

  secretPathKey(address: TokenAddress): string {
    return this.secretPath(address);
  }
}

/** A store in this process, in front of the one that programs read. */
export function storeIn(
  process: Process,
  store: RandomStore,
  refuses: (put: number) => boolean,
  onPut: (address: NewSecret, secret: Secret) => void,
): SecretStore {
  let puts = 0;
  // All else is as the store does it.
  return Object.assign(Object.create(store) as RandomStore, {
    async put(address: NewSecret, secret: Secret) {
      await process.point();
      puts += 1;
      if (refuses(puts)) throw new UserError('STORE_FAILED', 'the store is full', 'Make room.');
      await store.put(address, secret);
      onPut(address, secret);
      await process.point();
    },
    async remove(address: TokenAddress) {
      await process.point();
      await store.remove(address);
      await process.point();
    },
  });
}

/** The answer of a proxy in MotherDuck's place. */
const BAD_GATEWAY = {
  status: 502,
  headers: { 'content-type': 'text/html' },
  text: '<html><body>502 Bad Gateway</body></html>',
};

export interface Wire {
  /** Told of each call that changes something, with its answer. */
  changed(request: TransportRequest, response: TransportResponse): void;
  /** What MotherDuck answers to a reading. */
  read(response: TransportResponse): TransportResponse;
  /** Between the first two pages of the users. */
  betweenPages(): Promise<void>;
}

/** The way of a process to MotherDuck. */
export function transportOf(process: Process, inner: Transport, sketch: RunSketch, wire: Wire): Transport {
  let changes = 0;
  let pages = 0;
  return {
    ...inner,
    async send(request) {
      await process.living();
      if (request.method === 'GET') {
        if (request.path !== '/v1/users' || sketch.page === undefined) return wire.read(await inner.send(request));
        if (++pages === 2) await wire.betweenPages();
        return wire.read(await inner.send({ ...request, query: { ...request.query, limit: String(sketch.page) } }));
      }
      await process.point();
      changes += 1;
      const isLost = sketch.lost?.at === changes;
      if (isLost && sketch.lost?.done === false) return BAD_GATEWAY;
      const response = await inner.send(request);
      wire.changed(request, response);
      if (isLost) return BAD_GATEWAY;
      await process.point();
      return response;
    },
  };
}
