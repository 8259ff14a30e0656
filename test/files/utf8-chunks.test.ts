import { expect, it } from 'vitest';
import { utf8Chunks } from '../../src/files/utf8-chunks.ts';

const MEGABYTE = 1024 * 1024;

it.each([
  ['nothing', []],
  ['empty pieces', ['', 'a', '']],
  ['every width of UTF-8', ['a', 'ß', '漢', '🦆']],
  ['more than a chunk', Array.from({ length: 20_000 }, (_, index) => `${index} ü `.repeat(10))],
  ['a piece that is more than a chunk', ['before', '漢'.repeat(MEGABYTE), 'after']],
])('gives the UTF-8 of %s', (_what, pieces) => {
  // A chunk is valid until the next one.
  const chunks = Array.from(utf8Chunks(pieces), (chunk) => Buffer.from(chunk));
  expect(Buffer.concat(chunks).toString() === pieces.join('')).toBe(true);
});

it('gives few chunks, each of which has something', () => {
  const chunks = [...utf8Chunks(Array.from({ length: 4 * 1024 }, () => 'x'.repeat(1024)))];
  expect(chunks.length).toBeLessThan(8);
  expect(chunks.every(({ length }) => length > 0)).toBe(true);
});
