import { randomUUID } from 'node:crypto';
import type { SandboxEvent } from './events.ts';
import { type Identity, OrganizationState } from './organization-state.ts';

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
