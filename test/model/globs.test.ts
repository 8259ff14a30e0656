/** Lists of globs, which may come from a stranger's pull request, end within seconds whatever they are and the names. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { globMatcher, isGlob, MAX_GLOBS, matchesGlob, sizeOfGlobs } from '../../src/model/username.ts';

const names = Array.from({ length: 500 }, (_, index) => 'a'.repeat(245) + String(index).padStart(4, '0'));

/** As many of these globs as the limit allows. */
function listOf(globOf: (index: number) => string): string[] {
  const globs: string[] = [];
  for (let index = 0; ; index += 1) {
    globs.push(globOf(index));
    if (sizeOfGlobs(globs) > MAX_GLOBS) return globs.slice(0, -1);
  }
}

it.each<[string, (index: number) => string]>([
  ['that end', (index) => `*${'a'.repeat(100 + (index % 20))}y`],
  ['in the middle', (index) => `*${'a'.repeat(100 + (index % 20))}y*`],
  ['that begin with another letter', (index) => `*y${'a'.repeat(100 + (index % 20))}*`],
  ['that are short', (index) => `*a*${'abc'[index % 3]}y*`],
  ['with question marks', (index) => `*a?${'a'.repeat(100 + (index % 20))}y`],
])('globs %s', (_, globOf) => {
  const matches = globMatcher(listOf(globOf));
  const started = process.cpuUsage();
  for (let time = 0; time < 3; time += 1) expect(names.some(matches)).toBe(false);
  const { user } = process.cpuUsage(started);
  expect(user / 1e6).toBeLessThan(5);
});

it('searching texts finds what comparing characters finds', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '😀'), maxLength: 8 });
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '😀'), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(glob, text, (pattern, name) => {
      const isSame = (one: string, character: string) => one === '?' || one === character;
      const expected = isGlob(pattern)
        ? matchesGlob([...pattern], [...name.toLowerCase()], isSame)
        : pattern === name.toLowerCase();
      expect(globMatcher([pattern])(name)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});
