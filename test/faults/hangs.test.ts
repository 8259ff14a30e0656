/** Every call of a run that does everything hangs until its time limit, or is slow and good. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Striker, testTheRest } from './strike.ts';
import { HANGS, SLOW, type Span } from './trouble.ts';

/** Long for the sandbox and short for a test. Where it is too short, that is one more fault, which does no harm either. */
const timeoutMs = 60;

let striker: Striker;
beforeAll(async () => {
  striker = await Striker.make();
});
afterAll(() => console.log(`slow calls: ${striker.combinations} combinations of a delay, a call and a span`));

describe('a call that', () => {
  it.each(Object.entries(HANGS))('%s', async (_, kind) => {
    for (const span of ['once', 'again'] satisfies Span[]) {
      expect(await striker.strikeAll(kind, span, 16, { timeoutMs })).toEqual([]);
    }
  });
});

it('hangs, as all calls after it', async () => {
  const kind = HANGS['hangs without the effect'] ?? expect.unreachable();
  expect(await striker.strikeAll(kind, 'ever', 24, { timeoutMs })).toEqual([]);
});

describe('a call that is answered in time', () => {
  it.each(Object.entries(SLOW))('%s', async (_, kind) => {
    expect(await striker.strike(kind, 'ever', 0)).toEqual([]);
  });
});

testTheRest(() => striker);
