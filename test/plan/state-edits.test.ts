import { describe, expect, it } from 'vitest';
import type { State, StateAccount, StateToken, TokenRecord } from '../../src/model/state.ts';
import { stateEdits, vouchedState } from '../../src/plan/state-edits.ts';
import { stateOfText } from '../../src/state/read-state.ts';
import { serializeState } from '../../src/state/state-document.ts';
import { fullAccount } from '../state/example.ts';

const secret = { store: 'ex', secret_path: 'ex#etl_prod/airflow', at: '2026-01-01T00:00:00Z', command: 'h1' };
const record: TokenRecord = {
  id: 'a',
  name: 'airflow',
  generation: 1,
  type: 'read_write',
  created_at: '2026-01-01T00:00:00Z',
  expires_at: '2026-04-01T00:00:00Z',
  ttl: 7_776_000,
  overlap: 86_400,
  rotate_before: 1_209_600,
  secret,
};

function stateOf(current: TokenRecord, account: Partial<StateAccount> = {}, key = 'airflow'): State {
  const token = { generation: 1, current, retiring: [], intents: [] };
  const etl: StateAccount = {
    username: 'etl_prod',
    origin: 'created',
    since: '2026-01-01T00:00:00Z',
    deletion_protection: true,
    tokens: new Map([[key, token]]),
    ...account,
  };
  return {
    organization: 'acme',
    sandbox: false,
    lineage: 'l',
    serial: 3,
    runs: [],
    accounts: new Map([['etl_prod', etl]]),
  };
}

const target = stateOf(record);
const vouched = (current: TokenRecord, key?: string) =>
  [
    ...(vouchedState(target, stateOf(current, {}, key))
      .accounts.get('etl_prod')
      ?.tokens.values() ?? []),
  ][0]?.current;

describe('the edits of a state', () => {
  it('are none of the same state, and none of its serial alone beside others', () => {
    expect(stateEdits(target, target)).toEqual([]);
    expect(stateEdits(target, { ...target, serial: 4 })).toEqual([{ edit: 'edited', fields: ['serial'] }]);
    const edited = { ...stateOf(record, { deletion_protection: false }), serial: 4, lineage: 'other' };
    expect(stateEdits(target, edited)).toEqual([
      { edit: 'edited', fields: ['lineage'] },
      { edit: 'edited', account: 'etl_prod', fields: ['deletion protection'] },
    ]);
  });

  it.each([
    ['id', { id: 'b' }],
    ['expiry', { expires_at: null }],
    ['overlap', { overlap: 1 }],
    ['secret path', { secret: { ...secret, secret_path: 'elsewhere' } }],
    ["hash of the store's command", { secret: { ...secret, command: 'h2' } }],
  ])('name the %s', (field, change) => {
    expect(stateEdits(target, stateOf({ ...record, ...change }))).toEqual([
      { edit: 'edited', account: 'etl_prod', token: 'airflow', fields: [field] },
    ]);
  });
});

describe('the state as its target branch vouches for it', () => {
  it('is the same where nothing was edited', () => {
    expect(vouchedState(target, target)).toEqual(target);
  });

  it.each([
    ['of the same id', {}, undefined],
    ['of another id', { id: 'b' }, undefined],
    ['under another key', {}, 'nk'],
  ])('has the policy and the command of a token %s as it was', (_, change, key) => {
    const forged = { ...record, ...change, overlap: 300, rotate_before: 1, secret: { ...secret, command: 'h2' } };
    expect(vouched(forged, key)).toEqual({ ...record, ...change });
  });

  it('knows no command of another store, and no secret that the target branch does not have', () => {
    const { command: _, ...moved } = { ...secret, store: 'other' };
    expect(vouched({ ...record, secret: { ...moved, command: 'h2' } })).toEqual({ ...record, secret: moved });
    const unknown = stateOf({ ...record, secret: 'unknown' });
    expect(vouchedState(unknown, target)).toEqual(unknown);
    const { overlap, rotate_before, ttl, ...adopted } = record;
    expect(vouched({ ...record, id: 'b' }, 'bi')).toEqual({ ...adopted, id: 'b', secret: 'unknown' });
    expect([overlap, rotate_before, ttl]).not.toContain(undefined);
  });
});

