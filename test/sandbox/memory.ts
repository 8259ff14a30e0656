/** An organization in memory. */
import { type EventLog, type LoggedDecision, newIdentity } from '../../src/sandbox/log.ts';
import { Organization, type OrganizationOptions } from '../../src/sandbox/organization.ts';
import { OrganizationState, type SandboxEvent } from '../../src/sandbox/organization-state.ts';

/** A log in memory, for tests. */
export class MemoryLog implements EventLog {
  readonly state = new OrganizationState();
  #events: SandboxEvent[] = [];

  constructor() {
    this.state.restart(newIdentity());
  }

  catchUp(): void {}

  async write<T>(decide: () => LoggedDecision<T>): Promise<T> {
    const { events, result } = decide();
    for (const event of events) {
      this.#events.push(event);
      this.state.apply(event);
    }
    return result;
  }

  events(): readonly SandboxEvent[] {
    return this.#events;
  }

  close(): void {}
}

/** An organization in memory. */
export function memorySandbox(options: Omit<OrganizationOptions, 'folder'> = {}): Organization {
  return new Organization(new MemoryLog(), options);
}
