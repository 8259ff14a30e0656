/**
 * An adaptive limit of concurrent attempts, because MotherDuck documents no rate limit: a 429 halves the limit, and each
 * full round of successful responses raises it by one. While a throttled call waits, no other one starts, so that one
 * `Retry-After` applies to all calls; repeated calls go first.
 */
export class Limiter {
  readonly #max: number;
  #allowed: number;
  #running = 0;
  #holds = 0;
  #cuts = 0;
  #closed: Error | undefined;
  readonly #repeated: Waiter[] = [];
  readonly #first: Waiter[] = [];

  constructor(max: number) {
    this.#max = Math.max(1, Math.floor(max));
    this.#allowed = this.#max;
  }

  /** The current limit. */
  get allowed(): number {
    return Math.floor(this.#allowed);
  }

  /** Waits until another attempt may start. Every ticket must be returned with `leave`. */
  enter(isRetry: boolean): Promise<Ticket> {
    return new Promise((enter, refuse) => {
      if (this.#closed !== undefined) return refuse(this.#closed);
      (isRetry ? this.#repeated : this.#first).push({ enter, refuse });
      this.#admit();
    });
  }

  leave(ticket: Ticket, outcome: 'good' | 'throttled' | 'other'): void {
    this.#running -= 1;
    if (outcome === 'good') this.#allowed = Math.min(this.#max, this.#allowed + 1 / this.#allowed);
    // An attempt that started before the last cut says nothing about the new limit.
    if (outcome === 'throttled' && ticket.cuts === this.#cuts) {
      this.#allowed = Math.max(1, Math.floor(this.#allowed / 2));
      this.#cuts += 1;
    }
    // Later, so that a throttled call can first stop the others.
    queueMicrotask(() => this.#admit());
  }

  /** Lets no attempt start until the returned function is called. */
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

  /** Rejects all waiting and all later calls of `enter`. */
  close(reason: Error): void {
    this.#closed = reason;
    for (const waiter of [...this.#repeated.splice(0), ...this.#first.splice(0)]) waiter.refuse(reason);
  }

  #admit(): void {
    while (this.#holds === 0 && this.#running < this.allowed) {
      const waiter = this.#repeated.shift() ?? this.#first.shift();
      if (waiter === undefined) return;
      this.#running += 1;
      waiter.enter({ cuts: this.#cuts });
    }
  }
}

/** The permission for one attempt, and how often the limit had been cut when it was given. */
export interface Ticket {
  readonly cuts: number;
}

interface Waiter {
  enter(ticket: Ticket): void;
  refuse(reason: Error): void;
}

/** A limit on concurrent work. Work that waits lends its slot to other work. */
export class Slots {
  #free: number;
  readonly #back: (() => void)[] = [];
  readonly #first: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = Math.max(1, limit);
  }

  /** Does the work in a slot, as soon as there is one. */
  async within<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter(this.#first);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  /** Called by work in a slot: waits without it. Work that comes back goes before work that begins. */
  async outside<T>(wait: () => Promise<T>): Promise<T> {
    this.#leave();
    try {
      return await wait();
    } finally {
      await this.#enter(this.#back);
    }
  }

  async #enter(queue: (() => void)[]): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((enter) => queue.push(enter));
  }

  #leave(): void {
    const next = this.#back.shift() ?? this.#first.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

/**
 * Runs `work` for each item, at most `limit` at once, and returns the results in the items' order. After an error no other
 * item starts.
 *
 * @throws the first error, once the running items have ended
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
