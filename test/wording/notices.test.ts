import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { PlanNotice } from '../../src/model/notice.ts';
import { noticeText, wordedNotice } from '../../src/wording/notices.ts';
import { expectGolden } from '../golden/golden.ts';

const account = 'etl_prod';
const hint = { text: 'Do this.' };
/** One of every kind. */
const ALL = {
  state_edited: {
    kind: 'state_edited',
    state: 'motherduck.accounts.state.json',
    target: 'main',
    edits: [
      { edit: 'edited', fields: ['lineage'] },
      { edit: 'edited', account, token: 'airflow', fields: ['overlap', 'rotate_before'] },
      { edit: 'edited', account, token: 'bi', fields: ['overlap', 'rotate_before'] },
      { edit: 'added', account: 'tenant_00002' },
      { edit: 'added', account: 'tenant_00002', token: 'etl' },
      { edit: 'removed', account: 'ml_prod' },
    ],
  },
  settings_changed: {
    kind: 'settings_changed',
    target: 'main',
    settings: [
      { name: 'guardrails.max_deletes', before: '0', after: '50%' },
      { name: 'guardrails.max_creates', before: '5' },
    ],
  },
  variables_new: { kind: 'variables_new', target: 'main', variables: ['DB', 'TEAM'] },
  not_compared: { kind: 'not_compared', target: 'main', why: 'its commit is not in this clone', hint },
  state_unread: { kind: 'state_unread', state: 'prod.state.json', why: 'prod.state.json has merge conflicts.' },
  users_unlisted: { kind: 'users_unlisted', why: 'NOT_ADMIN', hint },
  users_incomplete: { kind: 'users_incomplete', listed: 10, total: 50 },
  overlap_held: { kind: 'overlap_held', account, token: 'airflow', name: 'airflow' },
  long_overlap: {
    kind: 'long_overlap',
    account,
    token: 'airflow',
    name: 'airflow',
    id: 't1',
    retire_at: '2099-01-01T00:00:00Z',
    overlap: 86_400,
  },
  left_live: { kind: 'left_live', account, token: 'etl', name: 'airflow', id: 'id-9', by: 'bi.2' },
  not_replaced: { kind: 'not_replaced', account, token: 'airflow', name: 'airflow.2', id: 'id-9' },
  other_series: { kind: 'other_series', account, token: 'airflow', name: 'laptop', id: 'id-9' },
  rival: { kind: 'rival', account, token: 'airflow', name: 'airflow', id: 'b', current: 'airflow' },
  rotation_suspended: { kind: 'rotation_suspended', accounts: [account] },
  shorter_life: {
    kind: 'shorter_life',
    account,
    token: 'airflow',
    name: 'airflow',
    asked: 90 * 86_400,
    given: 604_800,
  },
  orphan: { kind: 'orphan', account, token: 'airflow', name: 'airflow.2', retained: false },
  older_state: { kind: 'older_state', account, token: 'airflow', names: ['airflow.2'] },
  unverified: { kind: 'unverified', account, token: 'airflow', name: 'airflow.2', replaced: 'airflow' },
  stores_rehearsed: {
    kind: 'stores_rehearsed',
    stores: [{ store: 'vault', folder: '.motherduck-sandbox/stores/vault' }],
  },
  not_renamed: { kind: 'not_renamed', account, before: 'etl', tokens: ['airflow', 'bi'] },
  share_deleted: {
    kind: 'share_deleted',
    account,
    share: 'reporting',
    attached: [{ account: 'bi', location: { line: 9 } }],
  },
  suspended_live: { kind: 'suspended_live', account, tokens: ['laptop', 'BI'] },
  store_unreadable: { kind: 'store_unreadable', store: 'local', why: 'It is not JSON.', hint },
  store_unusable: { kind: 'store_unusable', store: 'local', why: 'It is not ignored.', hint },
  secret_lost: { kind: 'secret_lost', store: 'local', tokens: ['etl_prod/airflow', 'etl_prod/bi'] },
  secret_foreign: { kind: 'secret_foreign', store: 'local', tokens: ['etl_prod/airflow'], secret_paths: ['s.env#A'] },
  secret_unknown: { kind: 'secret_unknown', store: 'local', tokens: ['etl_prod/airflow'], secret_paths: ['s.env#A'] },
  secret_taken: { kind: 'secret_taken', store: 'vault', tokens: ['a/b_c'], holders: ['a_b/c'] },
  command_unknown: { kind: 'command_unknown', store: 'vault', tokens: ['etl_prod/airflow', 'etl_prod/bi'] },
  command_changed: { kind: 'command_changed', store: 'vault', tokens: ['etl_prod/airflow', 'etl_prod/bi'] },
  store_renamed: {
    kind: 'store_renamed',
    before: 'vault',
    store: 'hashicorp',
    tokens: ['etl_prod/airflow', 'etl_prod/bi'],
  },
  secret_stays: { kind: 'secret_stays', store: 'vault', tokens: ['etl_prod/airflow'] },
  secret_left: {
    kind: 'secret_left',
    store: 'old',
    tokens: ['etl_prod/airflow'],
    secret_paths: ['s.json#etl_prod.airflow'],
  },
  secret_not_removed: {
    kind: 'secret_not_removed',
    store: 'local',
    tokens: ['etl_prod/airflow'],
    secret_paths: ['s.json#etl_prod.airflow'],
  },
  no_next_generation: { kind: 'no_next_generation', account, token: 'airflow' },
  policy_hastened: {
    kind: 'policy_hastened',
    account,
    token: 'airflow',
    before: { overlap: 86_400, rotate_before: 1_209_600 },
    after: { overlap: 0, rotate_before: 1_209_600 },
  },
  never_expires: { kind: 'never_expires', account, token: 'airflow', name: 'airflow.2' },
  turnover: { kind: 'turnover', account, tokens: 2 },
  smoke_failed: { kind: 'smoke_failed', account },
  not_rotated: { kind: 'not_rotated', account, name: 'airflow', expires_at: '2027-02-06T00:00:00.000Z' },
  late_applies: { kind: 'late_applies', interval: 1_296_000, tokens: ['etl_prod/airflow'] },
  due_left: { kind: 'due_left', account, token: 'airflow', expires_at: '2027-02-06T00:00:00.000Z' },
  nothing_managed: { kind: 'nothing_managed' },
  not_scheduled: { kind: 'not_scheduled', account, actions: ['set_ducklings', 'create_token'] },
  unreadable: { kind: 'unreadable', account, code: 'ACCOUNT_UNREADABLE', why: 'it was not read', hint },
  person: { kind: 'person', account, managed: true },
  deprovisioned: { kind: 'deprovisioned', account },
  not_adopted: { kind: 'not_adopted', account, state: 'prod.state.json' },
  managed_elsewhere: { kind: 'managed_elsewhere', account, state: 'prod.state.json', managed: true },
  not_a_new_name: { kind: 'not_a_new_name', account, location: { line: 12 } },
  unidentified: { kind: 'unidentified', account, listed: true },
  ambiguous: { kind: 'ambiguous', account, token: 'airflow', name: 'airflow', type: 'read_write', ids: ['a', 'b'] },
  last_generation: { kind: 'last_generation', account, token: 'airflow', actual: 3 },
  own_account: { kind: 'own_account', account },
  protected: { kind: 'protected', account },
  too_many_deletes: { kind: 'too_many_deletes', limit: 0, allowed: 0, accounts: [account] },
  too_many_creates: { kind: 'too_many_creates', limit: { percent: 10 }, allowed: 2, accounts: ['a_1', 'a_2', 'a_3'] },
  ceiling_exceeded: { kind: 'ceiling_exceeded', ceiling: 14.4, limit: 10 },
  ceiling_unknown: { kind: 'ceiling_unknown', limit: 10, accounts: [account], planned: false },
} as const satisfies { readonly [K in PlanNotice['kind']]: PlanNotice & { readonly kind: K } };

