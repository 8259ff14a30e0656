import { setFlagsFromString } from 'node:v8';

/** V8 of Node 20, 22 and 24. One that does not know the flag would complain of it on stderr. */
const KNOWS_THE_FLAG = ['11.', '12.', '13.'];

/**
 * Leaves undici's HTTP parser as it is first compiled. It is WebAssembly, which V8 begins to optimize after a few answers;
 * that takes longer than most commands, and the process would wait for it at its end: a fifth of the time of a plan.
 * For commands alone: the library does not set what goes for a whole process that is not its own.
 */
export function compileHttpParserOnce(): void {
  if (!KNOWS_THE_FLAG.some((version) => process.versions.v8.startsWith(version))) return;
  setFlagsFromString('--wasm-tiering-budget=200000000');
}
