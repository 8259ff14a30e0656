import { expect, test } from 'vitest';
import { defined } from '../../src/model/defined.ts';

test('leaves out what is undefined, and nothing else', () => {
  const values = defined({ a: 1, b: undefined, c: null, d: '', e: false, f: 0 });
  expect(Object.keys(values)).toEqual(['a', 'c', 'd', 'e', 'f']);
});

test('takes the place of optional properties', () => {
  const hint: string | undefined = process.env.NONE;
  const error: { readonly code: string; readonly hint?: string } = { code: 'X', ...defined({ hint }) };
  expect('hint' in error).toBe(false);
});
