import picomatch from 'picomatch';

/** Tells whether a name matches one of the globs; without regard to case, as MotherDuck compares names. */
export function globMatcher(globs: readonly string[]): (name: string) => boolean {
  return globs.length === 0 ? () => false : picomatch([...globs], { nocase: true, dot: true });
}
