/** Required by a program under test: its long timers never fire, so that one that is left keeps the program running for ever. */
const LONG_MS = 10_000;
const NEVER_MS = 2 ** 31 - 1;

const original = globalThis.setTimeout;
const replaced = (callback, ms, ...given) => original(callback, ms >= LONG_MS ? NEVER_MS : ms, ...given);
globalThis.setTimeout = Object.defineProperties(replaced, Object.getOwnPropertyDescriptors(original));
