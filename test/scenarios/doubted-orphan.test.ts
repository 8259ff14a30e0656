/** An orphan is revoked at once only where its store shows that it does not have its secret; a state alone does not. */
import { describe, expect, it } from 'vitest';
import { STATE, Stage } from '../stage.ts';

const FILE = '{ kind: file, path: .motherduck/secrets.env, format: dotenv }';
const OTHER = '{ kind: file, path: .motherduck/other.env, format: dotenv }';
const EXEC = '{ kind: exec, command: [tee, "{account}.{token}"] }';

const configuration = (store: string) => `version: 1
organization: acme
secret_stores:
  local: ${store}
  more: ${OTHER}
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
accounts:
  etl_prod: { deletion_protection: false, tokens: { airflow: pipeline } }
`;
const without = (yaml: string) => yaml.replace(/ {2}etl_prod:.*/, '  other: {}');
const unused = (yaml: string) => yaml.replace('overlap: 24h, secret_store: local', 'overlap: 24h, secret_store: more');

/** The state says of the live token that it was created by an interrupted run which stored nothing. */
async function forged(store: string): Promise<Stage> {
  const stage = await Stage.applied(configuration(store));
  const state = JSON.parse(stage.read(STATE));
  const { current } = state.accounts.etl_prod.tokens.airflow;
  const { secret_path } = current.secret;
  const intent = { name: 'airflow', generation: 1, at: current.created_at, storing: false, secret_path };
  state.accounts.etl_prod.tokens.airflow = { generation: 1, retiring: [], intents: [intent] };
  stage.write(STATE, JSON.stringify(state));
  return stage;
}

const liveTokens = (stage: Stage) =>
  stage.inSandbox(async (organization) =>
    organization.inspect().accounts.flatMap(({ username, tokens }) => tokens.map(({ name }) => `${username}/${name}`)),
  );

/** The id of the account, and when its token was created. */
const createdOf = (stage: Stage, account: string, token: string) =>
  stage.inSandbox(async (organization) => {
    const user = organization.inspect().accounts.find(({ username }) => username === account);
    const createdAt = user?.tokens.find(({ name }) => name === token)?.createdAt ?? expect.unreachable();
    return { id: user?.id, at: new Date(createdAt).toISOString() };
  });

describe.each([
  ['that runs a program', EXEC, (yaml: string) => yaml],
  ['that runs a program, of an account that left the configuration', EXEC, without],
  ['that runs a program, which is another store now', EXEC, unused],
  ['of a file that has a value, of an account that left the configuration', FILE, without],
])('an orphan of a store %s', (_, store, change) => {
  it.each(['apply --due', 'apply'])('is not revoked at once by %s', async (command) => {
    const stage = await forged(store);
    stage.edit(change);
    const { document } = await stage.json(command.replace('apply', 'plan').concat(' --sandbox'));
    expect(document).not.toMatchObject({
      actions: expect.arrayContaining([expect.objectContaining({ action: 'revoke_token' })]),
    });
    await stage.run(`${command} --sandbox --yes --no-smoke`);
    expect(await liveTokens(stage)).toContain('etl_prod/airflow');
  });
});

