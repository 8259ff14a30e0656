import { monotonicMs } from '../model/time.ts';

/** The clock of a storage service, as its answers show it; until the first one, this machine's. */
export class ServiceClock {
  #last = { ms: Date.now(), at: monotonicMs() };

  /** @param date By the service, of an answer that has just come: the header Date, or a time. Texts that are no date are ignored. */
  seen(date: string | Date | undefined | null): void {
    const ms = date instanceof Date ? date.getTime() : Date.parse(date ?? '');
    if (!Number.isNaN(ms)) this.#last = { ms, at: monotonicMs() };
  }

  /** In milliseconds since 1970. */
  now(): number {
    return this.#last.ms + monotonicMs() - this.#last.at;
  }
}
