/** Values of a report are changed without a copy of what stays. */
import { expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { changedValues } from '../../src/report/changed-values.ts';
import { printable } from '../../src/report/escape.ts';

const upper = (value: unknown) => (typeof value === 'string' ? value.toUpperCase() : value);

it('shares what stays, and leaves what was given as it is', () => {
  const given = { same: { text: 'A', list: ['B', { c: 'C' }] }, other: [{ text: 'a' }, null, 1] };
  const before = structuredClone(given);
  const changed = changedValues(given, upper);
  expect(changed).toEqual({ same: given.same, other: [{ text: 'A' }, null, 1] });
  expect(changed.same).toBe(given.same);
  expect(given).toEqual(before);
  expect(changedValues(changed, upper)).toBe(changed);
});

it('takes no name of a field for more than that', () => {
  const given = JSON.parse('{"__proto__": {"polluted": "yes"}, "constructor": "no"}') as object;
  expect(JSON.stringify(changedValues(given, upper))).toBe('{"__proto__":{"polluted":"YES"},"constructor":"NO"}');
});

it('shows of a secret what it says of itself', () => {
  expect(printable({ inner: [new Secret('abc')] })).toEqual({ inner: ['[secret]'] });
});
