import { expect, test } from 'vitest';
import { nearest, suggestion } from '../../src/model/suggestion.ts';

const KEYS = ['size', 'pool_size', 'cooldown', 'rotate_before', 'read_write'];

test.each<[string, string | undefined]>([
  ['poolsize', 'pool_size'],
  ['pool-size', 'pool_size'],
  ['Cooldown', 'cooldown'],
  ['cooldwon', 'cooldown'],
  ['sise', 'size'],
  ['rotate', undefined],
  ['readWrite', 'read_write'],
  ['x', undefined],
  ['', undefined],
  ['memory', undefined],
  ['s'.repeat(10_000), undefined],
])('%s -> %s', (wrong, meant) => {
  expect(nearest(wrong, KEYS)).toBe(meant);
});

test('finds a name among many', () => {
  const many = Array.from({ length: 20_000 }, (_, index) => `tenant_${index}`);
  expect(nearest('tennant_19999', many)).toBe('tenant_19999');
  expect(suggestion('zzz', many)).toBeUndefined();
});

test('lists the known names, if few, when none is similar', () => {
  expect(suggestion('memory', ['a', 'b'])).toBe('known here: a and b');
  expect(suggestion('memory', [])).toBeUndefined();
});
