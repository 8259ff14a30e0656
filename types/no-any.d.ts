/**
 * For src/ alone: `new Map()` and `JSON.parse` are `any` in TypeScript's own declarations, which no lint rule sees. Tests may read
 * fields of documents that they have made.
 */

interface MapConstructor {
  new <K = unknown, V = unknown>(): Map<K, V>;
}

interface WeakMapConstructor {
  new <K extends WeakKey = WeakKey, V = unknown>(): WeakMap<K, V>;
}

interface JSON {
  parse(text: string, reviver?: (this: unknown, key: string, value: unknown) => unknown): unknown;
}
