/** Many tokens that expire on one day: the policy that an import writes for them has a jitter. */
import { expect, it } from 'vitest';
import { ImportStage } from './import-stage.ts';

const DAY = 86_400;

async function stageOf(count: number, days: number, ttl = 90 * DAY): Promise<ImportStage> {
  const stage = new ImportStage();
  for (let index = 0; index < count; index += 1) await stage.account(`tenant_${index}`, [{ name: 'app', ttl }]);
  await stage.world.organization.advance(days * DAY);
  return stage;
}

it('spreads the rotations of ten or more tokens that share a date, and nothing is rotated by that', async () => {
  const stage = await stageOf(12, 1);
  const { diff } = await stage.import();
  expect(diff).toContain('read_write_90d: { type: read_write, ttl: 90d, rotate_before: 14d, jitter: 7d, overlap: 1d,');
  expect(diff).toMatch(/read_write_90d: \{.*\} # .*\b12\b/);
  expect(diff).not.toContain('0s');
  expect(await stage.plan()).toEqual([]);
  const { next } = await stage.world.plan(await stage.desired());
  expect(new Set(next.map(({ at }) => at.slice(0, 10))).size).toBeGreaterThan(4);
  expect((await stage.import()).diff).toBe('');
});

it('leaves few tokens, other lifetimes and other dates alone', async () => {
  expect((await (await stageOf(9, 1)).import()).diff).not.toContain('jitter');
  const stage = await stageOf(9, 1);
  await stage.account('late', [{ name: 'app', ttl: 90 * DAY }]);
  await stage.account('short', [{ name: 'app', ttl: 30 * DAY }]);
  expect((await stage.import()).diff).not.toContain('jitter');
});

it('rotates none at once that only its share of the jitter makes due', async () => {
  const stage = await stageOf(12, 72);
  const { diff, notices } = await stage.import();
  expect(await stage.plan()).toEqual([]);
  expect(diff).toMatch(/app: \{ policy: read_write_90d, rotate_before: \d+d, jitter: 0s \} # expires/);
  expect(notices.map(({ kind }) => kind)).toEqual(['rotation_postponed']);
});

it('names a policy of the configuration without jitter of which many tokens expire on one day', async () => {
  const stage = new ImportStage(`version: 1
organization: acme
secret_stores: { local: { kind: file, path: .motherduck/secrets.env, format: dotenv } }
token_policies:
  quarter: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: local }
accounts:
`);
  for (const index of [1, 2, 3, 4]) await stage.account(`early_${index}`, [{ name: 'app', ttl: 90 * DAY }]);
  expect((await stage.import()).notices).toEqual([]);
  for (let index = 0; index < 6; index += 1) await stage.account(`late_${index}`, [{ name: 'app', ttl: 90 * DAY }]);
  const { diff, notices } = await stage.import();
  expect(diff).toContain('app: quarter');
  const names = [0, 1, 2, 3, 4, 5].map((index) => `late_${index}/app`);
  expect(notices).toEqual([{ kind: 'same_day', policy: 'quarter', count: 10, jitter: 7 * DAY, names }]);
});
