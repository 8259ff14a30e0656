/**
 * The same data with control characters in its texts replaced. Names come from a live organization, where anyone may have
 * put an escape sequence or a line break into one, which a terminal or a pull request would interpret.
 */
export function printable<T>(data: T): T {
  return JSON.parse(JSON.stringify(data), (_key, value: unknown) =>
    typeof value === 'string' ? value.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd') : value,
  ) as T;
}
