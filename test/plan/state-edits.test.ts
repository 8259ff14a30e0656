import { describe, expect, it } from 'vitest';
import type { State, StateAccount, TokenRecord } from '../../src/model/state.ts';
import { stateEdits, vouchedState } from '../../src/plan/state-edits.ts';

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
