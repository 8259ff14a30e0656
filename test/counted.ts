/** How much work a pure function does, without a clock: the number of fields and elements that it reads of what it is given. */

/** The reads of counted values. */
export interface Reads {
  count: number;
}

/** A copy whose plain objects and arrays, at any depth, count what is read of them. Maps and sets count only within their values. */
export function counted<T>(value: T, reads: Reads, known = new Map<unknown, unknown>()): T {
  if (typeof value !== 'object' || value === null || value instanceof Set) return value;
  const copy = known.get(value) ?? counting(value, reads, known);
  known.set(value, copy);
  return copy as T;
}

function counting(value: object, reads: Reads, known: Map<unknown, unknown>): object {
  const inner = <U>(each: U) => counted(each, reads, known);
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, inner(each)]));
  const target = Array.isArray(value)
    ? value.map(inner)
    : Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inner(each)]));
  return new Proxy(target, {
    get(of, key, receiver) {
      reads.count += 1;
      return Reflect.get(of, key, receiver);
    },
  });
}

/** How many times as many reads four times as much takes: 4 for a linear function, 16 for a quadratic one. */
export function growth(size: number, work: (size: number, reads: Reads) => void): number {
  const readsOf = (some: number) => {
    const reads = { count: 0 };
    work(some, reads);
    return reads.count;
  };
  return readsOf(4 * size) / readsOf(size);
}
