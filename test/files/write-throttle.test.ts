import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Utf8Buffer, WriteThrottle } from '../../src/files/write-throttle.ts';
import { monotonicMs } from '../../src/model/time.ts';

// A clock that only the test advances.
beforeEach(() => void vi.useFakeTimers({ toFake: ['hrtime'] }));
afterEach(() => void vi.useRealTimers());

const MEGABYTE = 1024 * 1024;

it.each([
  ['not after a small file', 1000, 40, 0],
  ['after a large one, for as long as it took', MEGABYTE, 40, 40],
  ['no longer than a call takes', MEGABYTE, 4000, 50],
])('rests %s', (_, bytes, tookMs, restMs) => {
  const throttle = new WriteThrottle();
  expect(throttle.remainingMs).toBe(0);
  const started = monotonicMs();
  vi.advanceTimersByTime(tookMs);
  throttle.wrote(started, bytes);
  expect(throttle.remainingMs).toBe(restMs);
  vi.advanceTimersByTime(restMs);
  expect(throttle.remainingMs).toBe(0);
});

describe('Utf8Buffer', () => {
  it.each([
    ['nothing', []],
    ['empty pieces', ['', 'a', '']],
    ['every width of UTF-8', ['a', 'ß', '漢', '🦆']],
    ['more than it has room for', Array.from({ length: 2000 }, (_, index) => `${index} ü `.repeat(10))],
  ])('gives the UTF-8 of %s', (_what, pieces) => {
    expect(Buffer.from(new Utf8Buffer().encode(pieces)).toString()).toBe(pieces.join(''));
  });

  it('keeps nothing of an earlier, longer text', () => {
    const bytes = new Utf8Buffer();
    bytes.encode(['a longer text']);
    expect(Buffer.from(bytes.encode(['short'])).toString()).toBe('short');
  });
});
