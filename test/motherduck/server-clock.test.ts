import { describe, expect, it } from 'vitest';
import { Clock, parseHttpDate } from '../../src/motherduck/server-clock.ts';

function clockAt(wall: number) {
  const time = { wallMs: wall, monotonicMs: 500 };
  const lines: string[] = [];
  const source = { wall: () => time.wallMs, monotonic: () => time.monotonicMs };
  return { clock: new Clock(source, (line) => lines.push(line)), time, lines };
}

const NOON = Date.UTC(2026, 10, 24, 12);
const NOON_HEADER = 'Tue, 24 Nov 2026 12:00:00 GMT';
const WRONG_HEADER = 'Tue, 24 Nov 2026 18:00:00 GMT';

describe("MotherDuck's clock", () => {
  it('is the local one before the first response', () => {
    const { clock } = clockAt(7);
    expect(clock.now()).toBe(7);
    expect(clock.difference()).toBeUndefined();
  });

  it('continues from the latest response, whatever happens to the local clock', () => {
    const { clock, time } = clockAt(NOON - 60_000);
    clock.observe(NOON_HEADER);
    expect(clock.difference()).toBe(60_000);
    time.wallMs = 0;
    time.monotonicMs += 1500;
    expect(clock.now()).toBe(NOON + 1500);
    clock.observe('Tue, 24 Nov 2026 12:01:30 GMT');
    expect(clock.now()).toBe(NOON + 90_000);
  });

  it('trusts neither one nor two responses that differ by more than two minutes', () => {
    const { clock, lines } = clockAt(NOON);
    for (const header of [NOON_HEADER, WRONG_HEADER, WRONG_HEADER]) clock.observe(header);
    expect(clock.now()).toBe(NOON);
    expect(clock.difference()).toBe(0);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain(WRONG_HEADER);
  });

  it('trusts the third in a row that agrees, however long it takes', () => {
    const { clock, time, lines } = clockAt(NOON);
    clock.observe(NOON_HEADER);
    clock.observe('Tue, 24 Nov 2026 18:00:00 GMT');
    time.monotonicMs += 600_000;
    clock.observe('Tue, 24 Nov 2026 18:11:00 GMT');
    clock.observe('Tue, 24 Nov 2026 18:09:30 GMT');
    expect(clock.now()).toBe(NOON + 6 * 3_600_000 + 570_000);
    expect(lines).toHaveLength(3);
    clock.observe('Tue, 24 Nov 2026 12:10:00 GMT');
    expect(clock.now()).toBe(NOON + 6 * 3_600_000 + 570_000);
  });

  it.each([
    ['a trusted one comes between', NOON_HEADER],
    ['they do not agree', 'Tue, 24 Nov 2026 18:03:00 GMT'],
  ])('starts counting again if %s', (_why, between) => {
    const { clock } = clockAt(NOON);
    for (const header of [NOON_HEADER, WRONG_HEADER, WRONG_HEADER, between, WRONG_HEADER, WRONG_HEADER]) {
      clock.observe(header);
    }
    expect(clock.now()).toBe(NOON);
  });

  it.each([undefined, '', 'yesterday', '2026-11-24T12:00:00Z', '0', 'Tue, 99 Nov 2026 12:00:00 GMT'])(
    'ignores %j',
    (header) => {
      const { clock } = clockAt(7);
      clock.observe(header);
      expect(clock.now()).toBe(7);
    },
  );

  it('reads HTTP dates only', () => {
    expect(parseHttpDate(NOON_HEADER)).toBe(NOON);
    expect(parseHttpDate('Tuesday, 24-Nov-26 12:00:00 GMT')).toBeUndefined();
  });
});
