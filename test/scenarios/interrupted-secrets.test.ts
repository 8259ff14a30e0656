/** What an interrupted rotation stored is removed with its token, wherever the configuration puts secrets by then. */
import { describe, expect, it } from 'vitest';
import { CONFIG, STATE, Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores:
  dot: { kind: file, path: .motherduck/secrets.env, format: dotenv }
  js: { kind: file, path: .motherduck/secrets.json, format: json }
token_policies:
  p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: dot }
  q: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: js }
accounts:
  etl: { deletion_protection: false, smoke: false, tokens: { air: p, other: p } }
guardrails: { max_deletes: 1 }
`;
const FILE = '.motherduck/secrets.env';
const VARIABLE = 'MOTHERDUCK_TOKEN_ETL_AIR';

interface Entry {
  generation: number;
  current?: { secret: object } & Record<string, unknown>;
  intents: object[];
}

/** A rotation was killed after the store was written: only its intent is in the state. @param isFirst It was the first creation. */
async function interrupted(isFirst = false): Promise<Stage> {
  const stage = await Stage.applied(CONFIGURATION);
  const before = JSON.parse(stage.read(STATE));
  expect((await stage.run('rotate etl/air --sandbox --yes --no-smoke')).code).toBe(0);
  const after = JSON.parse(stage.read(STATE));
  const entry: Entry = before.accounts.etl.tokens.air;
  const { generation, name, created_at: at, secret } = after.accounts.etl.tokens.air.current;
  const { store, secret_path, fingerprint } = secret;
  entry.intents = [{ name, generation, at, storing: true, store, secret_path, fingerprint }];
  entry.generation = generation;
  if (isFirst) delete entry.current;
  stage.write(STATE, JSON.stringify({ ...before, serial: after.serial + 1 }));
  expect(stage.read(FILE)).toContain(VARIABLE);
  return stage;
}

async function applied(stage: Stage, options = ''): Promise<string> {
  const { code, stdout } = await stage.run(`apply --sandbox --yes --no-smoke ${options}`);
  expect(code, stdout).toBe(0);
  return stdout;
}

const KILLED = { rotation: false, creation: true };
const toOtherStore = (yaml: string) => yaml.replace('air: p', 'air: q');
const renamed = (yaml: string) => yaml.replace('air: p', 'aire: { policy: p, name: air }');
const withoutKey = (yaml: string) => yaml.replace('air: p, ', '');
const withoutAccount = (yaml: string) => yaml.replace(/ {2}etl:.*/, '  bix: { smoke: false }');

describe('the secret of a token whose rotation or creation was killed after it was stored', () => {
  it.each<[keyof typeof KILLED, string, (yaml: string) => string]>([
    ['rotation', 'store is another now', toOtherStore],
    ['creation', 'store is another now', toOtherStore],
    ['rotation', 'key was renamed', renamed],
  ])('%s, and whose %s, goes when the overlap has ended', async (killed, _, change) => {
    const stage = await interrupted(KILLED[killed]);
    stage.edit(change);
    await applied(stage);
    await stage.run('sandbox advance 3d');
    const { document } = await stage.json('plan --sandbox');
    const removals = [expect.objectContaining({ store: 'dot', secret_path: expect.stringContaining(VARIABLE) })];
    expect(document).toMatchObject({ removals });
    await applied(stage);
    expect(stage.read(FILE)).not.toMatch(new RegExp(`${VARIABLE}=`));
    expect(stage.read(FILE)).toContain('MOTHERDUCK_TOKEN_ETL_OTHER');
  });

  it.each<[string, (yaml: string) => string]>([
    ['which the configuration names no more', (yaml) => yaml],
    ['of an account that left the configuration', withoutAccount],
  ])('at a new path, %s, goes when somebody revoked it', async (_, change) => {
    const stage = await Stage.applied(CONFIGURATION);
    const before = JSON.parse(stage.read(STATE));
    stage.edit(toOtherStore);
    expect((await stage.run('rotate etl/air --sandbox --yes --no-smoke')).code).toBe(0);
    const after = JSON.parse(stage.read(STATE));
    const entry: Entry = before.accounts.etl.tokens.air;
    const { id, generation, name, created_at: at, secret } = after.accounts.etl.tokens.air.current;
    const { store, secret_path, fingerprint } = secret;
    entry.intents = [{ name, generation, at, storing: true, store, secret_path, fingerprint }];
    entry.generation = generation;
    stage.write(STATE, JSON.stringify({ ...before, serial: after.serial + 1 }));
    stage.write(CONFIG, change(CONFIGURATION));
    await stage.inSandbox((organization) => {
      const authorization = `Bearer ${organization.newAdminToken().reveal()}`;
      return organization.respond({ method: 'DELETE', target: `/v1/users/etl/tokens/${id}`, authorization, body: '' });
    });
    await stage.run('sandbox advance 1h');
    const removal = expect.objectContaining({ store: 'js', secret_path: '.motherduck/secrets.json#etl.air' });
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ removals: [removal] });
    await applied(stage);
    expect(stage.read('.motherduck/secrets.json')).not.toContain('air');
    expect(stage.read(FILE)).toContain(VARIABLE);
    expect((await stage.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
  });

  it.each<[keyof typeof KILLED, string, (yaml: string) => string, string]>([
    ['rotation', 'key left the configuration', withoutKey, ''],
    ['creation', 'key left the configuration', withoutKey, ''],
    ['rotation', 'account left it', withoutAccount, '--prune --allow-delete'],
    ['creation', 'account left it', withoutAccount, '--prune --allow-delete'],
  ])('%s, and whose %s, goes with it', async (killed, _, change, options) => {
    const stage = await interrupted(KILLED[killed]);
    stage.edit(change);
    const planned = await stage.json(`plan --sandbox ${options.replace('--allow-delete', '')}`);
    const removal = expect.objectContaining({ store: 'dot', secret_path: expect.stringContaining(VARIABLE) });
    expect(planned.document).toMatchObject({ removals: expect.arrayContaining([removal]) });
    await applied(stage, options);
    expect(stage.has(FILE) ? stage.read(FILE) : '').not.toMatch(new RegExp(`${VARIABLE}=`));
    expect((await stage.run('plan --sandbox')).stdout).toContain('No changes');
  });
});
