import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withEntry } from '../../src/apply/state-writer.ts';

const sorted = (map: Iterable<[string, number]>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

it('changes like a Map, and leaves the original as it was', () => {
  const key = fc.integer({ min: 0, max: 900 }).map(String);
  const change = fc.tuple(key, fc.option(fc.integer(), { nil: undefined }));
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 600 }),
      fc.array(change, { maxLength: 700, size: 'max' }),
      (size, changes) => {
        const first: ReadonlyMap<string, number> = new Map(Array.from({ length: size }, (_, n) => [String(n), n]));
        const expected = new Map(first);
        const before = sorted(first);
        let map = first;
        for (const [name, value] of changes) {
          const [kept, keptSize] = [map.get(name), map.size];
          const next = withEntry(map, name, value);
          expect([map.get(name), map.size]).toEqual([kept, keptSize]);
          map = next;
          if (value === undefined) expected.delete(name);
          else expected.set(name, value);
          expect(map.get(name)).toBe(value);
          expect(map.has(name)).toBe(value !== undefined);
          expect(map.size).toBe(expected.size);
        }
        expect(sorted(map)).toEqual(sorted(expected));
        expect([...map.keys()].sort()).toEqual([...expected.keys()].sort());
        expect([...map.values()].sort()).toEqual([...expected.values()].sort());
        const told: [string, number][] = [];
        map.forEach((value, name) => void told.push([name, value]));
        expect(sorted(told)).toEqual(sorted(expected));
        expect(sorted(first)).toEqual(before);
      },
    ),
    { numRuns: 30 },
  );
});
