/** A state writer with a disk, as StateFile has: what cannot be written stays in memory, and is lost with the process. */
import type { StateWriter } from '../../src/apply/state-writer.ts';
import type { State } from '../../src/model/state.ts';
import { UserError } from '../../src/model/user-error.ts';

/** What becomes of one write: done; refused; or done, but the process never hears of it. */
export type Write = 'done' | 'refused' | 'unconfirmed';

export class DiskStateWriter implements StateWriter {
  state: State;
  /** What a next process finds. */
  durable: State;
  /** Decides about the write with this number, from 0 on. */
  decide: (write: number) => Write = () => 'done';
  writes = 0;

  constructor(durable: State) {
    this.state = durable;
    this.durable = durable;
  }

  async update(change: (state: State) => State): Promise<void> {
    this.state = change(this.state);
    await this.#save();
  }

  async confirm(): Promise<void> {}

  note(change: (state: State) => State): void {
    this.state = change(this.state);
  }

  /** As the command does at its end: one more try. */
  async close(): Promise<void> {
    await this.#save();
  }

  async #save(): Promise<void> {
    if (this.state === this.durable) return;
    await Promise.resolve();
    const fate = this.decide(this.writes++);
    if (fate !== 'refused') {
      this.state = { ...this.state, serial: this.durable.serial + 1 };
      this.durable = this.state;
    }
    if (fate !== 'done') throw new UserError('STATE_UNWRITABLE', 'the disk is full: ENOSPC', 'Make room.');
  }
}
