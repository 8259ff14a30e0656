/**
 * How many attempts may run at once, learned from MotherDuck's answers (no rate limit is documented): a 429 halves
 * the number, every full round of good answers adds one again. While a call waits because it was throttled nobody
 * else starts, so that one `Retry-After` holds for all; calls that were sent back go first.
 */
export class Limiter {
  readonly #most: number;
  #allowed: number;
  #running = 0;
  #holds = 0;
  #cuts = 0;
  #closed: Error | undefined;
  readonly #again: Waiter[] = [];
  readonly #fresh: Waiter[] = [];

  constructor(most: number) {
    this.#most = Math.max(1, Math.floor(most));
    this.#allowed = this.#most;
  }

  /** How many attempts may run at once just now. */
  get allowed(): number {
    return Math.floor(this.#allowed);
  }

  /** Waits for a place. Every ticket must be given back with `leave`. */
  enter(isRetry: boolean): Promise<Ticket> {
    return new Promise((enter, refuse) => {
      if (this.#closed !== undefined) return refuse(this.#closed);
      (isRetry ? this.#again : this.#fresh).push({ enter, refuse });
      this.#admit();
    });
  }

  leave(ticket: Ticket, outcome: 'good' | 'throttled' | 'other'): void {
    this.#running -= 1;
    if (outcome === 'good') this.#allowed = Math.min(this.#most, this.#allowed + 1 / this.#allowed);
    // Attempts that started before the last cut tell nothing about the number that it set.
    if (outcome === 'throttled' && ticket.cuts === this.#cuts) {
      this.#allowed = Math.max(1, Math.floor(this.#allowed / 2));
      this.#cuts += 1;
    }
    // A moment later, so that a call that was throttled can hold the others first.
    queueMicrotask(() => this.#admit());
  }

  /** Lets nobody start until the function it gives is called. */
  hold(): () => void {
    let holding = true;
    this.#holds += 1;
    return () => {
      if (!holding) return;
      holding = false;
      this.#holds -= 1;
      this.#admit();
    };
  }

  /** Refuses everyone who waits and everyone who comes. */
  close(reason: Error): void {
    this.#closed = reason;
    for (const waiter of [...this.#again.splice(0), ...this.#fresh.splice(0)]) waiter.refuse(reason);
  }

  #admit(): void {
    while (this.#holds === 0 && this.#running < this.allowed) {
      const waiter = this.#again.shift() ?? this.#fresh.shift();
      if (waiter === undefined) return;
      this.#running += 1;
      waiter.enter({ cuts: this.#cuts });
    }
  }
}

/** A place that was taken, and how often the number had been cut by then. */
export interface Ticket {
  readonly cuts: number;
}

interface Waiter {
  enter(ticket: Ticket): void;
  refuse(reason: Error): void;
}

/**
 * Runs `work` over the items, at most `limit` at once, and gives the results in the items' order. After a first throw
 * no other item is begun; those in flight are waited for, and then it is thrown.
 */
export async function inParallel<T, R>(items: Iterable<T>, limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const queue = [...items].entries();
  const results: R[] = [];
  const errors: unknown[] = [];
  const worker = async () => {
    for (const [index, item] of queue) {
      try {
        results[index] = await work(item);
      } catch (error) {
        errors.push(error);
      }
      if (errors.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, limit) }, worker));
  if (errors.length > 0) throw errors[0];
  return results;
}
