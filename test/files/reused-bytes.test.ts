import { describe, expect, it } from 'vitest';
import { ReusedBytes } from '../../src/files/reused-bytes.ts';

describe('ReusedBytes', () => {
  it.each([
    ['nothing', []],
    ['empty pieces', ['', 'a', '']],
    ['every width of UTF-8', ['a', 'ß', '漢', '🦆']],
    ['more than it has room for', Array.from({ length: 2000 }, (_, index) => `${index} ü `.repeat(10))],
  ])('gives the UTF-8 of %s', (_what, pieces) => {
    expect(Buffer.from(new ReusedBytes().of(pieces)).toString()).toBe(pieces.join(''));
  });

  it('keeps nothing of a longer text before', () => {
    const bytes = new ReusedBytes();
    bytes.of(['a longer text']);
    expect(Buffer.from(bytes.of(['short'])).toString()).toBe('short');
  });
});
