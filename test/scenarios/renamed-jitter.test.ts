/** Under a policy with jitter, a token whose key is renamed and whose name stays keeps its share. */
import { expect, it } from 'vitest';
import { Stage } from '../stage.ts';

const configuration = (token: string) => `version: 1
organization: acme
secret_stores: { local: { kind: file, path: .motherduck/secrets.env, format: dotenv } }
token_policies:
  load: { type: read_write, ttl: 90d, rotate_before: 7d, jitter: 30d, overlap: 24h, secret_store: local }
accounts:
  etl: { tokens: { ${token} }, smoke: false, setup: ["SELECT 1"] }
`;
interface Planned {
  readonly warnings: readonly { kind: string }[];
}

it('a renamed token causes no warning of a changed policy', async () => {
  const stage = await Stage.applied(configuration('app: load'));
  for (const key of ['loads', 'b', 'zzz', 'x1']) {
    stage.edit(() => configuration(`${key}: { policy: load, name: app }`));
    const { warnings } = (await stage.json('plan --sandbox')).document as Planned;
    expect(warnings.filter(({ kind }) => kind === 'policy_hastened')).toEqual([]);
  }
});

it('has no diff of a setup alone, whose SQL is shown', async () => {
  const stage = await Stage.applied(configuration('app: load'));
  stage.edit((text) => text.replace('SELECT 1', 'SELECT 2'));
  const { stdout } = await stage.run('plan --sandbox --format markdown');
  expect(stdout).toContain('SELECT 2');
  expect(stdout).not.toContain('```diff');
  expect((await stage.run('plan --sandbox --format html')).stdout).not.toContain('Before and after');
});
