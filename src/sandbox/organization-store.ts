import type { Decision, EventLog } from './log.ts';
import type { OrganizationState } from './organization-state.ts';

/** The organization's state, its log and its clock, as the endpoints use them. */
export class OrganizationStore {
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** The state as of now, what other processes wrote included. */
  read(): OrganizationState {
    this.#log.catchUp();
    return this.#log.state;
  }

  /** The sandbox's time in milliseconds since 1970: the real one and all that it was advanced by. */
  now(): number {
    return Date.now() + this.read().clockOffset;
  }

  /** Lets `decide` look at the state with nobody else writing, then writes what it decided. What it throws changes nothing. */
  write<T>(decide: (state: OrganizationState, at: number) => Decision<T>): Promise<T> {
    const { state } = this.#log;
    return this.#log.write(() => decide(state, Date.now() + state.clockOffset));
  }

  clear(): Promise<void> {
    return this.#log.clear();
  }
}
