import type { Ledger } from './ledger.ts';
import type { Decision, EventLog } from './log.ts';

/** The organization's ledger, its log and its clock, as the endpoints use them. */
export class Books {
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** The ledger as of now, what other processes wrote included. */
  read(): Ledger {
    this.#log.catchUp();
    return this.#log.ledger;
  }

  /** The sandbox's time in milliseconds since 1970: the real one and all that it was advanced by. */
  now(): number {
    return Date.now() + this.read().clockOffset;
  }

  /** Lets `decide` look at the ledger with nobody else writing, then writes what it decided. What it throws changes nothing. */
  write<T>(decide: (ledger: Ledger, at: number) => Decision<T>): Promise<T> {
    const { ledger } = this.#log;
    return this.#log.write(() => decide(ledger, Date.now() + ledger.clockOffset));
  }

  clear(): Promise<void> {
    return this.#log.clear();
  }
}
