import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { updateAccount, updateToken } from '../../src/apply/state-writer.ts';
import type { State, StateAccount, StateToken } from '../../src/model/state.ts';
import { withRun } from '../../src/model/state-run.ts';
import type { AppendedChange, StateBackend } from '../../src/state/backend.ts';
import { OpenedState } from '../../src/state/opened-state.ts';
import { LogError, replay } from '../../src/state/state-change.ts';
import {
  STATE_VERSION,
  type StateDocument,
  serializeState,
  stateFromDocument,
} from '../../src/state/state-document.ts';
import { bareAccount, example, fullAccount } from './example.ts';

/** Keeps what is appended in memory; nothing else is used. */
function memory() {
  const kept: AppendedChange[] = [];
  const backend = {
    name: 'memory',
    append: async (change: AppendedChange) => void kept.push(change),
    settle: async () => {},
  };
  return { kept, backend: backend as unknown as StateBackend };
}

const parsed = (changes: readonly AppendedChange[]): unknown[] => changes.map(({ text }) => JSON.parse(text));
const stateAfter = (document: unknown, changes: readonly unknown[]): State =>
  stateFromDocument(replay(document as Parameters<typeof replay>[0], changes) as unknown as StateDocument);

const token = (generation: number): StateToken => ({ generation, retiring: [], intents: [] });
const name = fc.constantFrom('a', 'b', 'etl_prod', '__proto__', 'constructor');
const step = fc.oneof(
  fc.record({ kind: fc.constant('account' as const), name, protect: fc.boolean() }),
  fc.record({ kind: fc.constant('token' as const), name, key: name, generation: fc.nat(9) }),
  fc.record({ kind: fc.constant('remove' as const), name }),
  fc.record({ kind: fc.constant('remove_token' as const), name, key: name }),
  fc.record({ kind: fc.constant('head' as const), id: fc.option(fc.constantFrom('org-1', 'org-2')) }),
  fc.record({ kind: fc.constant('all' as const), protect: fc.boolean() }),
  fc.record({ kind: fc.constant('run' as const), command: fc.constantFrom('apply', 'rotate'), isEnded: fc.boolean() }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(opened: OpenedState, one: Step): Promise<void> {
  const known = (username: string) => opened.state.accounts.has(username);
  switch (one.kind) {
    case 'account':
      return updateAccount(
        opened,
        one.name,
        (account = bareAccount(one.name)): StateAccount => ({
          ...account,
          deletion_protection: one.protect,
        }),
      );
    case 'token':
      if (known(one.name)) await updateToken(opened, one.name, one.key, () => token(one.generation));
      return;
    case 'remove':
      return updateAccount(opened, one.name, () => undefined);
    case 'remove_token':
      if (known(one.name)) await updateToken(opened, one.name, one.key, () => undefined);
      return;
    case 'head':
      return opened.update(({ organization_id: _, ...state }) =>
        one.id === null ? state : { ...state, organization_id: one.id },
      );
    case 'run': {
      const { command, isEnded } = one;
      const run = { at: '2026-11-01T08:00:00.000Z', command, ...(isEnded ? { counts: { forget: 1 } } : {}) };
      return opened.update((state) => ({ ...state, runs: withRun(state.runs, run) }));
    }
    case 'all':
      return opened.update((state) => ({
        ...state,
        accounts: new Map(
          [...state.accounts].map(([key, account]) => [key, { ...account, deletion_protection: one.protect }]),
        ),
      }));
  }
}

describe('replay', () => {
  it('gives the state in memory, from any snapshot on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 12 }), fc.nat(), async (batches, at) => {
        const { kept, backend } = memory();
        const opened = new OpenedState(backend, { organization: 'acme', sandbox: true }, undefined);
        // Steps of a batch are begun at once, and written together.
        for (const batch of batches) await Promise.all(batch.map((one) => take(opened, one)));
        if (kept.length === 0) return;
        const changes = parsed(kept);
        const whole = stateAfter(undefined, changes);
        expect(serializeState(whole)).toBe(serializeState(opened.state));
        const from = at % kept.length;
        const snapshot: unknown = JSON.parse([...(kept[from]?.snapshot() ?? [])].join(''));
        expect(serializeState(stateAfter(snapshot, changes.slice(from + 1)))).toBe(serializeState(opened.state));
      }),
    );
  });

  it('costs what a change changes, not what the state has', async () => {
    const { kept, backend } = memory();
    const accounts = new Map(
      Array.from({ length: 2000 }, (_, n) => [`account_${n}`, { ...fullAccount, username: `account_${n}` }]),
    );
    const opened = new OpenedState(backend, example, { state: { ...example, accounts } });
    await updateToken(opened, 'account_7', 'airflow', (entry) => ({ ...entry, generation: 4 }));
    expect(kept[0]?.text.length).toBeLessThan(1500);
    expect(JSON.parse(kept[0]?.text ?? '')).toMatchObject({
      serial: 8,
      accounts: { account_7: { tokens: { airflow: {} } } },
    });
    expect(kept[0]?.text).not.toContain('BI-old');
  });

  const change = (serial: number, writer: string, key = writer) => ({
    serial,
    version: STATE_VERSION,
    lineage: example.lineage,
    writer,
    accounts: { [key]: { fields: bareAccount(key), tokens: {} } },
  });
  const base = JSON.parse(serializeState(example)) as StateDocument;

  it('counts a serial once: a run that lost the race wrote one change in vain', () => {
    const state = stateAfter(base, [change(8, 'winner', 'one'), change(8, 'loser'), change(9, 'winner', 'two')]);
    expect([...state.accounts.keys()].sort()).toEqual(['etl_prod', 'one', 'tenant', 'two']);
    expect(state.serial).toBe(9);
  });

  it.each<[string, readonly unknown[], number]>([
    ['a serial is missing', [change(8, 'a'), change(10, 'a')], 1],
    ['a run goes on that had lost', [change(8, 'a'), change(8, 'b'), change(9, 'b')], 2],
    ['a run loses twice', [change(8, 'a'), change(8, 'b'), change(8, 'b')], 2],
    ['it is of another state', [{ ...change(8, 'a'), lineage: 'other' }], 0],
    ['it has another version', [{ ...change(8, 'a'), version: STATE_VERSION + 1 }], 0],
    ['it has an unknown field', [{ ...change(8, 'a'), more: 1 }], 0],
    ['it changes an account that is not there', [{ ...change(8, 'a'), accounts: { none: { tokens: {} } } }], 0],
    ['it is a list', [[]], 0],
  ])('refuses a log where %s', (_, changes, index) => {
    const refused = (() => {
      try {
        replay(base as unknown as Readonly<Record<string, unknown>>, changes);
        return undefined;
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(LogError);
    expect(refused).toMatchObject({ index });
  });
});
