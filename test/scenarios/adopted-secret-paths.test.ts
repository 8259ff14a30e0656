/** A token that was adopted has a secret that the state does not know, and its secret path may have a value. */
import { expect, it } from 'vitest';
import { CONFIG, STATE, Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores:
  dot: { kind: file, path: .motherduck/s.env, format: dotenv }
  js: { kind: file, path: .motherduck/s.json, format: json }
token_policies:
  dot: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: dot }
  js: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: js }
accounts:
  etl: { smoke: false, tokens: { air: dot, back: js } }
  bix: { smoke: false, tokens: { app: js } }
`;
const APPLY = 'apply --sandbox --yes --no-smoke';
const ROTATE = 'rotate etl --sandbox --yes --no-smoke';
const AIR = '.motherduck/s.env#MOTHERDUCK_TOKEN_ETL_AIR';

function unknown(store: string, tokens: readonly string[]) {
  return expect.objectContaining({ kind: 'secret_unknown', cases: [expect.objectContaining({ store, tokens })] });
}

it('whose rotation would be refused is in the plan that adopts it, and in each one after it', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  stage.remove(STATE);
  const warnings = expect.arrayContaining([unknown('dot', ['etl/air']), unknown('js', ['etl/back', 'bix/app'])]);
  expect((await stage.json('plan --sandbox')).document).toMatchObject({ warnings });
  expect((await stage.run(APPLY)).code).toBe(0);
  expect((await stage.json('plan --sandbox')).document).toMatchObject({ actions: [], warnings });
  const refused = await stage.json(ROTATE);
  const said = JSON.stringify(refused.document);
  expect([refused.code, said]).toEqual([1, expect.stringContaining('overwrite: true')]);
  expect(said).toContain('state was lost');
  stage.edit((text) => text.replaceAll('format: dotenv', 'format: dotenv, overwrite: true'));
  stage.edit((text) => text.replaceAll('format: json', 'format: json, overwrite: true'));
  expect((await stage.json('plan --sandbox')).document).toMatchObject({ warnings: [] });
  expect((await stage.run(ROTATE)).code).toBe(0);
});

it('is rotated without a warning where its secret path has no value', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  stage.remove(STATE);
  stage.remove('.motherduck/s.env');
  expect((await stage.run(`${APPLY} --only etl`)).code).toBe(0);
  const { document } = await stage.json('plan --sandbox --only etl');
  expect(JSON.stringify(document)).not.toContain(AIR);
  const given = 'adopted, so its programs must be given the new secret';
  const rotation = 'plan --sandbox --only etl --rotate etl/air';
  expect((await stage.run(rotation)).stdout.replace(/\s+/g, ' ')).toContain(`${given} within 1d`);
  expect((await stage.run(`${rotation} --revoke-old --force`)).stdout.replace(/\s+/g, ' ')).toContain(
    `${given} at once`,
  );
  expect((await stage.run('rotate etl/air --sandbox --yes --no-smoke')).code).toBe(0);
  expect((await stage.run(rotation)).stdout).not.toContain('adopted');
});

it('does not have a file moved aside that has other secrets of the state', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  expect((await stage.run('state forget etl --sandbox --yes')).code).toBe(0);
  expect((await stage.run(APPLY)).code).toBe(0);
  const refused = await stage.run('rotate etl/back --sandbox --yes --no-smoke');
  expect(refused.code).toBe(1);
  expect(refused.stderr).not.toContain('mv ');
  expect(refused.stderr).toContain('overwrite: true');
});

it('is of an older state where another copy of the folder rotated it into another store', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  const old = stage.read(STATE);
  stage.write(CONFIG, stage.read().replace('back: js', 'back: dot'));
  expect((await stage.run(APPLY)).code).toBe(0);
  stage.write(STATE, old);
  const warnings = expect.arrayContaining([unknown('dot', ['etl/back'])]);
  expect((await stage.json('plan --sandbox')).document).toMatchObject({ warnings });
  expect((await stage.run(APPLY)).code).toBe(0);
  const refused = await stage.run('rotate etl/back --sandbox --yes --no-smoke');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('overwrite: true') });
  expect(refused.stderr).not.toContain('mv ');
});
