/** Every call of a run that does everything fails in every way: the run ends, and the next one converges. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FaultKind, NOT_RETRIED, RETRIED, type Span } from './fault.ts';
import { FaultMatrix, testTheRest } from './fault-matrix.ts';

let matrix: FaultMatrix;
beforeAll(async () => {
  matrix = await FaultMatrix.make();
});
afterAll(() => console.log(`failing calls: ${matrix.combinations} combinations of a fault, a call and a span`));

async function failCalls(kind: FaultKind, ...spans: readonly Span[]): Promise<string[]> {
  const all: string[] = [];
  for (const span of spans) all.push(...(await matrix.failEachCall(kind, span, 1)));
  return all;
}

describe('one call fails, and every attempt at it', () => {
  it.each(Object.entries(RETRIED))('%s', async (_, kind) => {
    expect(await failCalls(kind, 'once', 'again')).toEqual([]);
  });

  it.each(Object.entries(NOT_RETRIED))('%s', async (_, kind) => {
    expect(await failCalls(kind, 'once')).toEqual([]);
  });
});

describe('one call fails, and every other after it', () => {
  const faults = { ...RETRIED, ...NOT_RETRIED };
  const names = ['reset before the effect', 'reset after the effect', 'HTML 503 before the effect', '401', '403'];
  it.each(names)('%s', async (name) => {
    expect(await failCalls(faults[name] ?? expect.unreachable(), 'ever')).toEqual([]);
  });
});

testTheRest(() => matrix);
