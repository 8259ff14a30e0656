/** What a reviewer who reads only the comment of a plan must see, however much else a pull request puts into it. */
import { describe, expect, it } from 'vitest';
import type { Action } from '../../src/model/action.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { ShownToken } from '../../src/model/planned-token.ts';
import { planMarkdown } from '../../src/report/plan/markdown.ts';
import { DAY, desire, token, World } from '../world.ts';

const shown = (name: string): ShownToken => ({
  id: `id-of-${name}`,
  name,
  type: 'read_write',
  created_at: '2026-11-01T00:00:00Z',
  expires_at: null,
});

const revoke = (account: string, name = 'etl'): Action => ({
  action: 'revoke_token',
  account,
  token: name,
  risk: 'safe',
  reason: { kind: 'orphan' },
  before: shown(name),
  after: null,
});

const adopt = (account: string): Action => ({
  action: 'adopt_account',
  account,
  risk: 'safe',
  reason: { kind: 'unmanaged' },
  before: null,
  after: { username: account, deletion_protection: true },
});

const rotate = (account: string, to: { readonly store: string; readonly moves?: { before: string; after: string } }) =>
  ({
    action: 'rotate_token',
    account,
    token: 'etl',
    risk: 'safe',
    reason: { kind: 'requested' },
    before: shown('etl'),
    after: {
      ...{ name: 'etl.2', generation: 2, type: 'read_write', ttl: 90 * DAY, policy: 'p', overlap: DAY },
      secret_store: to.store,
      ...(to.moves ? { secret_moves: to.moves } : {}),
    },
  }) as const satisfies Action;

const forget = (account: string): Action => ({
  action: 'forget',
  account,
  risk: 'safe',
  reason: { kind: 'removed' },
  before: { username: account },
  after: null,
});

/** So many accounts to create, none of whose changes is like that of another. */
async function padded(count: number, actions: readonly Action[]): Promise<Plan> {
  const accounts = Array.from({ length: count }, (_, n) => [
    `a_number_with_a_long_name_for_padding_${n}`,
    {
      ducklings: { read_write: { size: 'pulse' }, read_scaling: { size: 'pulse', pool_size: (n % 16) + 1 } } as const,
      tokens: [token(`app${n}`)],
    },
  ]);
  const plan = await new World().plan(desire(Object.fromEntries(accounts)));
  return { ...plan, actions: [...plan.actions, ...actions] };
}

