/** Smaller maps are copied whole; a larger one is copied once in so many changes. */
const LAYER_SIZE = 256;

/**
 * The map with one entry set, or taken out when the value is undefined; the one that was given stays as it is. Of a
 * large map only what changed is copied, so that thousands of changes to thousands of entries take no time. The order
 * of the entries has no meaning.
 */
export function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V | undefined): ReadonlyMap<string, V> {
  if (map instanceof LayeredMap) return map.with(key, value);
  if (map.size > LAYER_SIZE) return new LayeredMap(map, new Map()).with(key, value);
  const copy = new Map(map);
  if (value === undefined) copy.delete(key);
  else copy.set(key, value);
  return copy;
}

/** A map with a few changes over it. Neither is ever changed. */
class LayeredMap<V> implements ReadonlyMap<string, V> {
  readonly size: number;
  readonly #base: ReadonlyMap<string, V>;
  /** undefined: taken out. */
  readonly #changes: ReadonlyMap<string, V | undefined>;

  constructor(base: ReadonlyMap<string, V>, changes: ReadonlyMap<string, V | undefined>) {
    this.#base = base;
    this.#changes = changes;
    let { size } = base;
    for (const [key, value] of changes) size += (value === undefined ? 0 : 1) - (base.has(key) ? 1 : 0);
    this.size = size;
  }

  with(key: string, value: V | undefined): ReadonlyMap<string, V> {
    if (this.#changes.size >= LAYER_SIZE) return new LayeredMap(new Map(this), new Map([[key, value]]));
    return new LayeredMap(this.#base, new Map(this.#changes).set(key, value));
  }

  get(key: string): V | undefined {
    return this.#changes.has(key) ? this.#changes.get(key) : this.#base.get(key);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  *entries(): MapIterator<[string, V]> {
    for (const entry of this.#base) if (!this.#changes.has(entry[0])) yield entry;
    for (const [key, value] of this.#changes) if (value !== undefined) yield [key, value];
  }

  *keys(): MapIterator<string> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(tell: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this.entries()) tell(value, key, this);
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }
}
