import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rotationDue, shareOfJitter } from '../../src/model/rotation-due.ts';
import { DAY, DAY_MS, HOUR } from '../../src/model/time.ts';

describe('the share of a jitter', () => {
  it('is within it, and always the same for one token', () => {
    const jitters = fc.oneof(fc.nat(2 * HOUR), fc.nat(300 * DAY));
    fc.assert(
      fc.property(jitters, fc.string(), fc.string(), (jitter, account, key) => {
        const share = shareOfJitter(jitter, account, key);
        expect(share).toBe(shareOfJitter(jitter, account.toUpperCase().toLowerCase(), key));
        expect(Number.isInteger(share) && share >= 0 && share <= jitter).toBe(true);
      }),
    );
  });

  it.each([
    ['by account', (index: number) => shareOfJitter(3 * DAY, `tenant_${index}`, 'app')],
    ['by token', (index: number) => shareOfJitter(3 * DAY, 'etl_prod', `app_${index}`)],
  ])('is spread %s over all of it', (_what, share) => {
    const days = [0, 0, 0];
    for (let index = 0; index < 3000; index += 1) {
      const day = Math.min(2, Math.floor(share(index) / DAY));
      days[day] = (days[day] ?? 0) + 1;
    }
    for (const count of days) expect(count).toBeGreaterThan(850);
  });

  it('tells accounts from tokens, and not the letters of a username', () => {
    expect(shareOfJitter(300 * DAY, 'a', 'b')).not.toBe(shareOfJitter(300 * DAY, 'b', 'a'));
    expect(shareOfJitter(300 * DAY, 'Etl', 'b')).toBe(shareOfJitter(300 * DAY, 'etl', 'b'));
  });
});

it('makes a token due earlier by its share, and one that never rotates by its policy not', () => {
  const life = { createdAt: 0, expiresAt: 90 * DAY_MS };
  const due = (earlier: number, rotateBefore = 14 * DAY) => rotationDue({ rotateBefore, earlier }, life, 90 * DAY);
  expect(due(2 * DAY)).toBe(74 * DAY_MS);
  expect(due(2 * DAY, 0)).toBe(45 * DAY_MS);
  // MotherDuck gave it 90 of 365 days: at most half of them.
  expect(rotationDue({ rotateBefore: 40 * DAY, earlier: 20 * DAY }, life, 365 * DAY)).toBe(45 * DAY_MS);
});
