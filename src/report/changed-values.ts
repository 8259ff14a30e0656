/** Data in which some values are others. What does not change is shared, not copied: an audit of 10,000 accounts is large. */

/** Gives the value in place of one of an object, of an array, or of the whole; the same for what stays. */
export type Change = (value: unknown, key: string | undefined, of: object | undefined) => unknown;

/** The data after the change; the data itself if nothing changes. */
export function changedValues<T>(data: T, change: Change): T {
  return changed(data, undefined, undefined, change) as T;
}

function changed(value: unknown, key: string | undefined, of: object | undefined, change: Change): unknown {
  const after = change(value, key, of);
  if (after !== value) return after;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => changed(item, undefined, value, change));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (!isPlain(value)) return value;
  const entries = Object.entries(value);
  const copy = entries.map(([name, one]) => [name, changed(one, name, value, change)] as const);
  return copy.every(([, one], index) => one === entries[index]?.[1]) ? value : Object.fromEntries(copy);
}

/** Whether it is an object of fields alone. */
export function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
