import { randomUUID } from 'node:crypto';
import type { Identity, OrganizationState, SandboxEvent } from './organization-state.ts';

/** What a writer decided under the lock: the events to append, and the result for its caller. */
export interface LoggedDecision<T> {
  readonly events: readonly SandboxEvent[];
  readonly result: T;
}

/** The events of an organization, append-only. */
export interface EventLog {
  /** The state as of the last `catchUp` or `write`. */
  readonly state: OrganizationState;
  /** Applies events that other processes have appended. */
  catchUp(): void;
  /** Under the lock: catches up, calls `decide`, and appends and applies the events that it returns. */
  write<T>(decide: () => LoggedDecision<T>): Promise<T>;
  /** All events, oldest first. For tests. */
  events(): readonly SandboxEvent[];
  close(): void;
}

/** The identity of a new organization, with random ids. */
export function newIdentity(): Identity {
  return { organization: randomUUID(), admin: randomUUID() };
}

/** The organization's log with the sandbox's clock, as endpoints use it. */
export class OrganizationStore {
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** The current state, with the events of other processes. */
  read(): OrganizationState {
    this.#log.catchUp();
    return this.#log.state;
  }

  /** The sandbox's time in milliseconds since 1970: the real time plus what it was advanced by. */
  now(): number {
    return Date.now() + this.read().clockOffset;
  }

  /**
   * Calls `decide` under the lock and appends its events; if it throws, nothing changes.
   *
   * @param decide gets the current state and the sandbox's time, in milliseconds since 1970
   */
  write<T>(decide: (state: OrganizationState, at: number) => LoggedDecision<T>): Promise<T> {
    const { state } = this.#log;
    return this.#log.write(() => decide(state, Date.now() + state.clockOffset));
  }
}
