import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WriteThrottle } from '../../src/files/write-throttle.ts';
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