describe('a live token that a state calls an orphan', () => {
  const revocation = expect.objectContaining({ action: 'revoke_token' });
  const moved = (yaml: string) => yaml.replace('secrets.env', 'moved.env');

  it.each<[string, (stage: Stage) => void]>([
    ['whose file is missing', (stage) => stage.remove('.motherduck/secrets.env')],
    ['whose file has nothing', (stage) => stage.write('.motherduck/secrets.env', '')],
    ['whose store has another path now', (stage) => stage.edit(moved)],
    ['of an account that left the configuration', (stage) => stage.edit(without)],
    ['with its secret as one that the state wrote', () => {}],
  ])('%s is not revoked at once, nor by apply --due', async (_, change) => {
    const stage = await Stage.applied(configuration(FILE));
    const state = JSON.parse(stage.read(STATE));
    const { airflow } = state.accounts.etl_prod.tokens;
    const { created_at: at, secret } = airflow.current;
    const intent = { name: 'airflow', generation: 1, at, storing: false };
    const { fingerprint } = secret;
    const retiring = [{ id: 'gone', name: 'airflow.9', expires_at: null, fingerprint }];
    state.accounts.etl_prod.tokens.airflow = { generation: 1, retiring, intents: [intent] };
    stage.write(STATE, JSON.stringify(state));
    change(stage);
    const { document } = await stage.json('plan --sandbox');
    expect(document).not.toMatchObject({ actions: expect.arrayContaining([revocation]) });
    const { actions, warnings } = document as { actions: { account: string; risk: string }[]; warnings: unknown[] };
    expect(actions.filter(({ account, risk }) => account === 'etl_prod' && risk === 'safe')).toEqual([]);
    expect(actions.length + warnings.length).toBeGreaterThan(0);
    await stage.run('apply --sandbox --due --yes --no-smoke');
    expect(await liveTokens(stage)).toEqual(['etl_prod/airflow']);
  });

  it('of an account that nobody managed is not revoked, whatever the configuration says', async () => {
    const stage = await Stage.applied(configuration(FILE));
    await stage.inSandbox((organization) => organization.seed(1));
    const { id, at } = await createdOf(stage, 'tenant_00001', 'etl');
    const intents = [{ name: 'etl', generation: 1, at, storing: false }];
    const state = JSON.parse(stage.read(STATE));
    const entry = { username: 'tenant_00001', id, origin: 'created', since: at, deletion_protection: false };
    state.accounts.tenant_00001 = { ...entry, tokens: { etl: { generation: 1, retiring: [], intents } } };
    stage.write(STATE, JSON.stringify(state));
    expect((await stage.json('plan --sandbox')).document).toMatchObject({
      actions: [],
      warnings: expect.arrayContaining([
        expect.objectContaining({ kind: 'orphan', cases: [expect.objectContaining({ name: 'etl' })] }),
      ]),
    });
    stage.edit((yaml) => `${yaml}  tenant_00001: { tokens: { etl: pipeline } }\n`);
    await stage.run('apply --sandbox --due --yes --no-smoke');
    expect(await liveTokens(stage)).toEqual(['etl_prod/airflow', 'tenant_00001/etl', 'tenant_00001/app']);
    const { document } = await stage.json('plan --sandbox');
    expect(document).toMatchObject({ actions: [{ action: 'create_token', risk: 'disruptive' }] });
    await stage.run('apply --sandbox --yes --no-smoke');
    expect(await liveTokens(stage)).toEqual(expect.arrayContaining(['tenant_00001/etl', 'tenant_00001/etl.2']));
  });
});

it.each([
  ['is revoked at once, while its file has the current secret', false, ['etl_prod/airflow']],
  // The file may be a restored one, or that of another machine.
  [
    'lives on where storing had begun, although its file has the current secret',
    true,
    ['etl_prod/airflow', 'etl_prod/airflow.2', 'etl_prod/airflow.3'],
  ],
])('an orphan of an interrupted rotation %s', async (_, storing, live) => {
  const stage = await Stage.applied(configuration(FILE));
  await stage.advance(3600);
  await stage.inSandbox((organization) => organization.mint({ username: 'etl_prod', name: 'airflow.2' }));
  const { at } = await createdOf(stage, 'etl_prod', 'airflow.2');
  const state = JSON.parse(stage.read(STATE));
  const { airflow } = state.accounts.etl_prod.tokens;
  const { secret_path } = airflow.current.secret;
  const intent = {
    name: 'airflow.2',
    generation: 2,
    at,
    storing,
    secret_path,
    ...(storing ? { fingerprint: 'A'.repeat(22) } : {}),
  };
  state.accounts.etl_prod.tokens.airflow = { ...airflow, generation: 2, intents: [intent] };
  stage.write(STATE, JSON.stringify(state));
  await stage.run('apply --sandbox --due --yes --no-smoke');
  await stage.run('apply --sandbox --yes --no-smoke');
  expect(await liveTokens(stage)).toEqual(live);
  expect((await stage.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
});

it('a token in use is no orphan of an earlier one that overlaps with it, although a state says that its secret is the stored one', async () => {
  const stage = await Stage.applied(configuration(FILE));
  await stage.advance(3600);
  expect((await stage.run('rotate etl_prod/airflow --sandbox --yes --no-smoke')).code).toBe(0);
  const state = JSON.parse(stage.read(STATE));
  const { current, retiring } = state.accounts.etl_prod.tokens.airflow;
  const { secret_path } = current.secret;
  const intents = [{ name: 'airflow.2', generation: 2, at: current.created_at, storing: false, secret_path }];
  const old = { ...current, id: retiring[0].id, name: 'airflow', generation: 1 };
  state.accounts.etl_prod.tokens.airflow = { generation: 2, current: old, retiring: [], intents };
  stage.write(STATE, JSON.stringify(state));
  await stage.run('apply --sandbox --due --yes --no-smoke');
  expect(await liveTokens(stage)).toEqual(['etl_prod/airflow', 'etl_prod/airflow.2']);
});
