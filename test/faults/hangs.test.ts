/** Every call of a run that does everything hangs until its time limit, or is slow and good. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HANGS, SLOW, type Span } from './fault.ts';
import { FaultMatrix, testTheRest } from './fault-matrix.ts';

/** Only calls with the fault can reach it: the others are answered without HTTP. */
const timeoutMs = 20;
/** More than there are calls, so that all of them wait at the same time. */
const AT_ONCE = 48;

let matrix: FaultMatrix;
beforeAll(async () => {
  matrix = await FaultMatrix.make();
});
afterAll(() => console.log(`slow calls: ${matrix.combinations} combinations of a delay, a call and a span`));

describe('a call that', () => {
  it.each(Object.entries(HANGS))('%s', async (_, kind) => {
    for (const span of ['once', 'again'] satisfies Span[]) {
      expect(await matrix.failEachCall(kind, span, AT_ONCE, { timeoutMs })).toEqual([]);
    }
  });
});

it('hangs, as all calls after it', async () => {
  const kind = HANGS['hangs without the effect'] ?? expect.unreachable();
  expect(await matrix.failEachCall(kind, 'ever', AT_ONCE, { timeoutMs })).toEqual([]);
});

describe('a call that is answered in time', () => {
  it.each(Object.entries(SLOW))('%s', async (_, kind) => {
    expect(await matrix.failCall(kind, 'ever', 0)).toEqual([]);
  });
});

testTheRest(() => matrix);
