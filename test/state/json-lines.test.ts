import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonLines } from '../../src/state/json-lines.ts';

it('finds the line of every value', () => {
  const { lineOf, errorLine } = jsonLines('{\n  "a": [1,\n {"b/~": "x\\"y"}\n],\n "": null}\n');
  expect(Object.fromEntries(lineOf)).toEqual({ '': 1, '/a': 2, '/a/0': 2, '/a/1': 3, '/a/1/b~1~0': 3, '/': 5 });
  expect(errorLine).toBeUndefined();
});

it.each([
  ['{\n"a" 1}', 2],
  ['{"a":\n\nundefined}', 3],
  ['{"a": 1\n"b": 2}', 2],
  ['[1,\n]', 2],
  ['{\n"a": "x\n"}', 2],
  ['{}\n{}', 2],
  ['[\n', 2],
  ['', 1],
])('finds the first mistake of %j', (text, line) => {
  expect(jsonLines(text).errorLine).toBe(line);
});

it('finds no error in JSON, and survives very deep nesting', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 2), (json, indent) => {
      expect(jsonLines(JSON.stringify(JSON.parse(json), null, indent)).errorLine).toBeUndefined();
    }),
  );
  expect(jsonLines('['.repeat(1_000_000)).errorLine).toBe(1);
});