describe('the table of a comment', () => {
  it('has what ends, enters or moves something before what is new, and never cuts it', async () => {
    const plan = await padded(900, [
      rotate('zz_plain', { store: 'local' }),
      forget('zz_left'),
      adopt('zz_found'),
      rotate('zz_moved', { store: 'evil', moves: { before: 'a.env#A', after: 'evil#zz/etl' } }),
      revoke('zz_revoked'),
    ]);
    const text = planMarkdown(plan);
    expect(text.length).toBeLessThanOrEqual(65_000);
    expect(text).toMatch(/more safe changes/);
    const rows = text.split('\n').filter((line) => line.includes(' | safe | '));
    expect(rows[0]).toContain('zz_revoked | revoke token etl |');
    expect(rows[1]).toContain('zz_moved | rotate token');
    expect(rows[2]).toContain('zz_found | adopt account');
    expect(rows[3]).toContain('zz_left | forget');
    expect(text).toContain('<summary>zz_revoked</summary>');
  });

  it('names thousands of them in short rows', async () => {
    const plan = await padded(
      900,
      Array.from({ length: 1500 }, (_, n) => revoke(`z${n}`, `t${n}`)),
    );
    const text = planMarkdown(plan);
    expect(text.length).toBeLessThanOrEqual(65_000);
    expect(text).toContain('z0/t0, ');
    expect(text).toContain('z1499/t1499');
  });

  it('cuts the cells of a row that is too long, and never the row', async () => {
    const before = 's'.repeat(70_000);
    const plan = await padded(5, [rotate('zz_moved', { store: 'evil', moves: { before, after: 'evil#zz/etl' } })]);
    const row = planMarkdown(plan)
      .split('\n')
      .find((line) => line.startsWith('|') && line.includes('zz_moved'));
    expect(row).toMatch(/its secret moves: s+… 70,000 characters …s+ → evil/);
    expect(row?.length).toBeLessThan(2000);
  });

  it('cuts the names of removed secrets before those of tokens that are revoked', async () => {
    // Of irregular lengths, so that none is like another.
    const names = Array.from(
      { length: 1500 },
      (_, n) => `z${(n * 7919).toString(36)}-${'customer-of-the-north'.slice(n % 8)}${n}`,
    );
    const revoked = names.map((name, n) => ({ ...revoke(name, `t${n}`), risk: 'disruptive' as const }) as Action);
    const removals = names.map((account) => ({
      account,
      token: 'app',
      store: 'local',
      secret_path: `.motherduck/secrets.env#MOTHERDUCK_TOKEN_${account}_APP`,
      by: 'file' as const,
    }));
    const text = planMarkdown({ ...(await padded(100, revoked)), removals });
    expect(text.length).toBeLessThanOrEqual(65_000);
    const rows = text.split('\n').filter((line) => line.includes('**disruptive**'));
    const missing = names.filter((name) => !rows.some((line) => line.includes(name)));
    expect(missing).toEqual([]);
    expect(text).toMatch(/from local: .*and [\d,]+ more/);
  });

  it('names every secret that is removed', async () => {
    const removals = Array.from({ length: 900 }, (_, n) => ({
      account: `account_${n}`,
      token: 'etl',
      store: 'local',
      secret_path: `.motherduck/secrets.env#MOTHERDUCK_TOKEN_ACCOUNT_${n}_ETL`,
      by: 'file' as const,
    }));
    const text = planMarkdown({ ...(await padded(900, [])), removals });
    expect(text.length).toBeLessThanOrEqual(65_000);
    expect(text).toContain('account_899/etl');
  });
});

it('a comment has the next scheduled work, as text has it', async () => {
  const next = ['etl_prod', 'bi_prod'].map((account) => ({
    account,
    token: 'etl',
    change: 'rotates' as const,
    name: 'etl',
    at: '2026-12-01T00:00:00Z',
  }));
  const plan = { ...(await padded(1, [])), at: '2026-11-29T00:00:00Z', next };
  expect(planMarkdown(plan)).toContain('Next: 2026-12-01 (in 2 days): etl_prod/etl, bi_prod/etl rotate');
});

it('a comment has the guardrails and the smoke queries in force, folded, what may change data first', async () => {
  const world = new World();
  const smoke = (query: string) => ({ tokens: [token('app')], smoke: { query } });
  const accounts = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`a${n}`, smoke(`SELECT ${n} FROM t`)]));
  const desired = desire(
    { ...accounts, zz: smoke('SELECT 1;\nDROP DATABASE prod'), zzz: smoke('SELECT 0 FROM t') },
    { guardrails: { maxDeletes: { percent: 100 }, allowNeverExpiring: true } },
  );
  const plan = await world.plan(desired);
  expect(plan).toMatchObject({
    guardrails: [
      { name: 'max_deletes', value: '100%' },
      { name: 'allow_never_expiring', value: 'true' },
    ],
    smoke_queries: expect.arrayContaining([
      { query: 'SELECT 1;\nDROP DATABASE prod', changes: true, accounts: ['zz'] },
      { query: 'SELECT 0 FROM t', accounts: ['a0', 'zzz'] },
    ]),
  });
  const text = planMarkdown(plan);
  expect(text.length).toBeLessThanOrEqual(65_000);
  expect(text).toMatch(/<summary>In force: 2 guardrails .*, 301 own smoke queries, <b>1 .*<\/b><\/summary>/);
  expect(text).toContain('- max_deletes: 100%');
  expect(text).toMatch(/- \*\*may .*`SELECT 1;\\nDROP DATABASE prod` \(1 account \(zz\)\)\n- `SELECT 0/);
  expect(text).toMatch(/and \d+ more, not/);
  const plain = await new World().plan(desire({ a: { tokens: [token('app')] } }));
  expect(planMarkdown(plain)).not.toContain('In force');
});
