import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Pace } from '../../src/files/pace.ts';

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
