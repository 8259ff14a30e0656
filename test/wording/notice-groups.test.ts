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
  expect(mixed?.hint.command?.[0]).toBe('plan');
});

it('counts notices, and says of each what tells it from the others', () => {
  const unread = { kind: 'state_unread', why: 'it is damaged' } as const;
  const states = groupNotices([
    { ...unread, state: 'a.json' },
    { ...unread, state: 'b.json' },
  ]);
  expect(states.map(({ message }) => message).join()).toMatch(/a\.json.*b\.json/s);
  const { message: branch = '' } = groupNotices([
    { kind: 'not_compared', target: 'main', why: 'no-commit', hint },
    { kind: 'not_compared', target: 'main', why: 'no-file', hint },
  ])[0] as { message: string };
  expect(branch).toMatch(/no-commit.*\b1 more.*no-file/);
  const attached = [{ account: 'bi', location: { line: 9 } }];
  const shares = ['sales', 'stock'].map(
    (share) => ({ kind: 'share_deleted', account: 'etl', share, attached }) as const,
  );
  expect(groupNotices(shares)).toMatchObject([{ subject: 'etl', message: expect.stringMatching(/sales.*stock/) }]);
  const stays = { kind: 'secret_stays', store: 'vault' } as const;
  const [stay] = groupNotices([
    { ...stays, tokens: ['a/x', 'a/y'] },
    { ...stays, tokens: ['b/x'] },
  ]);
  expect(stay?.message.match(/a\/y/g)).toHaveLength(1);
  expect(stay?.message).toMatch(/\b1 more.*b\/x/);
});

it('gives each form of a warning its own cause and advice', () => {
  const stays = { kind: 'secret_stays', store: 'vault', tokens: ['etl/airflow'] } as const;
  const left = { kind: 'secret_left', store: 'old', tokens: ['etl/airflow'], secret_paths: ['s.env#A'] } as const;
  const lost = { kind: 'secret_lost', store: 'local', tokens: ['etl/airflow'] } as const;
  const unverified = { kind: 'unverified', account: 'etl', token: 'a', name: 'a.2', replaced: 'a' } as const;
  const older = { kind: 'older_state', account: 'etl', token: 'a', names: ['a.2'] } as const;
  const removed = { kind: 'not_rotated', account: 'etl', name: 'a', expires_at: '2027-02-06T00:00:00.000Z' } as const;
  const forms: readonly PlanNotice[] = [
    ...[stays, { ...stays, near: true } as const, { ...stays, shared: true } as const],
    ...[left, { ...left, changed: true } as const, { ...left, near: true } as const],
    ...[{ ...left, secret_paths: ['s.env#B'] }],
    ...[lost, { ...lost, shared: { who: 'ann' } }, { ...lost, retained: true } as const],
    ...[unverified, { ...unverified, adopted: true } as const, { ...unverified, requested: true } as const],
    ...[older, { ...older, retained: true } as const, { ...older, removed: true } as const],
    ...[removed, { ...removed, kept: true } as const],
  ];
  expect(groupNotices(forms)).toMatchObject(forms.map((form) => noticeText(form)));
});

it('groups what it does not know by that, so that nothing new of a notice is lost', () => {
  const one = { kind: 'smoke_failed', account: 'etl' } as const;
  const other = { ...one, account: 'bi', invented: true };
  expect(groupNotices<PlanNotice>([one, other])).toHaveLength(2);
});

it('names no retained token in a rotation', () => {
  const one = { kind: 'older_state', token: 'a', names: ['a.2'] } as const;
  const all: PlanNotice[] = [
    { ...one, account: 'etl' },
    { ...one, account: 'left', retained: true },
    { ...one, account: 'gone', retained: true },
  ];
  const commands = groupNotices(all).map((group) => group.hint.command);
  expect(commands).toEqual([['rotate', 'etl/a'], undefined]);
});

it('keeps a command that is the same for all, or rotates each', () => {
  const orphan = { kind: 'orphan', account: 'etl', name: 'a', retained: false } as const;
  const [rotated] = groupNotices([
    { ...orphan, token: 'a' },
    { ...orphan, token: 'b' },
  ]);
  expect(rotated?.hint.command).toEqual(['rotate', 'etl/a', 'etl/b']);
  const [planned] = groupNotices(
    ['a', 'b'].map((account) => ({ kind: 'not_adopted', account, state: 'p.json' }) as const),
  );
  expect(planned?.hint.command).toEqual(['plan']);
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
