import { describe, expect, it } from 'vitest';
import { Limiter, type Ticket } from '../../src/motherduck/concurrency.ts';

/** Calls `enter` and records in `log` when it returns. */
function ask(limiter: Limiter, log: string[], name: string, isRetry = false): { ticket?: Ticket } {
  const asked: { ticket?: Ticket } = {};
  limiter.enter(isRetry).then(
    (ticket) => {
      asked.ticket = ticket;
      log.push(name);
    },
    (error: Error) => log.push(`${name} ${error.message}`),
  );
  return asked;
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

async function enterAll(limiter: Limiter, count: number): Promise<Ticket[]> {
  return Promise.all(Array.from({ length: count }, () => limiter.enter(false)));
}

describe('the limiter', () => {
  it('starts no more attempts than allowed, and retries first', async () => {
    const limiter = new Limiter(1);
    const log: string[] = [];
    const [first] = await enterAll(limiter, 1);
    ask(limiter, log, 'fresh');
    ask(limiter, log, 'again', true);
    await settle();
    expect(log).toEqual([]);
    if (first !== undefined) limiter.leave(first, 'other');
    await settle();
    expect(log).toEqual(['again']);
  });

  it('halves once for a burst of 429s, and grows by one for a round of successful responses', async () => {
    const limiter = new Limiter(8);
    for (const ticket of await enterAll(limiter, 8)) limiter.leave(ticket, 'throttled');
    expect(limiter.allowed).toBe(4);
    for (const ticket of await enterAll(limiter, 1)) limiter.leave(ticket, 'throttled');
    expect(limiter.allowed).toBe(2);
    for (let round = 0; round < 3; round += 1) {
      for (const ticket of await enterAll(limiter, 1)) limiter.leave(ticket, 'good');
    }
    expect(limiter.allowed).toBe(3);
    for (let answers = 0; answers < 100; answers += 1) {
      for (const ticket of await enterAll(limiter, 1)) limiter.leave(ticket, 'good');
    }
    expect(limiter.allowed).toBe(8);
  });

  it('never falls below one', async () => {
    const limiter = new Limiter(2);
    for (let burst = 0; burst < 5; burst += 1) {
      for (const ticket of await enterAll(limiter, 1)) limiter.leave(ticket, 'throttled');
    }
    expect(limiter.allowed).toBe(1);
  });

  it('starts no attempt while a throttled one waits', async () => {
    const limiter = new Limiter(4);
    const log: string[] = [];
    const release = limiter.hold();
    ask(limiter, log, 'a');
    await settle();
    expect(log).toEqual([]);
    release();
    release();
    await settle();
    expect(log).toEqual(['a']);
  });

  it('rejects all attempts when it is closed', async () => {
    const limiter = new Limiter(1);
    const log: string[] = [];
    ask(limiter, log, 'a');
    ask(limiter, log, 'b');
    limiter.close(new Error('closed'));
    ask(limiter, log, 'c');
    await settle();
    expect(log.sort()).toEqual(['a', 'b closed', 'c closed']);
  });
});