type Path = readonly (string | number)[];

/** The paths of all values of a document. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [...(path.length === 0 ? [] : [path]), ...entries.flatMap(([key, own]) => pathsOf(own, [...path, key]))];
}

function changed(document: object, path: Path, change: (value: unknown) => unknown): object {
  const copy = structuredClone(document);
  const last = path.at(-1) ?? '';
  const parent = path.slice(0, -1).reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], copy);
  const value = change((parent as Record<string, unknown>)[last]);
  if (value !== undefined) Object.assign(parent as object, { [last]: value });
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete (parent as Record<string, unknown>)[last];
  return copy;
}

const CHANGES: readonly ((value: unknown) => unknown)[] = [
  () => undefined,
  (value) => (typeof value === 'boolean' ? !value : value === 'created' ? 'adopted' : `${value}x`),
  (value) => (typeof value === 'number' ? value + 1 : typeof value === 'string' ? value.replace('2', '3') : value),
  () => 'unknown',
  () => null,
];

it('no change of a state goes without an edit, but for what every run changes', async () => {
  const hash = (digit: string) => digit.repeat(22);
  const secret = {
    store: 'ex',
    secret_path: 'ex#a',
    at: '2026-01-02T00:00:00Z',
    fingerprint: hash('1'),
    command: hash('2'),
    serial: 2,
  };
  const bi = {
    generation: 4,
    current: { ...record, id: 'b', name: 'bi.2', generation: 2, secret, verified_at: '2026-01-02T00:00:00Z' },
    stored: { ...secret, secret_path: 'ex#old' },
    retiring: [
      { id: 'c', name: 'bi', expires_at: null, retire_at: '2026-01-02T00:00:00Z', secret, fingerprint: hash('3') },
    ],
    intents: [
      { name: 'bi.4', generation: 4, at: '2026-01-02T00:00:00Z', storing: true, store: 'ex', secret_path: 'ex#a' },
    ],
  };
  const old = { generation: 3, suspended: true, retiring: [], intents: [] } satisfies StateToken;
  const own = {
    ...stateOf(
      { ...record, secret: { ...secret, command: hash('5') } },
      {
        id: 'u',
        tokens: new Map<string, StateToken>([
          ['bi', bi],
          ['old', old],
        ]),
      },
    ),
    organization_id: 'o',
    lineage: '0b8d1f0e-5c1a-4c5e-9a43-0c0f3d0f4a11',
    configuration: 'a.yaml',
  };
  const setup = { at: '2026-01-02T00:00:00Z', passed: true, statements: ['4'.repeat(32)] };
  const accounts = new Map([...own.accounts, ['etl_prod2', { ...fullAccount, username: 'etl_prod2', setup }]]);
  const moved_from = { place: 'other.state.json', serial: 2, at: '2026-01-02T00:00:00Z' };
  const before = await stateOfText('a', serializeState({ ...own, accounts, moved_from }));
  const document = JSON.parse(serializeState(before as State));
  const paths = pathsOf(document).filter(([first]) => first !== 'serial' && first !== 'runs');
  const seen = new Set<string>();
  for (const path of paths) {
    for (const change of CHANGES) {
      const text = JSON.stringify(changed(document, path, change));
      const after = await stateOfText('a', text).catch(() => undefined);
      if (after === undefined || serializeState(after) === serializeState(before as State)) continue;
      seen.add(path.join('.'));
      expect(stateEdits(before, after), path.join('.')).not.toEqual([]);
    }
  }
  for (const field of [
    'organization_id',
    'configuration',
    'accounts.etl_prod.tokens.bi.generation',
    'accounts.etl_prod.tokens.old.suspended',
  ])
    expect([...seen]).toContain(field);
});
