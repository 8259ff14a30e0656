/** A file store whose format changed while its file stayed: nothing is written to a file of another format. */
import { expect, it } from 'vitest';
import { Stage } from '../../../stage.ts';

const FILE = '.motherduck/secrets';
const configuration = (format: string, path = FILE) => `version: 1
organization: acme
secret_stores:
  js: { kind: file, path: ${path}, format: ${format} }
token_policies:
  rw: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: js }
accounts:
  ten: { tokens: { app: rw } }
`;

it.each([
  ['json', 'dotenv'],
  ['dotenv', 'json'],
])('from %s to %s is refused before anything is done, and the hint leads out', async (before, after) => {
  const stage = await Stage.applied(configuration(before));
  const secrets = stage.read(FILE);
  stage.edit(() => configuration(after));
  const refused = await stage.json('rotate ten --sandbox --yes --no-smoke');
  const hint = { text: expect.stringContaining(before) };
  expect(refused).toMatchObject({ code: 1, document: { error: { code: 'STORE_UNUSABLE', hint } } });
  expect(stage.read(FILE)).toBe(secrets);
  const { document } = await stage.json('plan --sandbox');
  expect(document).toMatchObject({ warnings: expect.arrayContaining([expect.objectContaining({ hint })]) });
  stage.edit(() => configuration(after, '.motherduck/other'));
  expect(await stage.run('rotate ten --sandbox --yes --no-smoke')).toMatchObject({ code: 0 });
  expect(stage.read(FILE)).toBe(secrets);
});
