/** Data in which some values are others. What does not change is shared, not copied: an audit of 10,000 accounts is large. */

/** Gives the value in place of one of an object, of an array, or of the whole; the same for what stays. */
type ValueChange = (value: unknown, key: string | undefined, of: object | undefined) => unknown;

/** The data after the change; the data itself if nothing changes. */
export function changedValues<T>(data: T, change: ValueChange): T {
  return changed(data, undefined, undefined, change) as T;
}

function changed(value: unknown, key: string | undefined, of: object | undefined, change: ValueChange): unknown {
  const after = change(value, key, of);
  if (after !== value) return after;
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (const [index, item] of value.entries()) {
      const next = changed(item, undefined, value, change);
      if (next === item) continue;
      copy ??= [...value];
      copy[index] = next;
    }
    return copy ?? value;
  }
  if (!isPlain(value)) return value;
  let copy: object | undefined;
  for (const [name, one] of Object.entries(value)) {
    const next = changed(one, name, value, change);
    if (next === one) continue;
    copy ??= { ...value };
    // Not assigned: a key may be `__proto__`.
    Object.defineProperty(copy, name, { value: next });
  }
  return copy ?? value;
}

/** Whether it is an object of fields alone. */
export function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