it('words every notice, with what it is about and what to do', () => {
  const lines = Object.values(ALL).map((notice) => {
    const { subject, message, hint: fix } = noticeText(notice);
    return `${subject ?? '-'}: ${message}${fix.command === undefined ? '' : ` [${fix.command.join(' ')}]`}`;
  });
  expectGolden('warnings', 'of a plan', lines.join('\n'), 'exact');
});

it('words every form of what stays in a store', () => {
  const { secret_left: left, secret_stays: stays, secret_not_removed: kept } = ALL;
  const forms: readonly PlanNotice[] = [
    ...[left, { ...left, changed: true as const }, { ...left, changed: true as const, near: true as const }],
    ...[stays, ...(['shared', 'near', 'generations'] as const).map((form) => ({ ...stays, [form]: true }))],
    ...[kept, { ...kept, rehearsed: true as const }],
  ];
  const lines = forms.map((notice) => {
    const { message, hint: fix } = noticeText(notice);
    return `${message}\n  ${fix.text}${fix.command === undefined ? '' : ` [${fix.command.join(' ')}]`}`;
  });
  expectGolden('warnings', 'of what stays in a store', lines.join('\n'), 'exact');
});

it('the message of a notice does not repeat its account', () => {
  for (const notice of Object.values(ALL)) {
    const { subject, message } = noticeText(notice);
    if (subject !== undefined) expect(message.startsWith(subject)).toBe(false);
  }
});

it('has a code for what scripts may rely on', () => {
  const coded = Object.values(ALL).flatMap((notice) => noticeText(notice).code ?? []);
  expect(new Set(coded)).toEqual(
    new Set([
      'STATE_INVALID',
      'STATE_FOREIGN',
      'ACCOUNT_UNREADABLE',
      'ACCOUNT_UNUSABLE',
      'TOKEN_AMBIGUOUS',
      'GUARDRAIL',
    ]),
  );
});

it('in JSON has its kind and data, and its words', () => {
  expect(wordedNotice(ALL.turnover)).toEqual({
    kind: 'turnover',
    account,
    tokens: 2,
    message: expect.any(String),
    hint: { text: expect.any(String) },
  });
});

it('has every kind in the schema of plans', () => {
  const schema = JSON.parse(readFileSync('schemas/plan.schema.json', 'utf8'));
  expect(schema.$defs.notice.properties.kind.enum.toSorted()).toEqual(Object.keys(ALL).toSorted());
});

it('does not give two equal numbers as the difference of a list that changed while it was read', () => {
  const { message } = noticeText({ kind: 'users_incomplete', listed: 4, total: 4 });
  expect(message.match(/\b4\b/g)).toHaveLength(1);
});
