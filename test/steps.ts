/** Counts the work of code, which is the same on every machine and under every load. */
import { Session } from 'node:inspector';
import { expect } from 'vitest';

/**
 * How many steps synchronous code takes: each run of a block or function of JavaScript, and each item that a loop, a spread or
 * a destructuring takes from an array. What the engine does by itself, as searching a text, is not counted.
 */
export function stepsOf(run: () => unknown): number {
  const session = new Session();
  session.connect();
  const ask = <T>(method: string, params: object = {}): T => {
    let result: unknown;
    session.post(method, params, (error, answer) => {
      if (error) throw error;
      result = answer;
    });
    return result as T;
  };
  ask('Profiler.enable');
  ask('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const items = countedItems();
  try {
    run();
  } finally {
    items.stop();
  }
  const { result } = ask<Coverage>('Profiler.takePreciseCoverage');
  ask('Profiler.stopPreciseCoverage');
  session.disconnect();
  const blocks = result.flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges.map(({ count }) => count)));
  const steps = blocks.reduce((sum, count) => sum + count, 0) + items.count();
  expect(steps).toBeGreaterThan(0);
  return steps;
}

interface Coverage {
  readonly result: readonly {
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
}

function countedItems(): { readonly count: () => number; readonly stop: () => void } {
  const prototype = Object.getPrototypeOf([][Symbol.iterator]()) as { next: () => IteratorResult<unknown> };
  const { next } = prototype;
  let count = 0;
  prototype.next = function (this: unknown) {
    count += 1;
    return next.call(this as never);
  };
  return {
    count: () => count,
    stop: () => {
      prototype.next = next;
    },
  };
}
