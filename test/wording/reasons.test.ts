import { expect, it } from 'vitest';
import schema from '../../schemas/plan.schema.json' with { type: 'json' };
import type { Action } from '../../src/model/action.ts';
import { reasonText } from '../../src/wording/reasons.ts';
import { sharedReasonText } from '../../src/wording/shared-reasons.ts';
import { expectGolden } from '../golden/golden.ts';
import { DAY } from '../world.ts';

const live = {
  name: 'airflow',
  id: 'id-1',
  type: 'read_write',
  expires_at: null,
  created_at: '2026-11-01T00:00:00.000Z',
};
const DUCKLINGS = [
  { read_write: { size: 'jumbo', cooldown: 60 }, read_scaling: { size: 'pulse', pool_size: 2 } },
  { read_write: { size: 'standard', cooldown: 600 }, read_scaling: { size: 'pulse', pool_size: 4 } },
];
const expired_at = '2026-11-20T08:00:00.000Z';
const interrupted = { kind: 'interrupted', name: 'airflow.2', current: 'airflow' };

/** Each reason of each action. */
const ALL: readonly (readonly [action: Action['action'], reason: object, more?: object])[] = [
  ['create_account', { kind: 'new' }],
  ['create_account', { kind: 'new' }, { location: { line: 7, file: 'accounts/tenants.yaml' } }],
  ['create_account', { kind: 'deleted_outside', since: expired_at }],
  ['create_account', { kind: 'deleted', at: expired_at }],
  ['adopt_account', { kind: 'unmanaged' }],
  ['adopt_account', { kind: 'interrupted' }],
  ['adopt_account', { kind: 'replaced_outside' }],
  ['adopt_account', { kind: 'deleted', at: expired_at }],
  ['set_ducklings', { kind: 'new_account' }, { before: null, after: DUCKLINGS[1] }],
  ['set_ducklings', { kind: 'changed' }, { before: DUCKLINGS[0], after: DUCKLINGS[1] }],
  ['create_token', { kind: 'new_account' }],
  ['create_token', { kind: 'resumed' }],
  ['create_token', { kind: 'new' }],
  ['create_token', { kind: 'interrupted', orphan: 'airflow.2' }],
  ['create_token', { kind: 'interrupted', orphan: 'airflow.2', stored: false }],
  ['create_token', { kind: 'expired', name: 'airflow', expired_at }],
  ['create_token', { kind: 'revoked', name: 'airflow', id: 'id-1' }],
  ['adopt_token', { kind: 'unmanaged' }, { after: live }],
  ['adopt_token', { kind: 'newer', current: 'airflow' }, { after: { ...live, name: 'airflow.2' } }],
  ['adopt_token', { kind: 'renamed', from: 'dbt', replaced: false }],
  ['adopt_token', { kind: 'renamed', from: 'dbt', replaced: true }],
  [
    'rotate_token',
    { kind: 'due', expires_at: expired_at, seconds_left: 9 * DAY, policy: 'pipeline', rotate_before: 14 * DAY },
  ],
  [
    'rotate_token',
    {
      kind: 'due',
      expires_at: expired_at,
      seconds_left: 3 * DAY,
      policy: 'pipeline',
      rotate_before: 3.5 * DAY,
      shortened: true,
    },
  ],
  [
    'rotate_token',
    {
      kind: 'due',
      expires_at: expired_at,
      seconds_left: 15 * DAY,
      policy: 'pipeline',
      rotate_before: 16 * DAY,
      earlier: 2 * DAY,
    },
  ],
  ['rotate_token', { kind: 'requested' }],
  ['rotate_token', { kind: 'changed', change: { field: 'type', before: 'read_write', after: 'read_scaling' } }],
  ['rotate_token', { kind: 'changed', change: { field: 'name', before: 'airflow', after: 'Airflow' } }],
  ['rotate_token', { kind: 'changed', change: { field: 'secret_store', before: 'local', after: 'vault' } }],
  ['rotate_token', { kind: 'changed', change: { field: 'secret_path', before: 'a.env#A', after: 'b.env#A' } }],
  ['rotate_token', { kind: 'changed', change: { field: 'ttl', before: null, after: 90 * DAY } }],
  ['rotate_token', { ...interrupted, left: 'orphan' }],
  ['rotate_token', { ...interrupted, left: 'intent' }],
  ['rotate_token', { ...interrupted, left: 'untested' }],
  ['rotate_token', { ...interrupted, left: 'revocation' }],
  ['revoke_token', { kind: 'requested' }],
  ['revoke_token', { kind: 'requested', force: true }],
  ['revoke_token', { kind: 'requested', at: expired_at }],
  ['revoke_token', { kind: 'removed' }],
  ['revoke_token', { kind: 'suspended' }],
  ['revoke_token', { kind: 'overlap_ended', retire_at: expired_at }],
  ['revoke_token', { kind: 'orphan' }],
  ['delete_account', { kind: 'removed' }, { before: { username: 'etl_prod', tokens: [live, live] } }],
  ['delete_account', { kind: 'destroyed' }, { before: { username: 'etl_prod', tokens: [live] } }],
  ['forget', { kind: 'removed' }],
  ['forget', { kind: 'suspended' }],
  ['forget', { kind: 'removed' }, { token: undefined }],
  ['forget', { kind: 'destroyed' }, { token: undefined }],
  ...['new_account', 'unset', 'changed', 'interrupted'].map(
    (kind) =>
      [
        'run_setup',
        { kind },
        { after: { new_statements: ['SELECT 1'], statements: ['SELECT 1', 'SELECT 2'] } },
      ] as const,
  ),
  ['forget', { kind: 'replaced_outside' }, { token: undefined }],
  ['forget', { kind: 'deleted', at: expired_at }, { token: undefined }],
  ['forget', { kind: 'unconfirmed' }, { token: undefined }],
];

function plannedActions(): Action[] {
  return ALL.map(([action, reason, more]) => {
    const planned = {
      action,
      account: 'etl_prod',
      token: 'airflow',
      risk: 'safe',
      location: { line: 31 },
      before: live,
      after: live,
      reason,
      ...more,
    };
    return planned as unknown as Action;
  });
}

it('words every reason', () => {
  const lines = plannedActions().map((action) => `${action.action}: ${reasonText(action)}`);
  expect(new Set(ALL.map(([action]) => action)).size).toBe(10);
  expectGolden('plans', 'reasons', lines.join('\n'), 'exact');
});

it('words what identical changes share: no name of one token, and no other fate', () => {
  const lines = plannedActions().map((action) => `${action.action}: ${sharedReasonText(action)}`);
  expectGolden('plans', 'reasons > shared', lines.join('\n'), 'exact');
  const adoptions = plannedActions().filter(({ action }) => action === 'adopt_token');
  const ways = adoptions.map(({ reason }) => JSON.stringify([reason.kind, 'replaced' in reason && reason.replaced]));
  expect(new Set(adoptions.map(sharedReasonText)).size).toBe(new Set(ways).size);
});

it('has every kind in the schema of plans', () => {
  const { enum: kinds } = schema.$defs.action.properties.reason.properties.kind;
  expect(new Set(kinds)).toEqual(new Set(ALL.map(([, reason]) => 'kind' in reason && reason.kind)));
});
