import { describe, expect, it } from 'vitest';
import { Clock, parseHttpDate } from '../../src/motherduck/clock.ts';

function clockAt(wall: number) {
  const time = { wallMs: wall, monotonicMs: 500 };
  const clock = new Clock({ wall: () => time.wallMs, monotonic: () => time.monotonicMs });
  return { clock, time };
}

const NOON = Date.UTC(2026, 10, 24, 12);
const NOON_HEADER = 'Tue, 24 Nov 2026 12:00:00 GMT';

describe("MotherDuck's clock", () => {
  it('is the local one before an answer', () => {
    const { clock } = clockAt(7);
    expect(clock.now()).toBe(7);
    expect(clock.difference()).toBeUndefined();
  });

  it('runs on from the latest answer, whatever happens to the local clock', () => {
    const { clock, time } = clockAt(NOON - 60_000);
    clock.hear(NOON_HEADER);
    expect(clock.difference()).toBe(60_000);
    time.wallMs = 0;
    time.monotonicMs += 1500;
    expect(clock.now()).toBe(NOON + 1500);
    clock.hear('Tue, 24 Nov 2026 11:00:00 GMT');
    expect(clock.now()).toBe(NOON - 3_600_000);
  });

  it.each([undefined, '', 'yesterday', '2026-11-24T12:00:00Z', '0', 'Tue, 99 Nov 2026 12:00:00 GMT'])(
    'passes over %j',
    (header) => {
      const { clock } = clockAt(7);
      clock.hear(header);
      expect(clock.now()).toBe(7);
    },
  );

  it('reads HTTP dates only', () => {
    expect(parseHttpDate(NOON_HEADER)).toBe(NOON);
    expect(parseHttpDate('Tuesday, 24-Nov-26 12:00:00 GMT')).toBeUndefined();
  });
});
