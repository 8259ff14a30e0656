import picomatch from 'picomatch';
import { accountKey } from './username.ts';

/** Tells whether a name matches one of the globs; without regard to case, as MotherDuck compares names. */
export function globMatcher(globs: readonly string[]): (name: string) => boolean {
  const isPlain = (glob: string) => /^\w+$/.test(glob);
  // Thousands of plain names are looked up, and not tried one after the other.
  const names = new Set(globs.filter(isPlain).map(accountKey));
  const patterns = globs.filter((glob) => !isPlain(glob));
  const matches = patterns.length === 0 ? () => false : picomatch(patterns, { nocase: true, dot: true });
  return (name) => names.has(accountKey(name)) || matches(name);
}
