import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pace, ReusedBytes } from '../../src/files/write-throttle.ts';

// A clock that only the test moves.
beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const MEGABYTE = 1024 * 1024;

it.each([
  ['not after a small file', 1000, 40, 0],
  ['after a large one, for as long as it took', MEGABYTE, 40, 40],
  ['no longer than a call takes', MEGABYTE, 4000, 50],
])('rests %s', (_, bytes, tookMs, restMs) => {
  const pace = new Pace();
  expect(pace.left).toBe(0);
  const started = performance.now();
  vi.advanceTimersByTime(tookMs);
  pace.wrote(started, bytes);
  expect(pace.left).toBe(restMs);
  vi.advanceTimersByTime(restMs);
  expect(pace.left).toBe(0);
});

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
