/** Limits of a state's text that are checked before it is parsed: parsing a hostile text would take minutes and gigabytes. */

import { STATE_LIMITS } from '../model/state.ts';

const MAX_DEPTH = 32;
const [QUOTE, BACKSLASH, COLON, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [34, 92, 58, 44, 91, 93, 123, 125];

/** Why a JSON text is not parsed; otherwise how many keys it has. */
export function jsonShape(text: string): { readonly keys: number } | { readonly problem: string } {
  let [depth, values, keys] = [0, 0, 0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COLON) keys += 1;
    else if (code === COMMA) values += 1;
    else if (code === OPEN_LIST || code === OPEN_MAP) {
      depth += 1;
      values += 1;
    } else if (code === CLOSE_LIST || code === CLOSE_MAP) depth -= 1;
    if (depth > MAX_DEPTH) return { problem: 'is nested too deeply' };
    if (values > STATE_LIMITS.values) return { problem: 'has too many values' };
  }
  return { keys };
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = text.indexOf('"', at);
    if (at === -1) return text.length;
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return at;
  }
}

/** The number of keys of a parsed document: fewer than its text has when one is repeated. */
export function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const children: unknown[] = Object.values(value);
  return children.reduce<number>((sum, each) => sum + keysOf(each), Array.isArray(value) ? 0 : children.length);
}
