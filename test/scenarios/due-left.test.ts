/** `apply --due` leaves one token alone, and never the others of its account; what is due and was not done is said by its exit code. */
import { describe, expect, it } from 'vitest';
import { STATE, Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores: { local: { kind: file, path: .motherduck/secrets.env, format: dotenv } }
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
  dash: { type: read_scaling, ttl: 90d, rotate_before: 14d, overlap: 48h, secret_store: local }
duckling_pools: { small: { read_write: { size: pulse }, read_scaling: { size: pulse, pool_size: 2 } } }
accounts: { etl_prod: { ducklings: small, tokens: { airflow: pipeline, bi: dash } } }
`;
const DAY = 86_400;
const DUE = 'apply --due --sandbox --yes --no-smoke';
const shortened = (yaml: string) => yaml.replace('overlap: 24h', 'overlap: 1m');
const kinds = (document: unknown) => (document as { warnings: { kind: string }[] }).warnings.map(({ kind }) => kind);
const left = (token: string) => expect.objectContaining({ kind: 'due_left', names: [`etl_prod/${token}`] });

const liveTokens = (stage: Stage) =>
  stage.inSandbox(async (organization) =>
    organization
      .inspect()
      .accounts.flatMap(({ tokens }) => tokens.map(({ name }) => name))
      .sort(),
  );

/** @param ttl Of the orphan, in seconds. */
async function orphaned(ttl?: number, names = ['airflow.2']): Promise<Stage> {
  const stage = await Stage.applied(CONFIGURATION);
  await stage.advance(3600);
  const created = await stage.inSandbox(async (organization) => {
    for (const name of names)
      await organization.mint({ username: 'etl_prod', name, ...(ttl === undefined ? {} : { ttl }) });
    const tokens = organization.inspect().accounts.flatMap((account) => account.tokens);
    return names.map((name) => tokens.find((token) => token.name === name)?.createdAt ?? expect.unreachable());
  });
  const state = JSON.parse(stage.read(STATE));
  const { airflow } = state.accounts.etl_prod.tokens;
  const { secret_path } = airflow.current.secret;
  const intents = names.map((name, index) => ({
    name,
    generation: index + 2,
    at: new Date(created[index] ?? 0).toISOString(),
    storing: true,
    secret_path,
    fingerprint: airflow.current.secret.fingerprint.replace(/.{8}$/, String(index).repeat(8)),
  }));
  state.accounts.etl_prod.tokens.airflow = { ...airflow, generation: names.length + 1, intents };
  stage.write(STATE, JSON.stringify(state));
  return stage;
}

describe('apply --due', () => {
  it.each<[string, (yaml: string) => string]>([
    ['its Ducklings', (yaml) => yaml.replace('pool_size: 2', 'pool_size: 3')],
    [
      'its deletion protection',
      (yaml) => yaml.replace('ducklings: small', 'ducklings: small, deletion_protection: false'),
    ],
    ['another token', (yaml) => yaml.replace('bi: dash', 'bi: dash, fresh: pipeline')],
  ])('rotates what is due of an account where %s changed', async (_, change) => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit(change);
    await stage.advance(77 * DAY);
    const { code, document } = await stage.json(DUE);
    expect([code, kinds(document)]).toEqual([0, expect.arrayContaining(['not_scheduled'])]);
    expect(await liveTokens(stage)).toEqual(['airflow', 'airflow.2', 'bi', 'bi.2']);
  });

  it('tests the Ducklings as they are, not as an apply that somebody attends will set them', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit((yaml) => yaml.replace('read_write: { size: pulse }', 'read_write: { size: jumbo }'));
    await stage.advance(77 * DAY);
    const { code, document } = await stage.json('apply --due --sandbox --yes');
    expect([code, document]).toMatchObject([0, { smoke: { accounts: [{ account: 'etl_prod', outcome: 'passed' }] } }]);
    expect((await stage.json('smoke --sandbox')).code).toBe(4);
  });

  it('names in its last lines the token that it left, with the exit code', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit(shortened);
    await stage.advance(77 * DAY);
    const { code, stdout } = await stage.run(DUE);
    const last = stdout.trimEnd().split('\n').at(-1);
    expect([code, last]).toEqual([3, expect.stringMatching(/etl_prod\/airflow.*exit code is 3/)]);
  });

  it('leaves alone only the token whose overlap became short, until it is about to expire', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit(shortened);
    await stage.advance(77 * DAY);
    expect((await stage.json('plan --due --sandbox --detailed-exitcode')).code).toBe(2);
    const first = await stage.json(DUE);
    expect(first).toMatchObject({ code: 3, document: { warnings: expect.arrayContaining([left('airflow')]) } });
    expect(await liveTokens(stage)).toEqual(['airflow', 'bi', 'bi.2']);
    const { code, stdout } = await stage.run(DUE);
    expect([code, stdout]).toEqual([3, expect.stringContaining('mdacc apply --only etl_prod')]);
    expect(stdout).not.toContain('Nothing is due');
    await stage.advance(12 * DAY);
    expect((await stage.json(DUE)).code).toBe(0);
    expect(await liveTokens(stage)).toEqual(['airflow', 'airflow.2', 'bi.2']);
    await stage.advance(3600);
    expect((await stage.json(DUE)).code).toBe(0);
    expect(await liveTokens(stage)).toEqual(['airflow', 'airflow.2', 'bi.2']);
  });

  it('rotates an adopted token that is about to expire, with an overlap of a day', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit(shortened);
    const state = JSON.parse(stage.read(STATE));
    const { current } = state.accounts.etl_prod.tokens.airflow;
    current.secret = 'unknown';
    stage.write(STATE, JSON.stringify(state));
    stage.edit((yaml) => yaml.replace('format: dotenv', 'format: dotenv, overwrite: true'));
    await stage.advance(89 * DAY);
    const { code, document } = await stage.json(DUE);
    expect([code, document]).toMatchObject([0, { actions: [{ after: { overlap: DAY } }, {}] }]);
    expect(await liveTokens(stage)).toContain('airflow.2');
  });

  it('rotates a due series with an orphan that may be stored, and the others before', async () => {
    const stage = await orphaned();
    expect((await stage.json(DUE)).code).toBe(0);
    expect(await liveTokens(stage)).toEqual(['airflow', 'airflow.2', 'bi']);
    await stage.advance(77 * DAY);
    expect((await stage.json(DUE)).code).toBe(0);
    expect(await liveTokens(stage)).toEqual(['airflow', 'airflow.2', 'airflow.3', 'bi', 'bi.2']);
    await stage.advance(3 * DAY);
    expect((await stage.json(DUE)).code).toBe(0);
    expect(await liveTokens(stage)).toEqual(['airflow.3', 'bi.2']);
  });
});

it('a first token whose run was killed after it was stored is named from the day that it is due', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  const state = JSON.parse(stage.read(STATE));
  const { current } = state.accounts.etl_prod.tokens.airflow;
  const { store, secret_path, fingerprint } = current.secret;
  const intent = { name: 'airflow', generation: 1, at: current.created_at, storing: true };
  const intents = [{ ...intent, store, secret_path, fingerprint }];
  state.accounts.etl_prod.tokens.airflow = { generation: 1, retiring: [], intents };
  stage.write(STATE, JSON.stringify(state));
  await stage.advance(75 * DAY);
  expect((await stage.json(DUE)).code).toBe(0);
  await stage.advance(2 * DAY);
  for (const again of [1, 2]) {
    const { code, document } = await stage.json(DUE);
    expect([again, code, document]).toMatchObject([again, 3, { warnings: expect.arrayContaining([left('airflow')]) }]);
  }
  expect(await liveTokens(stage)).toEqual(['airflow', 'bi', 'bi.2']);
  await stage.advance(11.5 * DAY);
  expect((await stage.json(DUE)).code).toBe(0);
  expect(await liveTokens(stage)).toEqual(['airflow', 'airflow.2', 'bi.2']);
});

it('an orphan that may be stored, and is due before the current token, is replaced', async () => {
  const stage = await orphaned(30 * DAY);
  await stage.advance(10 * DAY);
  expect((await stage.json(DUE)).code).toBe(0);
  expect(await liveTokens(stage)).toEqual(['airflow', 'airflow.2', 'bi']);
  await stage.advance(7 * DAY);
  expect((await stage.json(DUE)).code).toBe(0);
  expect(await liveTokens(stage)).toEqual(['airflow', 'airflow.2', 'airflow.3', 'bi']);
  await stage.advance(2 * DAY);
  expect((await stage.json(DUE)).code).toBe(0);
  expect(await liveTokens(stage)).toEqual(['airflow.3', 'bi']);
});

it('an orphan that may be stored is no sign of an older state, however old it is', async () => {
  const stage = await orphaned();
  await stage.advance(40 * DAY);
  const { document } = await stage.json('plan --sandbox');
  expect(kinds(document)).not.toContain('older_state');
  expect(document).toMatchObject({
    actions: [{ action: 'rotate_token', after: { orphans: [{ name: 'airflow.2' }] } }],
  });
});

it.each(['plan --sandbox', 'plan --sandbox --verbose', 'plan --sandbox --due', 'plan --sandbox --rotate etl_prod'])(
  'each of several orphans is named by %s',
  async (command) => {
    const stage = await orphaned(undefined, ['airflow.2', 'airflow.3']);
    const { stdout } = await stage.run(command);
    for (const name of ['airflow.2', 'airflow.3'])
      expect(stdout).toMatch(new RegExp(`left.*"?${name}|created "${name}"`));
  },
);

it.each([
  ['less', shortened],
  ['more', (yaml: string) => yaml.replace('overlap: 24h', 'overlap: 48h')],
])('a policy that gives programs %s time is a change, which an apply records', async (_, edit) => {
  const stage = await Stage.applied(CONFIGURATION);
  const serial = () => JSON.parse(stage.read(STATE)).serial as number;
  const before = serial();
  stage.edit(edit);
  const { code, stdout } = await stage.run('plan --sandbox --detailed-exitcode');
  expect([code, stdout]).toEqual([2, expect.stringContaining('policy of 1 token to record')]);
  expect(stdout).not.toContain('No changes');
  expect((await stage.run('plan --sandbox --due --detailed-exitcode')).code).toBe(0);
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  const after = serial();
  expect(after).toBeGreaterThan(before);
  expect((await stage.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  expect(serial()).toBe(after);
});
