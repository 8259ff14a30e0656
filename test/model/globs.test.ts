/** Lists of globs, which may come from a stranger's pull request, take a bounded number of steps whatever they are and the names. */
import * as fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { globMatcher, isGlob, MAX_GLOBS, matchesGlob, sizeOfGlobs } from '../../src/model/username.ts';
import { stepsOf } from '../steps.ts';

const LENGTH = 249;
const names = Array.from({ length: 20 }, (_, index) => 'a'.repeat(LENGTH - 4) + String(index).padStart(4, '0'));

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
  const globs = listOf(globOf);
  const matches = globMatcher(globs);
  const executed = vi.spyOn(RegExp.prototype, 'exec');
  const found: boolean[] = [];
  const search = () => stepsOf(() => found.push(names.some(matches)));
  const [first, again] = [search(), search()];
  // None that is made of a glob, which could backtrack.
  const expressions = new Set(executed.mock.contexts.map((expression) => String(expression)));
  executed.mockRestore();
  expect(found).toEqual([false, false]);
  expect([...expressions]).toEqual(['/[A-Z]+/g']);
  // Each character of a glob is compared with each of a name at most once; a text is searched by the engine.
  const comparisons = globs.reduce((sum, glob) => sum + (glob.includes('?') ? glob.length * LENGTH : glob.length), 0);
  expect(first).toBeLessThan(8 * names.length * comparisons);
  // A name is compared once.
  expect(again).toBeLessThan(20 * names.length);
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
