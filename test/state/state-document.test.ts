import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { State, StateAccount } from '../../src/model/state.ts';
import { serializeState, stateFromDocument } from '../../src/state/state-document.ts';
import { validate } from '../../src/state/state-validator.generated.js';
import { bareAccount, example, fullAccount } from './example.ts';

const roundTrip = (state: State): State => {
  const json = JSON.parse(serializeState(state));
  if (!validate(json)) throw new Error(JSON.stringify(validate.errors));
  return stateFromDocument(json);
};

describe('serializeState', () => {
  it('is read back as the same state', () => {
    expect(roundTrip(example)).toEqual(example);
  });

  it('writes sorted JSON with a final line break', () => {
    const text = serializeState(example);
    expect(text).toBe(`${JSON.stringify(JSON.parse(text), null, 2)}\n`);
    expect(Object.keys(JSON.parse(text))).toEqual(['version', 'lineage', 'serial', 'organization', 'accounts']);
    expect(Object.keys(JSON.parse(text).accounts)).toEqual(['etl_prod', 'tenant']);
    expect(Object.keys(JSON.parse(text).accounts.etl_prod.tokens)).toEqual(['BI-old', 'airflow']);
  });

  it('writes the latest runs, a line each', () => {
    const runs = [
      { at: '2026-11-01T08:00:00.000Z' },
      { at: '2026-11-02T08:00:00.000Z', who: 'ann', command: 'apply', counts: { create_token: 2 }, exit_code: 0 },
    ];
    const text = serializeState({ ...example, runs });
    const lines = text.split('\n').filter((line) => line.startsWith('    {"at"'));
    expect(lines.map((line) => JSON.parse(line.replace(/,$/, '')))).toEqual(runs);
    expect(roundTrip({ ...example, runs }).runs).toEqual(runs);
  });

  it('writes the same text whatever the order of the entries', () => {
    const other: State = { ...example, accounts: new Map([...example.accounts].reverse()) };
    expect(serializeState(other)).toBe(serializeState(example));
    expect(serializeState(roundTrip(example))).toBe(serializeState(example));
  });

  it('changes one line for one change, and the serial', () => {
    const changed = { ...fullAccount, deletion_protection: false };
    const accounts = new Map<string, StateAccount>([...example.accounts, ['etl_prod', changed]]);
    const before = serializeState(example).split('\n');
    const after = serializeState({ ...example, serial: 8, accounts }).split('\n');
    expect(after.filter((line, at) => line !== before[at])).toEqual([
      '  "serial": 8,',
      '      "deletion_protection": false,',
    ]);
  });

  it('writes no accounts on one line', () => {
    expect(serializeState({ ...example, accounts: new Map() })).toContain('"accounts": {}\n}\n');
  });

  it('treats every name as a plain name', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasownproperty'];
    const tokens = new Map(names.map((name) => [name, { generation: 1, retiring: [], intents: [] }]));
    const state = { ...example, accounts: new Map(names.map((name) => [name, { ...bareAccount(name), tokens }])) };
    const read = roundTrip(state);
    expect([...read.accounts.keys()].sort()).toEqual([...names].sort());
    expect(read.accounts.get('__proto__')?.tokens.get('__proto__')).toEqual({
      generation: 1,
      retiring: [],
      intents: [],
    });
  });

  it('keeps any text in any field', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.string({ unit: 'binary', minLength: 1 }),
        (name, key) => {
          const tokens = new Map([
            [key, { generation: 1, retiring: [], intents: [{ name, generation: 1, at: example.lineage }] }],
          ]);
          const state = { ...example, accounts: new Map([[name, { ...bareAccount(name), tokens }]]) };
          expect(stateFromDocument(JSON.parse(serializeState(state)))).toEqual(state);
        },
      ),
      { numRuns: 50 },
    );
  });
});
