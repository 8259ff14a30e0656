import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountKey, globMatcher, isUsername, matchesGlob, USERNAME_PATTERN } from '../../src/model/username.ts';

describe('accountKey', () => {
  it('is equal for names that differ in the case of ASCII letters only', () => {
    expect(accountKey('ETL_Prod')).toBe('etl_prod');
    expect(accountKey('\u212aloader')).not.toBe(accountKey('kloader'));
  });
});

describe('isUsername', () => {
  it('accepts what the pattern does, also of ASCII alone', () => {
    const unit = fc.constantFrom(
      'a',
      'Z',
      '9',
      '_',
      '.',
      '@',
      '+',
      ' ',
      '-',
      '/',
      '*',
      '\0',
      '\n',
      'é',
      '東',
      '\u200b',
      '\u0301',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 5 }), (text) => {
        expect(isUsername(text)).toBe(USERNAME_PATTERN.test(text));
      }),
      { numRuns: 2000 },
    );
    for (const length of [1, 255, 256]) expect(isUsername('a'.repeat(length))).toBe(length < 256);
  });
});

describe('globMatcher', () => {
  it('matches nothing without globs, and ignores case', () => {
    expect(globMatcher([])('etl')).toBe(false);
    const matches = globMatcher(['Tenant_1', 'bi_*', '!x', 'human.*']);
    expect(['TENANT_1', 'BI_prod', 'human.anna'].map(matches)).toEqual([true, true, true]);
    expect(globMatcher(['tenant_1', 'bi_*'])('tenant_10')).toBe(false);
  });

  it('looks up thousands of plain names at once', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `tenant_${index}`);
    const matches = globMatcher(names);
    expect(names.every(matches)).toBe(true);
    expect(matches('tenant_20000')).toBe(false);
  });
});

describe('globs', () => {
  const same = (pattern: string, item: string) => pattern === '?' || pattern === item;

  /** The definition of `*` and `?`. */
  const reference = (pattern: string, text: string): boolean => {
    const [first, ...rest] = pattern;
    if (first === undefined) return text === '';
    if (first === '*') return reference(rest.join(''), text) || (text !== '' && reference(pattern, text.slice(1)));
    return text !== '' && same(first, text.charAt(0)) && reference(rest.join(''), text.slice(1));
  };

  it('agrees with the definition', () => {
    const letters = (choices: string[]) => fc.string({ unit: fc.constantFrom(...choices), maxLength: 9 });
    fc.assert(
      fc.property(letters(['a', 'b', '*', '?']), letters(['a', 'b']), (pattern, text) => {
        expect(matchesGlob([...pattern], [...text], same)).toBe(reference(pattern, text));
        expect(globMatcher([pattern])(text)).toBe(reference(pattern, text));
      }),
      { numRuns: 2000 },
    );
  });

  it('makes at most pattern times text comparisons, whatever the pattern', () => {
    for (const pattern of ['*_*_*_*_*_*_*y', `${'*_'.repeat(60)}y`, '*?_*?_*?y', '*'.repeat(100)]) {
      for (const text of ['_'.repeat(128), 'x_'.repeat(64), `${'_'.repeat(127)}y`]) {
        let comparisons = 0;
        matchesGlob([...pattern], [...text], (one, other) => {
          comparisons += 1;
          return same(one, other);
        });
        expect(comparisons).toBeLessThanOrEqual(pattern.length * text.length);
      }
    }
  });

  it('treats brackets, braces and ! as plain characters', () => {
    expect(globMatcher(['[ab]*', '{a,b}*', '!a'])('a')).toBe(false);
    expect(globMatcher(['[ab]*'])('[ab]c')).toBe(true);
  });
});
