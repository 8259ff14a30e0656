/** How a smoke test ends where connections fail as they do at MotherDuck. */
import { describe, expect, it } from 'vitest';
import type { AccountSmoke, SmokeCheck } from '../../src/model/smoke.ts';
import type { Settings } from '../../src/sandbox/settings.ts';
import { saveSettings } from '../../src/sandbox/settings-file.ts';
import { SANDBOX, Stage } from '../stage.ts';

const NAMES = ['acc_1', 'acc_2', 'acc_3'];

function configuration(size = 'pulse', type = 'read_write', query = 'SELECT 1'): string {
  const ducklings = `{ read_write: { size: ${size} }, read_scaling: { size: pulse, pool_size: 1 } }`;
  const account = `{ ducklings: ${ducklings}, tokens: { etl: { policy: only } }, smoke: { query: "${query}" } }`;
  return `
version: 1
organization: acme
secret_stores:
  local: { kind: file, format: dotenv, path: .motherduck/secrets.env }
token_policies:
  only: { type: ${type}, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: local }
accounts:
${NAMES.map((name) => `  ${name}: ${account}`).join('\n')}
`;
}

/** An applied configuration, whose connections then fail. */
async function broken(settings: Partial<Settings>, text = configuration()): Promise<Stage> {
  const stage = new Stage(text);
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  await saveSettings(stage.file(SANDBOX), settings);
  return stage;
}

async function smoke(stage: Stage, options = ''): Promise<{ code: number | null; failed: readonly SmokeCheck[] }> {
  const { code, document } = await stage.json(`smoke --sandbox --parallelism 1 ${options}`);
  const accounts = (document as { accounts: readonly AccountSmoke[] }).accounts;
  const checks = accounts.flatMap(({ connections }) => connections.flatMap((connection) => connection.checks));
  return { code, failed: checks.filter(({ passed }) => !passed) };
}

describe('where connections fail', () => {
  it('for a moment, nothing is wrong', async () => {
    expect(await smoke(await broken({ connections: 'momentary' }))).toEqual({ code: 0, failed: [] });
  });

  it.each([
    ['newer_duckdb', /1\.4\.1/],
    ['compute_limit', /daily compute limit/],
  ] as const)('for all, as by %s, it is said to each, and what to do without them', async (connections, message) => {
    const { code, failed } = await smoke(await broken({ connections }));
    expect([code, failed.length]).toEqual([4, NAMES.length]);
    for (const check of failed) {
      expect(check).toMatchObject({ name: 'connects', message: expect.stringMatching(message) });
      expect(check.hint?.command?.slice(0, 2)).toEqual(['apply', '--no-smoke']);
    }
  });

  it('since the service is down, they are tried again for as long as the limit says', async () => {
    const { code, failed } = await smoke(await broken({ connections: 'unavailable' }), '--timeout 3s --only acc_1');
    expect(code).toBe(4);
    expect(failed).toMatchObject([{ message: expect.stringMatching(/ [2-5] times .* 3 s \(--timeout\)\)$/) }]);
  });
});

it('a slow size has its time, unless --timeout says otherwise', async () => {
  const slow = await broken({ slow_starts: 3 }, configuration('mega'));
  const { code, failed } = await smoke(slow, '--timeout 1s --only acc_1');
  expect(code).toBe(4);
  expect(failed).toMatchObject([
    { message: expect.stringMatching(/ 1 s \(--timeout\)$/), hint: { text: expect.stringMatching(/mega.*--timeout/) } },
  ]);
  expect(await smoke(slow, '--only acc_2')).toEqual({ code: 0, failed: [] });
});

it('a query that writes, of an account that only reads', async () => {
  const { code, failed } = await smoke(
    await broken({}, configuration('pulse', 'read_scaling', 'CREATE TABLE t AS SELECT 1')),
    '--only acc_1',
  );
  expect(code).toBe(4);
  expect(failed).toMatchObject([{ name: 'query', hint: { text: expect.stringMatching(/read\/write token/) } }]);
});
