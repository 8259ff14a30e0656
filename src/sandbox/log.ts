import { randomUUID } from 'node:crypto';
import { type Identity, OrganizationState, type SandboxEvent } from './organization-state.ts';

/** What a writer has decided under the lock: the events to write, and what to tell whoever asked. */
export interface Decision<T> {
  readonly events: readonly SandboxEvent[];
  readonly result: T;
}

/** The organization's store: events that are only ever added. */
export interface EventLog {
  /** What the events add up to, as of the last `catchUp` or `write`. */
  readonly state: OrganizationState;
  /** Applies what was written since the last look, by whomever. */
  catchUp(): void;
  /** Catches up with nobody else writing, lets `decide` look at the state, writes its events, applies them. */
  write<T>(decide: () => Decision<T>): Promise<T>;
  /** Begins an empty organization, whatever was in the log, even damage. */
  clear(): Promise<void>;
  /** All events, oldest first. For tests. */
  events(): readonly SandboxEvent[];
  close(): void;
}

export function newIdentity(): Identity {
  return { organization: randomUUID(), admin: randomUUID() };
}

/** A log that goes with its process, for tests. */
export class MemoryLog implements EventLog {
  readonly state = new OrganizationState();
  #events: SandboxEvent[] = [];

  constructor() {
    this.state.restart(newIdentity());
  }

  catchUp(): void {}

  async write<T>(decide: () => Decision<T>): Promise<T> {
    const { events, result } = decide();
    for (const event of events) {
      this.#events.push(event);
      this.state.apply(event);
    }
    return result;
  }

  async clear(): Promise<void> {
    this.#events = [];
    this.state.restart(newIdentity());
  }

  events(): readonly SandboxEvent[] {
    return this.#events;
  }

  close(): void {}
}

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
