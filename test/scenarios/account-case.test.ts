/** MotherDuck ignores the case of a username, so an account whose case changed in the configuration is the same account. */
import { describe, expect, it } from 'vitest';
import { Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores:
  dot: { kind: file, path: .motherduck/s.env, format: dotenv }
  js: { kind: file, path: .motherduck/s.json, format: json }
  vault: { kind: exec, command: [vault, put, "{account}/{token}"], remove: [vault, rm, "{account}/{token}"] }
token_policies:
  dot: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: dot }
  js: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: js }
  vault: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: vault }
accounts:
  etl: { deletion_protection: false, smoke: false, tokens: { air: dot, back: js, ops: vault } }
  bix: { deletion_protection: false, smoke: false, tokens: { app: js } }
guardrails: { max_deletes: 2 }
`;
const APPLY = 'apply --sandbox --yes --no-smoke';
const REHEARSED = '.motherduck-sandbox/stores/vault';
const DAY = 24 * 3600;

const inUpperCase = (name: string) => (text: string) => text.replace(`  ${name}:`, `  ${name.toUpperCase()}:`);

async function renamed(): Promise<Stage> {
  const stage = await Stage.applied(CONFIGURATION);
  stage.edit(inUpperCase('etl'));
  expect(await stage.run(APPLY)).toMatchObject({ code: 0 });
  return stage;
}

function keysIn(stage: Stage): string[] {
  const found = JSON.parse(stage.read('.motherduck/s.json')) as Record<string, object>;
  return Object.entries(found)
    .flatMap(([account, tokens]) => Object.keys(tokens).map((token) => `${account}.${token}`))
    .sort();
}

describe('an account whose case changed', () => {
  it('has its own secret path where that is the same', async () => {
    const stage = await renamed();
    const before = stage.read('.motherduck/s.env');
    const { code, stderr } = await stage.run('rotate ETL/air --sandbox --yes --no-smoke');
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.not.stringContaining('overwrite') });
    expect(stage.read('.motherduck/s.env')).not.toBe(before);
    await stage.advance(80 * DAY);
    expect((await stage.run(`${APPLY} --due`)).code).toBe(0);
  });

  it('loses the secrets at its old paths when the overlap ends, but for what a program that ignores case may have for its new ones', async () => {
    const stage = await renamed();
    await stage.advance(3 * DAY);
    const { document } = await stage.json('plan --sandbox');
    expect(document).toMatchObject({
      removals: [expect.objectContaining({ store: 'js', secret_path: '.motherduck/s.json#etl.back' })],
      warnings: [expect.objectContaining({ kind: 'secret_stays', names: ['ETL/ops'] })],
    });
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(keysIn(stage)).toEqual(['ETL.back', 'bix.app']);
    expect(stage.has(`${REHEARSED}/etl/ops`)).toBe(true);
    expect(stage.has(`${REHEARSED}/ETL/ops`)).toBe(true);
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ warnings: [] });
  });

  it('loses the secrets of both when it is deleted', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit(inUpperCase('bix'));
    expect((await stage.run(APPLY)).code).toBe(0);
    stage.edit((text) => text.replace(/^ {2}BIX:.*\n/m, ''));
    expect((await stage.run(`${APPLY} --prune --allow-delete`)).code).toBe(0);
    expect(keysIn(stage)).toEqual(['etl.back']);
  });

  it('is no changed store when the case changes back', async () => {
    const stage = await renamed();
    stage.edit((text) => text.replace('  ETL:', '  etl:'));
    expect((await stage.run(APPLY)).code).toBe(0);
    await stage.advance(3 * DAY);
    // A changed store would make its case `changed`.
    const { warnings } = (await stage.json('plan --sandbox')).document as { warnings: { cases: object[] }[] };
    expect(warnings.map(({ cases }) => cases)).toEqual([[{ store: 'vault', tokens: ['etl/ops'], near: true }]]);
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(keysIn(stage)).toEqual(['bix.app', 'etl.back']);
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ warnings: [] });
  });
});
