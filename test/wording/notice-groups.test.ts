import { expect, it } from 'vitest';
import type { PlanNotice } from '../../src/model/notice.ts';
import { PLAN_FORMATS } from '../../src/report/formats.ts';
import { groupNotices } from '../../src/wording/notice-groups.ts';
import { noticeText } from '../../src/wording/notices.ts';
import { expectGolden } from '../golden/golden.ts';
import { DAY, desire, token, World } from '../world.ts';

const hint = { text: 'Do this.' };
const notices = (account: string): PlanNotice[] => [
  { kind: 'older_state', account, token: 'airflow', names: ['airflow.2'] },
  { kind: 'unverified', account, token: 'airflow', name: 'airflow.2', replaced: 'airflow' },
  { kind: 'turnover', account, tokens: 2 },
  { kind: 'smoke_failed', account },
  { kind: 'not_rotated', account, name: 'airflow', expires_at: '2027-02-06T00:00:00.000Z' },
  { kind: 'due_left', account, token: 'airflow', expires_at: '2027-02-06T00:00:00.000Z' },
  { kind: 'not_scheduled', account, actions: ['set_ducklings', 'create_token'] },
  { kind: 'unreadable', account, code: 'ACCOUNT_UNREADABLE', why: `${account} was not read`, hint },
  { kind: 'person', account, managed: true },
  { kind: 'deprovisioned', account },
  { kind: 'protected', account },
];

it('words several notices of a kind as one, with a count and names', () => {
  const all = ['etl_prod', 'ml_prod', 'bi_prod'].flatMap(notices);
  const lines = groupNotices(all).map(({ subject, message, hint: fix }) => {
    const command = fix.command === undefined ? '' : ` [${fix.command.join(' ')}]`;
    return `${subject ?? '-'}: ${message}\n  ${fix.text}${command}`;
  });
  expect(lines).toHaveLength(notices('').length);
  expectGolden('warnings', 'of a plan > several of one kind', lines.join('\n'), 'exact');
});

it('words one as before, and names few of many', () => {
  for (const notice of notices('etl_prod')) expect(groupNotices([notice])).toMatchObject([noticeText(notice)]);
  const many = Array.from({ length: 3000 }, (_, index) => `tenant_${index}`);
  for (const group of groupNotices(many.flatMap(notices))) {
    expect(group.names).toHaveLength(3000);
    expect(group.message.length).toBeLessThan(400);
    expect(group.hint.command?.length ?? 0).toBeLessThan(10);
  }
});

it('says of several about one token what each says, and names no command that a retained account refuses', () => {
  const one = { kind: 'unverified', account: 'etl_prod', token: 'airflow', name: 'airflow.3' } as const;
  const of = (...all: PlanNotice[]) => groupNotices(all)[0];
  const both = of({ ...one, replaced: 'airflow' }, { ...one, replaced: 'airflow.2' });
  expect(both).toMatchObject({ names: ['etl_prod/airflow'], hint: { command: ['rotate', 'etl_prod/airflow'] } });
  expect(both?.message).toContain('so "airflow" stays live; ');
  expect(both?.message).toContain('so "airflow.2" stays live');
  const left = { ...one, retained: true, replaced: 'dbt' } as const;
  const mixed = of({ ...left, account: 'old' }, { ...left, account: 'older' });
  expect(mixed?.hint.command).toBeUndefined();
});

it('is one warning in every format of a plan', async () => {
  const world = new World();
  const names = Array.from({ length: 30 }, (_, index) => `tenant_${index}`);
  for (const name of names) {
    await world.api.createUser(name);
    for (const key of ['a', 'b']) await world.api.createToken(name, { name: key, ttl: 10 * DAY });
  }
  const tokens = ['a', 'b'].map((key) => token(key));
  const plan = await world.plan(desire(Object.fromEntries(names.map((name) => [name, { tokens }]))));
  expect(plan.warnings.filter(({ kind }) => kind === 'turnover')).toHaveLength(30);
  const { text, markdown, html, json } = PLAN_FORMATS;
  for (const format of [text, markdown, html]) {
    const shown = format(plan);
    expect(shown.match(/within one overlap/g)).toHaveLength(1);
    expect(shown).toContain('30 accounts');
    expect(shown).toContain(' and 20 more');
  }
  const { warnings } = JSON.parse(json(plan));
  expect(warnings).toMatchObject([
    { kind: 'turnover', count: 30, names, cases: names.map((account) => ({ account })) },
  ]);
});
