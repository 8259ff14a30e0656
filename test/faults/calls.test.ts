/** Every call of a run that does everything fails in every way: the run ends, and the next one converges. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Striker, testTheRest } from './strike.ts';
import { type Kind, LASTING, PASSING, type Span } from './trouble.ts';

let striker: Striker;
beforeAll(async () => {
  striker = await Striker.make();
});
afterAll(() => console.log(`failing calls: ${striker.combinations} combinations of a fault, a call and a span`));

async function strike(kind: Kind, ...spans: readonly Span[]): Promise<string[]> {
  const all: string[] = [];
  for (const span of spans) all.push(...(await striker.strikeAll(kind, span, 1)));
  return all;
}

describe('one call fails, and every attempt at it', () => {
  it.each(Object.entries(PASSING))('%s', async (_, kind) => {
    expect(await strike(kind, 'once', 'again')).toEqual([]);
  });

  it.each(Object.entries(LASTING))('%s', async (_, kind) => {
    expect(await strike(kind, 'once')).toEqual([]);
  });
});

describe('one call fails, and every other after it', () => {
  const faults = { ...PASSING, ...LASTING };
  const names = ['reset before the effect', 'reset after the effect', 'HTML 503 before the effect', '401', '403'];
  it.each(names)('%s', async (name) => {
    expect(await strike(faults[name] ?? expect.unreachable(), 'ever')).toEqual([]);
  });
});

testTheRest(() => striker);
